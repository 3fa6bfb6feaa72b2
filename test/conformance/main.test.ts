/**
 * The conformance command, as it is run by hand.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { fixture, ROOT } from "../support/files.ts";

const MAIN = join(ROOT, "dist", "test", "conformance", "main.js");

function conformance(...args: readonly string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });
}

t.test("check compares with the recordings and counts", async (t) => {
  const { stdout, status } = conformance("check", fixture("recordings"), "ops", "fwd-nat-v4");
  t.equal(stdout, "2 passed, 0 failed\n");
  t.equal(status, 0);
});

t.test("check shows what differs, with its line", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "uipvs-conformance-"));
  copyFileSync(fixture("recordings", "ops.scn"), join(folder, "ops.scn"));
  const recording = readFileSync(fixture("recordings", "ops.jsonl"), "utf8");
  writeFileSync(join(folder, "ops.jsonl"), recording.replaceAll("d0:11", "d0:12"));
  writeFileSync(join(folder, "wrong.scn"), "topo std\ntcp nobody\n");
  writeFileSync(join(folder, "wrong.jsonl"), recording);
  const { stdout, status } = conformance("check", folder);
  t.match(stdout, /ops\.scn:\d+: udp 10\.1\.2\.3/);
  t.match(stdout, / {2}- {3}=> r0 02:00:00:00:d0:12 /);
  t.match(stdout, / {2}\+ {3}=> r0 02:00:00:00:d0:11 /);
  t.match(stdout, /wrong\.scn:2:5: expected ADDRESS:PORT.*found "nobody"/);
  t.match(stdout, /\n0 passed, 2 failed\n$/);
  t.equal(status, 1);
});

t.test("record writes transcripts as the recorded kernel's driver does, to the byte", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "uipvs-conformance-"));
  const names = ["ops", "fwd-nat-v4", "save-restore", "sched-wlc-a"];
  const { stdout, status } = conformance("record", fixture("recordings"), folder, ...names);
  t.equal(stdout, "4 passed, 0 failed\n");
  t.equal(status, 0);
  for (const name of names) {
    const [wanted, seen] = [fixture("recordings"), folder].map((where) =>
      readFileSync(join(where, `${name}.jsonl`), "utf8"),
    );
    t.equal(seen, wanted, name);
  }
});
