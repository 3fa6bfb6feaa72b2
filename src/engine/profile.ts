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
  /** Whether the FTP helper passes over octets above 255 and ports above 65535 (from 6.1.190), or lets them wrap. */
  readonly boundedFtpNumbers: boolean;
  /**
   * Whether a client is told of what a tunnel adds in all (from 6.1.180), or of 20 bytes whatever its type,
   * where a router on the way found a tunnel's packet too long.
   */
  readonly exactTunnelMtu: boolean;
  /**
   * Whether ICMPv6 errors of masqueraded servers reach the client (from 6.1.187). Before, their checksums
   * were computed as those of ICMP, and found wrong.
   */
  readonly translatesIcmpv6Errors: boolean;
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
    boundedFtpNumbers: true,
    exactTunnelMtu: true,
    translatesIcmpv6Errors: true,
  },
  "6.1.176": {
    name: "6.1.176",
    ticksPerSecond: 250,
    overhead: "inactive",
    overload: "eager",
    boundedThresholds: false,
    cacheLimit: Number.POSITIVE_INFINITY,
    boundedFtpNumbers: false,
    exactTunnelMtu: false,
    translatesIcmpv6Errors: false,
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
