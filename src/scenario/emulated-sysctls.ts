/**
 * The variables of an emulated host: those of net.ipv4.vs are the director's, the others say what the host
 * does anyway and cannot be changed.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import type { SysctlTable } from "../control/uipvs-family.ts";
import type { Variable } from "./bed.ts";

/** What variables of ip_vs start with. */
export const VS_PREFIX = "net.ipv4.vs.";

/** Variables of the host, by patterns of their names. */
const FIXED: readonly (readonly [name: RegExp, value: string])[] = [
  [/^net\.ipv4\.ip_forward$/, "1"],
  [/^net\.ipv4\.conf\.[^.]+\.forwarding$/, "1"],
  [/^net\.ipv6\.conf\.[^.]+\.forwarding$/, "1"],
  [/^net\.ipv4\.conf\.[^.]+\.(rp_filter|send_redirects)$/, "0"],
  [/^net\.ipv4\.(icmp_ratelimit|ip_no_pmtu_disc)$/, "0"],
  [/^net\.ipv6\.icmp\.ratelimit$/, "0"],
];

/** The variable a kernel has that is built to tell what ip_vs does. Nothing hangs on it here. */
const DEBUG_LEVEL = "debug_level";

/** Returns the variables of a director and those only a kernel built for debugging has. */
export function debuggingSysctls(table: SysctlTable): SysctlTable {
  let level = "0";
  return {
    names: () => [...table.names(), DEBUG_LEVEL].sort(),
    get: (name) => (name === DEBUG_LEVEL ? level : table.get(name)),
    set: (settings) => {
      table.set(settings.filter(({ name }) => name !== DEBUG_LEVEL));
      for (const { name, value } of settings) if (name === DEBUG_LEVEL) level = value;
    },
  };
}

/**
 * Sets a variable, if a value is given, and returns what it holds.
 *
 * @throws RangeError for a change of a variable the emulated host does not have
 */
export function emulatedSysctl(table: SysctlTable, name: string, value?: string): Variable {
  if (name.startsWith(VS_PREFIX)) return ofDirector(table, name.slice(VS_PREFIX.length), value);
  const held = FIXED.find(([pattern]) => pattern.test(name))?.[1];
  if (held === undefined || (value !== undefined && value !== held)) {
    throw new RangeError(`The emulated host cannot have ${name}=${value ?? "..."}`);
  }
  return { value: held };
}

function ofDirector(table: SysctlTable, name: string, value: string | undefined): Variable {
  let errno: string | undefined;
  if (value !== undefined) {
    try {
      table.set([{ name, value }]);
    } catch (error) {
      if (!(error instanceof IpvsError)) throw error;
      errno = error.code;
    }
  }
  return { ...(errno !== undefined && { errno }), value: table.get(name) ?? null };
}
