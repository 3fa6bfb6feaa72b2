/**
 * One scenario on a real kernel and on the emulator, and what differs.
 *
 * The kernel plays first, in its time. Before each line the emulator's time is brought to what the kernel's
 * was there, so what hangs on time is alike on both but for some milliseconds.
 *
 * @module
 */
import type { Milliseconds, Ticks } from "../base/clock.ts";
import type { Profile } from "../engine/profile.ts";
import { compareTranscripts, type Difference } from "../scenario/compare.ts";
import { EmulatorBed } from "../scenario/emulator-bed.ts";
import { play } from "../scenario/play.ts";
import type { Scenario, Statement } from "../scenario/statement.ts";
import type { TranscriptRecord } from "../scenario/transcript.ts";
import type { Bed } from "./bed.ts";
import { KernelScenarioBed } from "./kernel-scenario-bed.ts";
import type { TickAt } from "./kernel-ticks.ts";

/** How the emulator is to be. */
export interface Emulated {
  readonly profile: Profile;
  readonly tickAt: TickAt;
}

/** How to play. */
export interface Manner extends Emulated {
  /** Seconds before each line; none. */
  readonly pause?: number | undefined;
}

/** What both did. */
export interface Played {
  readonly kernel: readonly TranscriptRecord[];
  readonly emulator: readonly TranscriptRecord[];
  /** Wanted is what the kernel did, seen what the emulator did. */
  readonly differences: readonly Difference[];
}

/**
 * Plays a scenario on both.
 *
 * @throws ScenarioError where a line asks for what one of them does not have
 */
export async function playBoth(scenario: Scenario, bed: Bed, manner: Manner): Promise<Played> {
  const times = new Map<Statement, Milliseconds>();
  const kernelBed = new KernelScenarioBed(bed);
  const { profile, tickAt, pause = 0 } = manner;
  const kernel = await collect(
    play(scenario, kernelBed, {
      before: async (statement) => {
        if (pause > 0) await kernelBed.sleep(pause * 1000);
        times.set(statement, kernelBed.now());
      },
    }),
  );
  const firstTick = tickAt(kernelBed.began);
  const emulator = await onEmulator(scenario, times, { profile, firstTick });
  return { kernel, emulator, differences: compareTranscripts(kernel, emulator) };
}

/** @param times when each statement began on the kernel, since its network was made */
async function onEmulator(
  scenario: Scenario,
  times: ReadonlyMap<Statement, Milliseconds>,
  options: { readonly profile: Profile; readonly firstTick: Ticks },
): Promise<readonly TranscriptRecord[]> {
  const bed = new EmulatorBed(options);
  // Time of a kernel begins with its network: before that, and while it is made, none passes.
  let furnished = false;
  try {
    return await collect(
      play(scenario, bed, {
        before: async (statement) => {
          const behind = (times.get(statement) ?? 0) - bed.now();
          if (furnished && behind > 0) await bed.sleep(behind);
          furnished ||= statement.kind === "topology";
        },
      }),
    );
  } finally {
    await bed.close();
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
