/**
 * Every recording of a real kernel in `test/fixtures/recordings/`, played on the emulator: what the kernel
 * printed and sent, it must print and send. Those of another kernel than 6.1.192 are in a folder of its name.
 */
import { readdirSync } from "node:fs";
import t from "tap";
import { profileNamed } from "../../src/engine/profile.ts";
import { compareTranscripts } from "../../src/scenario/compare.ts";
import { fixture } from "../support/files.ts";
import { check, playOnEmulator, readScenario, readTranscript } from "./check.ts";

/** Why a scenario cannot be as recorded, and where it is not. */
interface Exception {
  readonly reason: string;
  /** Lines that differ, all others must not; any may unless given. */
  readonly lines?: readonly number[];
}

const EXCEPTIONS: Readonly<Record<string, Exception>> = {
  "drop-entry": { reason: "which connections go is the kernel's chance", lines: [28, 30] },
  "edit-twos": { reason: "which two servers are compared is the kernel's chance" },
};

const NAMES = readdirSync(fixture("recordings"))
  .filter((file) => file.endsWith(".jsonl"))
  .map((file) => file.slice(0, -".jsonl".length))
  .sort();

t.ok(NAMES.length >= 120, `${NAMES.length} recordings`);

for (const name of NAMES) {
  const scenario = readScenario(fixture("recordings", `${name}.scn`));
  const recording = readTranscript(fixture("recordings", `${name}.jsonl`));
  const exception = EXCEPTIONS[name];
  if (exception === undefined) {
    t.test(`${name} is as the kernel did it`, async (t) => {
      const differences = await check(scenario, recording);
      for (const { line, wanted, seen } of differences) t.equal(seen, wanted, `line ${line}`);
      t.equal(differences.length, 0, "differences");
    });
    continue;
  }
  t.test(`${name} is not as the kernel did it: ${exception.reason}`, async (t) => {
    const records = await playOnEmulator(scenario);
    const lines = compareTranscripts(recording, records).map(({ line }) => line);
    if (exception.lines === undefined) t.not(lines.length, 0, "lines that differ");
    else t.same(lines, exception.lines, "lines that differ");
  });
}

const OLDER = "6.1.176";

for (const file of readdirSync(fixture("recordings", OLDER))) {
  if (!file.endsWith(".jsonl")) continue;
  const name = file.slice(0, -".jsonl".length);
  t.test(`${name} is as kernel ${OLDER} did it`, async (t) => {
    const scenario = readScenario(fixture("recordings", OLDER, `${name}.scn`));
    const recording = readTranscript(fixture("recordings", OLDER, file));
    const profile = { ...profileNamed(OLDER), ticksPerSecond: 100 };
    const differences = await check(scenario, recording, 0, profile);
    for (const { line, wanted, seen } of differences) t.equal(seen, wanted, `line ${line}`);
    t.equal(differences.length, 0, "differences");
  });
}
