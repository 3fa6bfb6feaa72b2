/**
 * Random scenarios on a real kernel and on the emulator.
 *
 * @module
 */
import { randomScenario } from "../scenario/random-scenario.ts";
import { ScenarioError } from "../scenario/scenario-error.ts";
import { minimize } from "./minimize.ts";
import type { Parity } from "./parity.ts";
import type { Played } from "./play-both.ts";
import { readSubject } from "./subject.ts";

/** What to play. */
export interface FuzzOptions {
  /** Scenarios; at least 1. */
  readonly count: number;
  /** Scenario N, from 0, is that of this seed and N. */
  readonly seed: number;
  /** Called when so many scenarios have been played. */
  readonly onProgress?: (done: number) => void;
}

/** A scenario that differs. */
export interface FuzzFinding {
  /** What `randomScenario` makes it of. */
  readonly seed: number;
  /** The scenario as it was made, and the shortest part found that differs too. */
  readonly whole: string;
  readonly text: string;
  /** What the short one did. */
  readonly played: Played;
}

/** Name of the scenario of a seed, as messages give it. */
export function fuzzName(seed: number): string {
  return `fuzz-${seed}.scn`;
}

/**
 * Plays scenarios, and yields for each what was found, or `undefined` where it goes alike on both.
 *
 * @throws Error when the bed fails
 */
export async function* fuzz(
  parity: Parity,
  options: FuzzOptions,
): AsyncGenerator<FuzzFinding | undefined> {
  for (let index = 0; index < options.count; index++) {
    const seed = options.seed + index;
    const whole = randomScenario(seed, "real");
    const played = await parity.compare(readSubject(fuzzName(seed), whole));
    if (played.differences.length === 0) yield undefined;
    else yield await shortest(parity, seed, whole, played);
    options.onProgress?.(index + 1);
  }
}

async function shortest(
  parity: Parity,
  seed: number,
  whole: string,
  played: Played,
): Promise<FuzzFinding> {
  let found = { text: whole, played };
  const lines = whole.trimEnd().split("\n");
  const differs = async (some: readonly string[]): Promise<boolean> => {
    const text = `${some.join("\n")}\n`;
    const attempt = await onceIfReadable(parity, fuzzName(seed), text);
    if (attempt === undefined || attempt.differences.length === 0) return false;
    found = { text, played: attempt };
    return true;
  };
  const last = played.differences[0]?.line ?? lines.length;
  const start = lines.slice(0, last);
  // The first line makes the network.
  await minimize((await differs(start)) ? start : lines, differs, { from: 1 });
  return { seed, whole, ...found };
}

async function onceIfReadable(
  parity: Parity,
  file: string,
  text: string,
): Promise<Played | undefined> {
  try {
    return await parity.compareOnce(readSubject(file, text));
  } catch (error) {
    // A line may ask for what another one made that is left out.
    if (error instanceof ScenarioError) return undefined;
    throw error;
  }
}
