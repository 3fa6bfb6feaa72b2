/**
 * Engine objects as explanations show them.
 *
 * @module
 */
import { type Address, type AddressWords, type Family, formatAddress } from "../../net/address.ts";
import { formatEndpoint } from "../../net/endpoint.ts";
import { AH, ESP, ICMP, ICMPV6, SCTP, TCP, UDP } from "../../net/protocol.ts";
import { FORWARDING_METHODS, type ServiceId } from "../../wire/ipvs-objects.ts";
import { schedulerFlagNames } from "../../wire/scheduler-flags.ts";
import * as tcp from "../../wire/tcp.ts";
import type { ConnectionLifecycle } from "../connection-lifecycle.ts";
import { connectionRecord } from "../connection-record.ts";
import { CONNECTION_FLAG, type ConnectionHandle } from "../connection-records.ts";
import type { EngineState } from "../engine-state.ts";
import { hopLimit } from "../hop-limit.ts";
import type { Packet } from "../packet.ts";
import type { VirtualService } from "../virtual-service.ts";
import type {
  ConnectionFigures,
  End,
  PacketFigures,
  ProtocolText,
  ServiceFigures,
  ServiceName,
} from "./explanation.ts";

const PROTOCOLS: Readonly<Record<number, string>> = {
  0: "ip",
  [ICMP]: "icmp",
  [TCP]: "tcp",
  [UDP]: "udp",
  [ESP]: "esp",
  [AH]: "ah",
  [ICMPV6]: "icmpv6",
  [SCTP]: "sctp",
};

const HOOKS = ["local-in", "forward", "local-out"] as const;

const TCP_FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [tcp.FIN, "FIN"],
  [tcp.SYN, "SYN"],
  [tcp.RST, "RST"],
  [tcp.PSH, "PSH"],
  [tcp.ACK, "ACK"],
  [tcp.URG, "URG"],
  [tcp.ECE, "ECE"],
  [tcp.CWR, "CWR"],
];

/** Returns the name of a protocol, or its number. */
export function protocolText(protocol: number): ProtocolText {
  return PROTOCOLS[protocol] ?? protocol;
}

/** Returns an address as text; the words may be of a record that is used again. */
export function addressText(family: Family, words: Readonly<AddressWords>): string {
  return formatAddress({ family, words });
}

/** Returns one end of a packet. */
export function end(family: Family, words: Readonly<AddressWords>, port: number): End {
  return { address: addressText(family, words), port };
}

/** Returns an endpoint as it is shown. */
export function endOf({
  address,
  port,
}: {
  readonly address: Address;
  readonly port: number;
}): End {
  return { address: formatAddress(address), port };
}

/** Returns what is shown of a packet. */
export function packetFigures(packet: Packet): PacketFigures {
  const { family } = packet;
  return {
    family,
    hook: HOOKS[packet.hook]!,
    protocol: protocolText(packet.protocol),
    source: end(family, packet.source, packet.sourcePort),
    destination: end(family, packet.destination, packet.destinationPort),
    fwmark: packet.mark === 0 ? null : packet.mark,
    flags: flagsText(packet),
    length: packet.length,
    hopLimit: hopLimit(packet),
  };
}

function flagsText(packet: Packet): string | null {
  const { protocol, transport, view } = packet;
  if (protocol !== TCP || packet.fragmentOffset !== 0) return null;
  if (!tcp.isWhole(transport, packet.end)) return null;
  const flags = tcp.flags(view, transport);
  return TCP_FLAGS.flatMap(([bit, name]) => ((flags & bit) === 0 ? [] : [name])).join(",");
}

/** Returns which service it is. */
export function serviceName(id: ServiceId): ServiceName {
  const { family, fwmark } = id;
  if (fwmark !== 0) return { family, protocol: null, address: null, port: null, fwmark };
  return { family, protocol: protocolText(id.protocol), ...endOf(id), fwmark: null };
}

/** Returns a service's name in one word or two, as listings have it. */
export function serviceText(id: ServiceId): string {
  if (id.fwmark !== 0) return `FWM ${id.fwmark}`;
  return `${String(protocolText(id.protocol)).toUpperCase()} ${formatEndpoint(id)}`;
}

/** Returns what is shown of a service. */
export function serviceFigures(service: VirtualService): ServiceFigures {
  const { scheduler } = service.config;
  return {
    ...serviceName(service.id),
    scheduler,
    schedulerFlags: schedulerFlagNames(service.flags, scheduler),
    onePacket: service.onePacket,
    persistence: service.persistent ? service.config.timeout : null,
    servers: service.list.size,
  };
}

/** Returns what is shown of a connection or template. */
export function connectionFigures(
  state: EngineState,
  lifecycle: ConnectionLifecycle,
  handle: ConnectionHandle,
): ConnectionFigures {
  const { connections } = state;
  const record = connectionRecord(state, lifecycle, handle);
  const flags = connections.flags(handle);
  const marked = (flags & CONNECTION_FLAG.template) !== 0 && record.protocol === 0;
  return {
    protocol: protocolText(record.protocol),
    client: endOf({ address: record.clientAddress, port: record.clientPort }),
    virtual: marked ? null : endOf({ address: record.virtualAddress, port: record.virtualPort }),
    fwmark: marked ? record.virtualAddress.words[0]! : null,
    server: endOf({ address: record.destinationAddress, port: record.destinationPort }),
    method: FORWARDING_METHODS[flags & CONNECTION_FLAG.methodMask] ?? "local",
    state: record.state,
    expires: record.expires,
    children: connections.children(handle),
  };
}
