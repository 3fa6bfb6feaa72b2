/**
 * Scenarios played on the emulator and compared with recordings of a real kernel.
 *
 * A recording began at an unknown phase of the kernel's timers: how long the kernel had run shows where
 * entries expire some ticks sooner or later. So a scenario agrees if it does at one of a few phases.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { compareTranscripts, type Difference } from "../../src/scenario/compare.ts";
import { EmulatorBed, type EmulatorOptions } from "../../src/scenario/emulator-bed.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { play } from "../../src/scenario/play.ts";
import type { Scenario } from "../../src/scenario/statement.ts";
import { parseTranscript, type TranscriptRecord } from "../../src/scenario/transcript.ts";

/** How long a director has run when a scenario begins, in ms: every phase of the timers up to 5 s apart. */
const AGES: readonly number[] = [0, 2400, 600, 1300, 3700, 4400, 640, 5120, 40960, 20480, 61440];

/** Reads a scenario. @throws ScenarioError */
export function readScenario(path: string): Scenario {
  return parseScenario(path, readFileSync(path, "utf8"));
}

/** Reads a transcript. @throws SyntaxError */
export function readTranscript(path: string): readonly TranscriptRecord[] {
  return parseTranscript(path, readFileSync(path, "utf8"));
}

/** Plays a scenario on the emulator. @throws ScenarioError */
export async function playOnEmulator(
  scenario: Scenario,
  options: EmulatorOptions = {},
): Promise<readonly TranscriptRecord[]> {
  const bed = new EmulatorBed(options);
  const records: TranscriptRecord[] = [];
  try {
    for await (const record of play(scenario, bed)) records.push(record);
  } finally {
    await bed.close();
  }
  return records;
}

/**
 * Plays a scenario and returns what differs from a recording, at the phase at which the least does.
 *
 * @throws ScenarioError
 */
export async function check(
  scenario: Scenario,
  recording: readonly TranscriptRecord[],
): Promise<readonly Difference[]> {
  let least: readonly Difference[] | undefined;
  for (const age of AGES) {
    const records = await playOnEmulator(scenario, { age });
    const differences = compareTranscripts(recording, records);
    if (differences.length < (least?.length ?? Number.POSITIVE_INFINITY)) least = differences;
    if (differences.length === 0) break;
  }
  return least ?? [];
}
