import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import t from "tap";
import { namespaceExists, networkNamespace } from "../../src/daemon/network-namespace.ts";
import { lacking } from "../support/requirement.ts";

const skip = lacking(
  spawnSync("unshare", ["-rn", "true"]).status === 0
    ? false
    : "it needs user and network namespaces, and the program unshare",
);

t.test("this namespace exists, and numbers nobody has do not", async (t) => {
  t.ok(namespaceExists(networkNamespace()));
  t.notOk(namespaceExists(1));
});

t.test("a namespace exists as long as a process is in it", { skip }, async (t) => {
  const script = "stat -Lc %i /proc/self/ns/net; exec sleep 60";
  const child = spawn("unshare", ["-rn", "sh", "-c", script]);
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const inode = Number(line.toString());
  t.not(inode, networkNamespace());
  t.ok(namespaceExists(inode));
  child.kill("SIGKILL");
  await once(child, "exit");
  t.notOk(namespaceExists(inode));
});
