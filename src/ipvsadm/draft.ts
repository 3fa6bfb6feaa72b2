/**
 * What the options of a command line have said so far.
 *
 * Order matters to ipvsadm: what `-M`, `-6` and `-r` mean depends on what stands before them, so the
 * options fill in a draft from left to right.
 *
 * @module
 */

import { type Address, type Family, UNSPECIFIED } from "../net/address.ts";
import type { DaemonRole, ForwardingMethod } from "../wire/ipvs-objects.ts";
import { TUNNEL_FLAG, type TUNNEL_TYPE } from "../wire/ipvs-objects.ts";
import type { CommandName, OptionName } from "./options.ts";

/** Mask that singles out one IPv4 client. */
export const FULL_MASK = 0xffffffff;

/** A command line in the making. */
export interface Draft {
  command: CommandName;
  /** Options seen, by the word messages use for them. */
  readonly given: Set<OptionName>;

  /** Family of the service; 4 until told otherwise. */
  family: Family;
  /** Protocol number, also what port names are looked up for; TCP with a firewall mark. */
  protocol: number;
  address: Address;
  port: number;
  /** Firewall mark, or 0. */
  fwmark: number;

  scheduler: string;
  /** Seconds, or 0 for a service that is not persistent. */
  persistence: number;
  netmask: number;
  engine: string;
  /** Text of `-b`, judged when the scheduler is known. */
  schedulerFlags: string | undefined;
  /** Sum of `SERVICE_FLAG` values. */
  flags: number;

  serverAddress: Address;
  serverPort: number;
  method: ForwardingMethod;
  weight: number;
  upperThreshold: number;
  lowerThreshold: number;
  tunnelType: keyof typeof TUNNEL_TYPE;
  tunnelPort: number;
  tunnelFlags: number;

  /** Operands of `--set`, in seconds: TCP, TCP after FIN, UDP. */
  timeouts: readonly [tcp: number, tcpFin: number, udp: number];
  role: DaemonRole;
  syncId: number;
  interfaceName: string;
  group: Address | undefined;
  groupPort: number | undefined;
  groupTtl: number | undefined;
  maxLength: number | undefined;
}

/** Returns a draft with every default of ipvsadm 1.31. */
export function newDraft(command: CommandName): Draft {
  return {
    command,
    given: new Set(),
    family: 4,
    protocol: 0,
    address: UNSPECIFIED[4],
    port: 0,
    fwmark: 0,
    scheduler: "",
    persistence: 0,
    netmask: FULL_MASK,
    engine: "",
    schedulerFlags: undefined,
    flags: 0,
    serverAddress: UNSPECIFIED[4],
    serverPort: 0,
    method: "direct-route",
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnelType: "ipip",
    tunnelPort: 0,
    tunnelFlags: TUNNEL_FLAG.none,
    timeouts: [0, 0, 0],
    role: "master",
    syncId: 0,
    interfaceName: "eth0",
    group: undefined,
    groupPort: undefined,
    groupTtl: undefined,
    maxLength: undefined,
  };
}
