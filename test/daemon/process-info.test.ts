import { spawn } from "node:child_process";
import { once } from "node:events";
import t from "tap";
import {
  commandLine,
  formatDuration,
  isRunning,
  processIdentity,
  runningFor,
} from "../../src/daemon/process-info.ts";
import { lacking } from "../support/requirement.ts";

const skip = lacking(
  processIdentity(process.pid) === undefined ? "it needs /proc, which is not mounted" : false,
);

t.test("a running process has one identity, which ends with it", { skip }, async (t) => {
  const child = spawn("sleep", ["30"]);
  await once(child, "spawn");
  const identity = processIdentity(child.pid!)!;
  t.equal(identity.pid, child.pid);
  t.ok(isRunning(identity));
  t.same(processIdentity(child.pid!), identity);
  t.notOk(isRunning({ ...identity, startTicks: identity.startTicks - 1 }), "a number come round");
  t.ok(identity.startTicks >= processIdentity(process.pid)!.startTicks);
  child.kill("SIGKILL");
  await once(child, "exit");
  t.notOk(isRunning(identity));
  t.equal(processIdentity(child.pid!), undefined);
});

t.test(
  "a process is known by its command line, and by how long it has run",
  { skip },
  async (t) => {
    t.match(commandLine(process.pid), /process-info\.test/);
    const own = processIdentity(process.pid)!;
    const age = runningFor(own);
    t.ok(age >= 0 && age <= process.uptime() + 5);
  },
);

t.test("the command line of nobody is empty", async (t) => {
  t.equal(commandLine(0x7fffffff), "");
});

t.test("formatDuration() says the two largest units", async (t) => {
  t.equal(formatDuration(0.9), "0 s");
  t.equal(formatDuration(59), "59 s");
  t.equal(formatDuration(61), "1 min 1 s");
  t.equal(formatDuration(7500), "2 h 5 min");
  t.equal(formatDuration(3 * 86400 + 4 * 3600 + 59), "3 d 4 h");
});
