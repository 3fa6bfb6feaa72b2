/**
 * Scenarios played on the emulator and compared with recordings of a real kernel.
 *
 * A recording began at some tick of the kernel's clock, by which its timers are rounded: an entry lingers up
 * to an eighth of its time. Where the tick is not known, a scenario agrees if it does at one of them.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type { Profile } from "../../src/engine/profile.ts";
import { compareTranscripts, type Difference } from "../../src/scenario/compare.ts";
import { EmulatorBed, type EmulatorOptions } from "../../src/scenario/emulator-bed.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { play } from "../../src/scenario/play.ts";
import type { Scenario } from "../../src/scenario/statement.ts";
import { parseTranscript, type TranscriptRecord } from "../../src/scenario/transcript.ts";

/**
 * First ticks tried, from the most likely one on: its neighbours; what timers up to 323 s are rounded to, 512
 * ticks; what longer ones are rounded to. A phase that matters for fewer ticks than a step may be missed.
 */
const OFFSETS: readonly number[] = [
  0,
  ...Array.from({ length: 16 }, (_, index) => [index + 1, -index - 1]).flat(),
  ...Array.from({ length: 64 }, (_, index) => 8 * index),
  ...Array.from({ length: 56 }, (_, index) => 72 * index),
];

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
 * @param profile kernel the recording is of; 6.1.192
 * @throws ScenarioError
 */
export async function check(
  scenario: Scenario,
  recording: readonly TranscriptRecord[],
  firstTick = 0,
  profile?: Profile,
): Promise<readonly Difference[]> {
  let first: readonly Difference[] | undefined;
  for (const offset of OFFSETS) {
    const records = await playOnEmulator(scenario, {
      firstTick: Math.max(0, firstTick + offset),
      ...(profile !== undefined && { profile }),
    });
    const differences = compareTranscripts(recording, records);
    // Where no time passes, the tick tells nothing.
    if (differences.length === 0 || recording.at(-1)?.t === 0) return differences;
    first ??= differences;
  }
  return first ?? [];
}
