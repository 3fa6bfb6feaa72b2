/**
 * One scenario on a real kernel and on the emulator, and what differs.
 *
 * The kernel plays first, in its time. The emulator follows in step, so what hangs on time is alike on both but
 * for some milliseconds.
 *
 * @module
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Profile } from "../engine/profile.ts";
import type { Bed as ScenarioBed } from "../scenario/bed.ts";
import { compareTranscripts, type Difference } from "../scenario/compare.ts";
import type { TranscriptRecord } from "../scenario/transcript.ts";
import type { TimedBed } from "./bed.ts";
import { KernelScenarioBed } from "./kernel-scenario-bed.ts";
import type { KernelTicks } from "./kernel-ticks.ts";
import { PacedBed } from "./paced-bed.ts";

/** How to play. */
export interface Manner {
  readonly profile: Profile;
  readonly ticks: KernelTicks;
  /** Time before each line; none. */
  readonly pause?: Milliseconds | undefined;
}

/** What both did. */
export interface Played {
  readonly kernel: readonly TranscriptRecord[];
  readonly emulator: readonly TranscriptRecord[];
  /** Wanted is what the kernel did, seen what the emulator did. */
  readonly differences: readonly Difference[];
}

/** Plays a scenario on a bed and returns what was seen. @throws ScenarioError */
export type Play = (bed: ScenarioBed) => Promise<readonly TranscriptRecord[]>;

/**
 * Plays a scenario on both.
 *
 * @throws ScenarioError where a line asks for what one of them does not have; Error when the bed fails
 */
export async function playBoth(play: Play, bed: TimedBed, manner: Manner): Promise<Played> {
  const { profile, ticks, pause } = manner;
  const kernelBed = new KernelScenarioBed(bed, pause);
  const kernel = await play(kernelBed);
  const firstTick = ticks.at(kernelBed.began);
  const emulatorBed = new PacedBed(kernelBed.moments, { profile, firstTick });
  try {
    const emulator = await play(emulatorBed);
    return { kernel, emulator, differences: compareTranscripts(kernel, emulator) };
  } finally {
    await emulatorBed.close();
  }
}
