/**
 * Whether scenarios go alike on a real kernel and on the emulator.
 *
 * Time is real on a kernel: what happens between two lines may take longer or shorter by a tick, and with it
 * what runs out at once. So a scenario that differs is played again, slowly: with a pause before each line,
 * in which everything that runs out at once does. What differs then still does not hang on a race.
 *
 * @module
 */
import { PROFILES, type Profile } from "../engine/profile.ts";
import type { Scenario } from "../scenario/statement.ts";
import type { Bed } from "./bed.ts";
import { kernelTicks, type TickAt, TICKS_PER_SECOND } from "./kernel-ticks.ts";
import { obstacle } from "./obstacle.ts";
import { type Played, playBoth } from "./play-both.ts";

/** Pauses before each line, in seconds: of the first time a scenario is played, of the second, and so on. */
const PAUSES = [0, 0.03, 0.05] as const;

/** What may be wished. */
export interface ParityOptions {
  /** Seconds a scenario may let pass in all; 10. */
  readonly longestSleep?: number | undefined;
}

const LONGEST_SLEEP = 10;

/** A kernel and an emulator of that kernel. */
export class Parity {
  readonly profile: Profile;
  readonly #bed: Bed;
  readonly #tickAt: TickAt;
  readonly #longestSleep: number;

  private constructor(bed: Bed, profile: Profile, tickAt: TickAt, longestSleep: number) {
    this.#bed = bed;
    this.profile = profile;
    this.#tickAt = tickAt;
    this.#longestSleep = longestSleep;
  }

  /** @param bed a kernel; it stays open, and belongs to this until it is closed */
  static async open(bed: Bed, options: ParityOptions = {}): Promise<Parity> {
    const profile = { ...profileOf(bed.info.release), ticksPerSecond: TICKS_PER_SECOND };
    return new Parity(
      bed,
      profile,
      await kernelTicks(bed),
      options.longestSleep ?? LONGEST_SLEEP,
    );
  }

  /** Returns why a scenario cannot be compared, as a clause, or `undefined` where it can be. */
  obstacle(scenario: Scenario): string | undefined {
    return obstacle(scenario, {
      longestSleep: this.#longestSleep,
      schedulers: this.#bed.info.schedulers,
    });
  }

  /**
   * Plays a scenario on both.
   *
   * @throws ScenarioError where a line asks for what one of them does not have; Error when the bed fails
   */
  async compare(scenario: Scenario): Promise<Played> {
    const emulated = { profile: this.profile, tickAt: this.#tickAt };
    let played: Played | undefined;
    for (const pause of PAUSES) {
      played = await playBoth(scenario, this.#bed, { ...emulated, pause });
      if (played.differences.length === 0) break;
    }
    return played as Played;
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
