/**
 * The variables of net.ipv4.vs: their names, defaults, and which values each accepts.
 *
 * `docs/variables.md` says what each does. `debug_level` is missing, as in kernels built without IPVS
 * debugging.
 *
 * Source: Documentation/networking/ipvs-sysctl.rst of the kernel; ranges as a running 6.1 kernel accepts.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import { readNumbers, type WrittenNumber } from "./sysctl-text.ts";

const INT_MAX = 2147483647;
const INT_MIN = -INT_MAX - 1;

/** Values as the engine reads them. Seconds and pages where the kernel documents them so. */
export interface Sysctls {
  am_droprate: number;
  amemthresh: number;
  backup_only: number;
  cache_bypass: number;
  conn_reuse_mode: number;
  conntrack: number;
  drop_entry: number;
  drop_packet: number;
  expire_nodest_conn: number;
  expire_quiescent_template: number;
  ignore_tunneled: number;
  lblc_expiration: number;
  lblcr_expiration: number;
  nat_icmp_send: number;
  pmtu_disc: number;
  run_estimation: number;
  schedule_icmp: number;
  secure_tcp: number;
  sloppy_sctp: number;
  sloppy_tcp: number;
  snat_reroute: number;
  sync_persist_mode: number;
  sync_ports: number;
  /** An unsigned number of 64 bits; `length < sync_qlen_max` compares as it stands. */
  sync_qlen_max: bigint;
  sync_refresh_period: number;
  sync_retries: number;
  sync_sock_size: number;
  /** The first number of the variable: packets of a connection, modulo the period, that are told of. */
  sync_threshold: number;
  /** The second number of sync_threshold; 0 for none. */
  sync_period: number;
  sync_version: number;
}

/** Name of a variable. */
export type SysctlName = Exclude<keyof Sysctls, "sync_period">;

/** Name of a variable that is one number of 32 bits. */
type IntegerName = Exclude<SysctlName, "sync_qlen_max" | "sync_threshold">;

/** Pages of 1 GiB of memory. */
const DEFAULT_MEMORY_PAGES = 262144;

/**
 * Returns the values a kernel begins with.
 *
 * @param memoryPages size of the memory in pages, of which sync_qlen_max is a part
 */
export function defaultSysctls(memoryPages: number = DEFAULT_MEMORY_PAGES): Sysctls {
  return {
    am_droprate: 10,
    amemthresh: 1024,
    backup_only: 0,
    cache_bypass: 0,
    conn_reuse_mode: 1,
    conntrack: 0,
    drop_entry: 0,
    drop_packet: 0,
    expire_nodest_conn: 0,
    expire_quiescent_template: 0,
    ignore_tunneled: 0,
    lblc_expiration: 86400,
    lblcr_expiration: 86400,
    nat_icmp_send: 0,
    pmtu_disc: 1,
    run_estimation: 1,
    schedule_icmp: 0,
    secure_tcp: 0,
    sloppy_sctp: 0,
    sloppy_tcp: 0,
    snat_reroute: 1,
    sync_persist_mode: 0,
    sync_ports: 1,
    sync_qlen_max: BigInt(Math.floor(memoryPages / 32)),
    sync_refresh_period: 0,
    sync_retries: 0,
    sync_sock_size: 0,
    sync_threshold: 3,
    sync_period: 50,
    sync_version: 1,
  };
}

/** Names of all variables, in the order they are listed in. */
export const SYSCTL_NAMES: readonly SysctlName[] = (
  Object.keys(defaultSysctls()) as (keyof Sysctls)[]
).filter((name) => name !== "sync_period");

const NAMES: ReadonlySet<string> = new Set(SYSCTL_NAMES);

/** Whether a variable of this name exists. */
export function isSysctl(name: string): name is SysctlName {
  return NAMES.has(name);
}

/** Variables whose range is narrower than that of a 32-bit integer. */
const RANGES: Partial<Record<IntegerName, readonly [least: number, most: number]>> = {
  drop_entry: [0, 3],
  drop_packet: [0, 3],
  secure_tcp: [0, 3],
  sync_ports: [1, 2 ** 30],
  sync_retries: [0, 3],
  sync_version: [0, 1],
};

/** Variables the kernel keeps in ticks, which leaves them as many seconds as fit. */
const KEPT_IN_TICKS: ReadonlySet<SysctlName> = new Set([
  "lblc_expiration",
  "lblcr_expiration",
  "sync_refresh_period",
] as const);

/** Returns the value of a variable as it is read, without a line end. */
export function readSysctl(sysctls: Readonly<Sysctls>, name: SysctlName): string {
  if (name === "sync_threshold") return `${sysctls.sync_threshold}\t${sysctls.sync_period}`;
  return String(sysctls[name]);
}

/**
 * Writes a text to a variable as to the kernel's file: of two numbers the second may be missing, and no
 * text at all changes nothing.
 *
 * Unlike the kernel, which sets the first number of sync_threshold even if the second is malformed, this
 * changes nothing when it refuses.
 *
 * @param ticksPerSecond of the kernel's clock
 * @throws IpvsError EINVAL for a value that is refused
 */
export function writeSysctl(
  sysctls: Sysctls,
  name: SysctlName,
  text: string,
  ticksPerSecond: number,
): void {
  if (text === "") return;
  const [first, second] = readNumbers(text, name === "sync_threshold" ? 2 : 1) ?? [];
  const refusal = () =>
    new IpvsError(
      "EINVAL",
      `Cannot set ${name} to ${JSON.stringify(text)}: must be ${acceptedBy(name, ticksPerSecond)}`,
    );
  if (first === undefined) throw refusal();
  switch (name) {
    case "sync_qlen_max":
      if (first.negative) throw refusal();
      sysctls.sync_qlen_max = first.magnitude;
      return;
    case "sync_threshold": {
      const threshold = integer(first);
      const period = second === undefined ? sysctls.sync_period : integer(second);
      if (threshold < 0 || threshold > INT_MAX || period < 0 || period > INT_MAX) throw refusal();
      if (period !== 0 && threshold >= period) throw refusal();
      sysctls.sync_threshold = threshold;
      sysctls.sync_period = period;
      return;
    }
    default: {
      const value = integer(first);
      const [least, most] = rangeOf(name, ticksPerSecond);
      if (value < least || value > most) throw refusal();
      if (name === "sync_ports" && !isPowerOfTwo(value)) throw refusal();
      sysctls[name] = value;
    }
  }
}

/** Returns which values a variable accepts, as the end of a sentence that begins with "must be". */
export function acceptedBy(name: SysctlName, ticksPerSecond: number): string {
  switch (name) {
    case "sync_qlen_max":
      return "a whole number, 0–18446744073709551615";
    case "sync_threshold":
      return `one or two whole numbers, 0–${INT_MAX}, the first below the second unless that is 0`;
    case "sync_ports":
      return `a power of two, ${rangeOf(name, ticksPerSecond).join("–")}`;
    default:
      return `a whole number, ${rangeOf(name, ticksPerSecond).join("–")}`;
  }
}

function rangeOf(name: IntegerName, ticksPerSecond: number): readonly [number, number] {
  if (!KEPT_IN_TICKS.has(name)) return RANGES[name] ?? [INT_MIN, INT_MAX];
  const most = Math.floor(INT_MAX / ticksPerSecond);
  return [-most, most];
}

/** Exact for all that fits 32 bits; what does not is out of any range here. */
function integer({ negative, magnitude }: WrittenNumber): number {
  const value = Number(magnitude);
  return negative && value !== 0 ? -value : value;
}

function isPowerOfTwo(value: number): boolean {
  return (value & (value - 1)) === 0;
}
