/**
 * Which kernel release the engine mirrors where releases decide differently.
 *
 * @module
 */

/** The differences between kernel releases that change a decision. */
export interface Profile {
  /** Release, as the distribution numbers it. */
  readonly name: string;
  /** Kernel clock ticks per second (CONFIG_HZ): expiry is rounded in ticks. */
  readonly ticksPerSecond: number;
  /**
   * What least-connection schedulers weigh: 256 · active plus `total` connections (from 6.1.187),
   * or plus `inactive` ones (before).
   */
  readonly overhead: "total" | "inactive";
  /**
   * How the overload flag moves: by the `three-mode` rule (from 6.1.187), or `eagerly` (before):
   * set on any bind including templates, cleared on every unbind below the bound.
   */
  readonly overload: "three-mode" | "eager";
  /** Whether an upper threshold above 2147483647 is refused (from 6.1.187). */
  readonly boundedThresholds: boolean;
  /** Entries at which the caches of lblc and lblcr stop growing (from 6.1.192), or Infinity. */
  readonly cacheLimit: number;
  /** Whether templates may inherit the one-packet flag (before 6.1.192). */
  readonly onePacketTemplates: boolean;
}

/** Profiles by name. */
export const PROFILES = {
  "6.1.192": {
    name: "6.1.192",
    ticksPerSecond: 250,
    overhead: "total",
    overload: "three-mode",
    boundedThresholds: true,
    cacheLimit: 24576,
    onePacketTemplates: false,
  },
  "6.1.176": {
    name: "6.1.176",
    ticksPerSecond: 250,
    overhead: "inactive",
    overload: "eager",
    boundedThresholds: false,
    cacheLimit: Number.POSITIVE_INFINITY,
    onePacketTemplates: true,
  },
} as const satisfies Record<string, Profile>;

/** Name of a profile. */
export type ProfileName = keyof typeof PROFILES;

/** The release mirrored unless asked otherwise. */
export const DEFAULT_PROFILE: Profile = PROFILES["6.1.192"];

/**
 * Returns the profile of a name.
 *
 * @throws RangeError when there is none of that name
 */
export function profileNamed(name: string): Profile {
  if (!Object.hasOwn(PROFILES, name)) {
    throw new RangeError(
      `Unknown profile "${name}": must be one of ${Object.keys(PROFILES).join(", ")}`,
    );
  }
  return PROFILES[name as ProfileName];
}
