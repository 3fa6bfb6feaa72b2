import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { ModuleTree } from "../../src/parity/module-tree.ts";

const DEP = `kernel/a/nf-nat.ko: kernel/a/nf_conntrack.ko kernel/b/crc.ko
kernel/a/nf_conntrack.ko: kernel/b/crc.ko
kernel/b/crc.ko:
kernel/b/packed.ko.xz:
`;

t.test("a module is loaded behind those it needs, each once", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "uipvs-modules-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "modules.dep"), DEP);
  const loaded: string[] = [];
  const load = (path: string): void => void loaded.push(path.slice(folder.length + 1));
  const tree = ModuleTree.open(["/nowhere", folder], load);
  t.equal(tree.load("nf_nat"), true);
  t.same(loaded, ["kernel/b/crc.ko", "kernel/a/nf_conntrack.ko", "kernel/a/nf-nat.ko"]);
  t.equal(tree.load("crc"), true);
  t.equal(loaded.length, 3);
  t.equal(tree.load("ip_vs_twos"), false);
  t.equal(tree.load("packed"), false);
});

t.test("a kernel without modules has none to load", async (t) => {
  t.equal(ModuleTree.open(["/nowhere"]).load("ip_vs"), false);
});
