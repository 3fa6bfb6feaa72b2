/**
 * What each option writes into the draft of a command line.
 *
 * @module
 */

import { UNSPECIFIED } from "../net/address.ts";
import { SCTP, TCP, UDP } from "../net/protocol.ts";
import { SERVICE_FLAG, TUNNEL_FLAG, TUNNEL_TYPE } from "../wire/ipvs-objects.ts";
import type { Draft } from "./draft.ts";
import { fatal } from "./failure.ts";
import * as messages from "./messages.ts";
import {
  FULL_PREFIX,
  type NameLookup,
  parseAddressAndPort,
  parseGroup,
  parseNetmask,
  parseNumber,
} from "./values.ts";

/** Longest timeout that can be given, in seconds: 31 days. */
export const TIMEOUT_MAX = 31 * 24 * 60 * 60;

const DEFAULT_PERSISTENCE = 360;
const INT_MAX = 2147483647;
/** Names longer than these are cut. Source: linux/ip_vs.h, net/if.h, less the final NUL. */
const SCHEDULER_NAME_MAX = 15;
const ENGINE_NAME_MAX = 16;
const INTERFACE_NAME_MAX = 15;
/** Largest payload of a UDP datagram over IPv4, in bytes. */
const DATAGRAM_MAX = 65507;

/** Takes one option with its value; a value missing is an optional one left out. */
type Effect = (draft: Draft, value: string | undefined, lookup: NameLookup) => void | Promise<void>;

/** By long name. Options that are only looked for, such as `--numeric`, have no effect here. */
const EFFECTS: Readonly<Record<string, Effect>> = {
  "start-daemon": (draft, value) => setRole(draft, value, messages.ILLEGAL_START_DAEMON),
  "stop-daemon": (draft, value) => setRole(draft, value, messages.ILLEGAL_STOP_DAEMON),

  "tcp-service": (draft, value, lookup) => setService(draft, TCP, value, lookup),
  "udp-service": (draft, value, lookup) => setService(draft, UDP, value, lookup),
  "sctp-service": (draft, value, lookup) => setService(draft, SCTP, value, lookup),
  "fwmark-service": (draft, value) => {
    draft.fwmark = number(value, 1, 0xffffffff, messages.invalidFwmark(value ?? ""));
    draft.family = 4;
    draft.protocol = TCP;
  },
  ipv6: (draft) => {
    if (draft.fwmark === 0) throw fatal(messages.IPV6_BEFORE_FWMARK);
    draft.family = 6;
    draft.address = UNSPECIFIED[6];
    draft.netmask = FULL_PREFIX;
  },
  scheduler: (draft, value) => {
    draft.scheduler = (value ?? "").slice(0, SCHEDULER_NAME_MAX);
  },
  persistent: (draft, value) => {
    draft.persistence =
      value === undefined
        ? DEFAULT_PERSISTENCE
        : number(value, 1, TIMEOUT_MAX, messages.invalidTimeout(value));
    draft.flags |= SERVICE_FLAG.persistent;
  },
  netmask: async (draft, value, lookup) => {
    const netmask = await parseNetmask(value ?? "", draft.family, lookup);
    if (netmask === undefined) {
      throw fatal(draft.family === 4 ? messages.ILLEGAL_NETMASK : messages.ILLEGAL_PREFIX);
    }
    draft.netmask = netmask;
  },
  pe: (draft, value) => {
    draft.engine = (value ?? "").slice(0, ENGINE_NAME_MAX);
  },
  "sched-flags": (draft, value) => {
    draft.schedulerFlags = value;
  },
  ops: (draft) => {
    draft.flags |= SERVICE_FLAG.onePacket;
  },

  "real-server": async (draft, value, lookup) => {
    const server = await parseAddressAndPort(value ?? "", draft.protocol, lookup);
    if (server === undefined) throw fatal(messages.ILLEGAL_SERVER);
    draft.serverAddress = server.address;
    draft.serverPort = server.port ?? draft.port;
  },
  gatewaying: (draft) => {
    draft.method = "direct-route";
  },
  ipip: (draft) => {
    draft.method = "tunnel";
  },
  masquerading: (draft) => {
    draft.method = "masquerade";
  },
  weight: (draft, value) => {
    draft.weight = number(value, 0, INT_MAX, messages.ILLEGAL_WEIGHT);
  },
  "u-threshold": (draft, value) => {
    draft.upperThreshold = number(value, 0, INT_MAX, messages.ILLEGAL_UPPER_THRESHOLD);
  },
  "l-threshold": (draft, value) => {
    draft.lowerThreshold = number(value, 0, INT_MAX, messages.ILLEGAL_LOWER_THRESHOLD);
  },
  "tun-type": (draft, value) => {
    if (value === undefined || !isTunnelType(value)) throw fatal(messages.ILLEGAL_TUNNEL_TYPE);
    draft.tunnelType = value;
  },
  "tun-port": (draft, value) => {
    draft.tunnelPort = number(value, 1, 65535, messages.ILLEGAL_TUNNEL_PORT);
  },
  "tun-csum": (draft) => {
    draft.tunnelFlags |= TUNNEL_FLAG.checksum;
  },
  "tun-remcsum": (draft) => {
    draft.tunnelFlags |= TUNNEL_FLAG.remoteChecksum;
  },

  syncid: (draft, value) => {
    draft.syncId = number(value, 0, 255, messages.ILLEGAL_SYNC_ID);
  },
  "mcast-interface": (draft, value) => {
    draft.interfaceName = (value ?? "").slice(0, INTERFACE_NAME_MAX);
  },
  "mcast-group": (draft, value) => {
    draft.group = parseGroup(value ?? "");
    if (draft.group === undefined) throw fatal(messages.invalidGroup(value ?? ""));
  },
  "mcast-port": (draft, value) => {
    draft.groupPort = number(value, 1, 65535, messages.ILLEGAL_MCAST_PORT);
  },
  "mcast-ttl": (draft, value) => {
    draft.groupTtl = number(value, 1, 255, messages.ILLEGAL_MCAST_TTL);
  },
  "sync-maxlen": (draft, value) => {
    draft.maxLength = number(value, 1, DATAGRAM_MAX, messages.ILLEGAL_SYNC_MAXLEN);
  },
};

/**
 * Applies one option to the draft.
 *
 * @param long long name of the option
 * @throws Failure when the value is not allowed
 */
export async function applyOption(
  draft: Draft,
  long: string,
  value: string | undefined,
  lookup: NameLookup,
): Promise<void> {
  await EFFECTS[long]?.(draft, value, lookup);
}

function number(value: string | undefined, min: number, max: number, complaint: string): number {
  const parsed = parseNumber(value ?? "", min, max);
  if (parsed === undefined) throw fatal(complaint);
  return parsed;
}

function setRole(draft: Draft, value: string | undefined, complaint: string): void {
  if (value !== "master" && value !== "backup") throw fatal(complaint);
  draft.role = value;
}

async function setService(
  draft: Draft,
  protocol: number,
  value: string | undefined,
  lookup: NameLookup,
): Promise<void> {
  const service = await parseAddressAndPort(value ?? "", protocol, lookup);
  if (service === undefined) throw fatal(messages.ILLEGAL_SERVICE);
  draft.protocol = protocol;
  draft.address = service.address;
  draft.port = service.port ?? 0;
  draft.family = service.address.family;
  if (draft.family === 6) draft.netmask = FULL_PREFIX;
}

function isTunnelType(text: string): text is keyof typeof TUNNEL_TYPE {
  return Object.hasOwn(TUNNEL_TYPE, text);
}
