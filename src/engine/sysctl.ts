/**
 * The variables of net.ipv4.vs: names, defaults, accepted values.
 *
 * Source: Documentation/networking/ipvs-sysctl.rst of the kernel; ranges as a running kernel accepts.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";

const INT_MIN = -2147483648;
const INT_MAX = 2147483647;

/** Values of all integer variables. Seconds and pages where the kernel documents them so. */
export interface Sysctls {
  amemthresh: number;
  am_droprate: number;
  drop_entry: number;
  drop_packet: number;
  conntrack: number;
  secure_tcp: number;
  snat_reroute: number;
  cache_bypass: number;
  expire_nodest_conn: number;
  sloppy_tcp: number;
  sloppy_sctp: number;
  expire_quiescent_template: number;
  nat_icmp_send: number;
  pmtu_disc: number;
  backup_only: number;
  conn_reuse_mode: number;
  schedule_icmp: number;
  ignore_tunneled: number;
  run_estimation: number;
  lblc_expiration: number;
  lblcr_expiration: number;
}

/** Name of a variable. */
export type SysctlName = keyof Sysctls;

const DEFAULTS: Readonly<Sysctls> = {
  amemthresh: 1024,
  am_droprate: 10,
  drop_entry: 0,
  drop_packet: 0,
  conntrack: 0,
  secure_tcp: 0,
  snat_reroute: 1,
  cache_bypass: 0,
  expire_nodest_conn: 0,
  sloppy_tcp: 0,
  sloppy_sctp: 0,
  expire_quiescent_template: 0,
  nat_icmp_send: 0,
  pmtu_disc: 1,
  backup_only: 0,
  conn_reuse_mode: 1,
  schedule_icmp: 0,
  ignore_tunneled: 0,
  run_estimation: 1,
  lblc_expiration: 86400,
  lblcr_expiration: 86400,
};

/** Variables with a range narrower than that of a 32-bit integer. */
const RANGES: Partial<Record<SysctlName, readonly [least: number, most: number]>> = {
  drop_entry: [0, 3],
  drop_packet: [0, 3],
  secure_tcp: [0, 3],
};

/** Returns a set of variables at their defaults. */
export function defaultSysctls(): Sysctls {
  return { ...DEFAULTS };
}

/** Whether a variable of this name exists. */
export function isSysctl(name: string): name is SysctlName {
  return Object.hasOwn(DEFAULTS, name);
}

/**
 * Sets one variable.
 *
 * @throws IpvsError ENOENT for a name that does not exist, EINVAL for a value out of range; nothing
 *   is changed then
 */
export function setSysctl(sysctls: Sysctls, name: string, value: number): void {
  if (!isSysctl(name)) {
    throw new IpvsError("ENOENT", `Unknown variable "${name}": must be a name of net.ipv4.vs`);
  }
  const [least, most] = RANGES[name] ?? [INT_MIN, INT_MAX];
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new IpvsError("EINVAL", `Cannot set ${name} to ${value}: must be ${least}–${most}`);
  }
  sysctls[name] = value;
}
