/**
 * Scenarios played on the emulator and compared with recordings of a real kernel.
 *
 * A recording began at some tick of the kernel's clock, by which its timers are rounded: an entry lingers up
 * to an eighth of its time. Where the tick is not known, a scenario agrees if it does at one of them.
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

/** Ticks tried: timers up to 327 s, at 100 ticks a second, are rounded to 512 of them or less. */
const SPAN = 4096;
/** Steps between them: a little more than the 64 ticks timers up to 41 s are rounded to. */
const STEP = 72;

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
 * Plays a scenario and returns what differs from a recording, at the first tick at which nothing does, or
 * else at `firstTick`.
 *
 * @param firstTick where the recording most likely began, within a few ticks
 * @throws ScenarioError
 */
export async function check(
  scenario: Scenario,
  recording: readonly TranscriptRecord[],
  firstTick = 0,
): Promise<readonly Difference[]> {
  const compared = async (tick: number) =>
    compareTranscripts(recording, await playOnEmulator(scenario, { firstTick: tick }));
  const differences = await compared(firstTick);
  if (differences.length === 0) return differences;
  for (let tick = STEP; tick < SPAN; tick += STEP) {
    if ((await compared(firstTick + tick)).length === 0) return [];
  }
  return differences;
}
