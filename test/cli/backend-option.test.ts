import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { execute } from "../../src/lab/system-command.ts";
import { temporaryFolder } from "../daemon/support.ts";
import { ROOT } from "../support/files.ts";
import { uipvs } from "./support.ts";

t.test("a backend that is none ends every program with status 2 and a sentence", async (t) => {
  const said = 'names no backend: must be director or kernel, is "krenel"\n';
  const env = { UIPVS_BACKEND: "krenel" };
  for (const [words, around, from] of [
    [["ipvsadm", "-L", "--backend", "krenel"], {}, "uipvs: --backend"],
    [["diff", "--backend", "krenel", "/dev/null"], {}, "uipvs: --backend"],
    [["apply", "/dev/null"], { env }, "uipvs: UIPVS_BACKEND"],
  ] as const) {
    t.same(await uipvs(words, around), { status: 2, stdout: "", stderr: `${from} ${said}` });
  }
  for (const name of ["uipvsadm", "uipvsadm-save", "uipvsadm-restore"]) {
    const program = join(ROOT, "bin", `${name}.js`);
    const outcome = await execute([process.execPath, program], { env });
    t.match(outcome, { status: 2, stdout: "", stderr: `uipvsadm: UIPVS_BACKEND ${said}` }, name);
  }
});

t.test("a socket belongs to a director, whatever the environment says", async (t) => {
  const folder = temporaryFolder(t);
  const rules = join(folder, "rules");
  writeFileSync(rules, "");
  const socket = join(folder, "no.sock");
  const both = await uipvs(["diff", "--backend", "kernel", "--socket", socket, rules]);
  t.match(both, {
    status: 2,
    stderr: "uipvs: The kernel has no --socket: it belongs to a director\n",
  });
  const env = { UIPVS_BACKEND: "kernel" };
  const director = await uipvs(["diff", "--socket", socket, rules], { env });
  t.match(director, { status: 2, stderr: `uipvs: No director answers at ${socket}:` });
});
