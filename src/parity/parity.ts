/**
 * Whether scenarios go alike on a real kernel and on the emulator.
 *
 * Time is real on a kernel: what happens between two lines may take longer or shorter by a tick, and with it
 * what runs out at once. So a scenario that differs is played again, slowly: with a pause before each line,
 * in which everything that runs out at once does. What differs then still does not hang on a race.
 *
 * @module
 */
import type { Milliseconds } from "../base/clock.ts";
import { PROFILES, type Profile } from "../engine/profile.ts";
import type { TimedBed } from "./bed.ts";
import { type KernelTicks, kernelTicks } from "./kernel-ticks.ts";
import { obstacle } from "./obstacle.ts";
import { type Played, playBoth } from "./play-both.ts";
import type { Subject } from "./subject.ts";

/** The pause that settles what runs out at once: some ticks. */
const SETTLING: Milliseconds = 30;
/** Pauses before each line, in ms: of the first time a scenario is played, of the second, and so on. */
const PAUSES: readonly [number, ...number[]] = [0, SETTLING, 50];

/** What may be wished. */
export interface ParityOptions {
  /** Seconds a scenario may let pass in all; 10, and any on a kernel of virtual time. */
  readonly longestSleep?: number | undefined;
  /** Kernel to emulate; that of the bed. */
  readonly profile?: Profile | undefined;
}

const LONGEST_SLEEP = 10;

/** A kernel and an emulator of that kernel. */
export class Parity {
  readonly profile: Profile;
  readonly #bed: TimedBed;
  readonly #ticks: KernelTicks;
  readonly #longestSleep: number;

  private constructor(bed: TimedBed, profile: Profile, ticks: KernelTicks, longestSleep: number) {
    this.#bed = bed;
    this.profile = profile;
    this.#ticks = ticks;
    this.#longestSleep = longestSleep;
  }

  /** @param bed a kernel; it stays open, and belongs to this until it is closed */
  static async open(bed: TimedBed, options: ParityOptions = {}): Promise<Parity> {
    const decided = options.profile ?? profileOf(bed.info.release);
    const ticks = await kernelTicks(bed);
    const profile = { ...decided, ticksPerSecond: ticks.perSecond };
    const usual = bed.info.virtualTime ? Number.POSITIVE_INFINITY : LONGEST_SLEEP;
    return new Parity(bed, profile, ticks, options.longestSleep ?? usual);
  }

  /** Returns why a scenario is not to be compared, or `undefined` where it is. */
  obstacle(subject: Subject): string | undefined {
    const { virtualTime } = this.#bed.info;
    const skip = subject.skips.find(
      ({ where }) => where === "parity" || (where === "real-time" && !virtualTime),
    );
    if (skip !== undefined) return skip.reason;
    const clause = obstacle(subject, {
      longestSleep: this.#longestSleep,
      schedulers: this.#bed.info.schedulers,
      shell: !this.#bed.info.ofHost,
    });
    return clause && `it ${clause}`;
  }

  /**
   * Plays a scenario on both, and again where it differs.
   *
   * @throws ScenarioError where a line asks for what one of them does not have; Error when the bed fails
   */
  async compare(subject: Subject): Promise<Played> {
    const [first, ...others] = PAUSES;
    let played = await this.#play(subject, first);
    for (const pause of others) {
      if (played.differences.length === 0) break;
      played = await this.#play(subject, pause);
    }
    return played;
  }

  /** Plays a scenario on both once, slowly. @throws as `compare` */
  compareOnce(subject: Subject): Promise<Played> {
    return this.#play(subject, SETTLING);
  }

  #play(subject: Subject, pause: Milliseconds): Promise<Played> {
    const { profile } = this;
    return playBoth(subject.play, this.#bed, {
      profile,
      ticks: this.#ticks,
      pause,
    });
  }
}

/** Returns the profile that decides like a release: the newest that is not newer. */
export function profileOf(release: string): Profile {
  const order = Object.values(PROFILES).sort((a, b) => compareReleases(b.name, a.name));
  const fitting = order.find(({ name }) => compareReleases(name, release) <= 0);
  return fitting ?? (order.at(-1) as Profile);
}

function compareReleases(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => (text.match(/\d+/g) ?? []).slice(0, 3).map(Number));
  for (let index = 0; index < 3; index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
