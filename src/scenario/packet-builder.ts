/**
 * Turns packets as scenarios describe them into bytes.
 *
 * What a line leaves out is always the same, so that a scenario gives the same packets wherever it runs:
 * ISN 1000, window 65535, "do not fragment", and IPv4 identifications that count the packets from 1.
 *
 * @module
 */
import { type Address, addressBytes } from "../net/address.ts";
import * as number from "../net/protocol.ts";
import * as checksum from "../wire/checksum.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as sctp from "../wire/sctp.ts";
import * as tcp from "../wire/tcp.ts";
import * as udp from "../wire/udp.ts";
import type {
  IcmpSpec,
  PacketOptions,
  PacketSpec,
  Quoted,
  SctpSpec,
  TcpSpec,
  UdpSpec,
} from "./packet-spec.ts";
import { chunkBytes } from "./sctp-chunks.ts";

const DEFAULT_TTL = 64;
const DEFAULT_SEQUENCE = 1000;
const DEFAULT_WINDOW = 65535;
const DEFAULT_TAG = 0x11223344;

const TCP_CHECKSUM = 16;
const UDP_CHECKSUM = 6;
const ICMP_CHECKSUM = 2;
const SCTP_CHECKSUM = 8;

const NOTHING = new Uint8Array(0);

/** Finds the packet an ICMP message quotes; `undefined` where there is none. */
export type FindQuoted = (quoted: Quoted) => Uint8Array | undefined;

/** Builds the packets of one scenario. */
export class PacketBuilder {
  #id = 0;

  /**
   * Returns the packet, network header first.
   *
   * @throws RangeError when it quotes a packet there is none of, or is too long
   */
  build(spec: PacketSpec, find: FindQuoted): Uint8Array {
    switch (spec.protocol) {
      case "tcp":
        return this.#ip(spec, ends(spec), number.TCP, segment(spec));
      case "udp":
        return this.#ip(spec, ends(spec), number.UDP, datagram(spec));
      case "sctp":
        return this.#ip(spec, ends(spec), number.SCTP, association(spec));
      case "icmp": {
        const protocol = spec.from.family === 4 ? number.ICMP : number.ICMPV6;
        return this.#ip(spec, spec, protocol, message(spec, find));
      }
      case "ip":
        return this.#ip(spec, spec, spec.number, spec.payload ?? NOTHING);
    }
  }

  #ip(options: PacketOptions, { from, to }: Ends, protocol: number, payload: Uint8Array) {
    if (from.family === 6) return ipv6Packet(options, { from, to }, protocol, payload);
    const id = ++this.#id & 0xffff;
    return ipv4Packet({ id, ...options }, { from, to }, protocol, payload);
  }
}

interface Ends {
  readonly from: Address;
  readonly to: Address;
}

function ends(spec: TcpSpec | UdpSpec | SctpSpec): Ends {
  return { from: spec.from.address, to: spec.to.address };
}

function ipv4Packet(
  options: PacketOptions & { readonly id: number },
  { from, to }: Ends,
  protocol: number,
  payload: Uint8Array,
): Uint8Array {
  const ipOptions = padded(options.ipOptions ?? NOTHING);
  const header = ipv4.HEADER_LENGTH + ipOptions.length;
  const packet = joined(new Uint8Array(header), payload);
  if (packet.length > 0xffff)
    throw new RangeError(`A packet of ${packet.length} bytes is too long`);
  const view = viewOf(packet);
  view.setUint8(0, 0x40);
  ipv4.setHeaderLength(view, 0, header);
  ipv4.setTos(view, 0, options.tos ?? 0);
  ipv4.setTotalLength(view, 0, packet.length);
  ipv4.setId(view, 0, options.id);
  ipv4.setFragment(view, 0, options.frag ?? (options.df === false ? 0 : ipv4.DONT_FRAGMENT));
  ipv4.setTtl(view, 0, options.ttl ?? DEFAULT_TTL);
  ipv4.setProtocol(view, 0, protocol);
  packet.set(addressBytes(from), 12);
  packet.set(addressBytes(to), 16);
  packet.set(ipOptions, ipv4.HEADER_LENGTH);
  ipv4.updateHeaderChecksum(view, 0);
  return packet;
}

function ipv6Packet(
  options: PacketOptions,
  { from, to }: Ends,
  protocol: number,
  payload: Uint8Array,
): Uint8Array {
  if (payload.length > 0xffff) throw new RangeError(`${payload.length} bytes are too long`);
  const packet = joined(new Uint8Array(ipv6.HEADER_LENGTH), payload);
  const view = viewOf(packet);
  view.setUint8(0, 0x60);
  ipv6.setClassAndLabel(view, 0, options.tos ?? 0, options.flow ?? 0);
  ipv6.setPayloadLength(view, 0, payload.length);
  ipv6.setNextHeader(view, 0, protocol);
  ipv6.setHopLimit(view, 0, options.ttl ?? DEFAULT_TTL);
  ipv6.setSrc(view, 0, from.words);
  ipv6.setDst(view, 0, to.words);
  return packet;
}

function segment(spec: TcpSpec): Uint8Array {
  const options = padded(spec.tcpOptions ?? NOTHING);
  const header = tcp.HEADER_LENGTH + options.length;
  const bytes = joined(new Uint8Array(header), spec.payload ?? NOTHING);
  const view = viewOf(bytes);
  tcp.setSrcPort(view, 0, spec.from.port);
  tcp.setDstPort(view, 0, spec.to.port);
  tcp.setSequence(view, 0, spec.seq ?? DEFAULT_SEQUENCE);
  tcp.setAcknowledgment(view, 0, spec.ack ?? 0);
  tcp.setHeaderLength(view, 0, header);
  tcp.setFlags(view, 0, spec.flags);
  tcp.setWindow(view, 0, spec.window ?? DEFAULT_WINDOW);
  bytes.set(options, tcp.HEADER_LENGTH);
  view.setUint16(TCP_CHECKSUM, spec.csum ?? transportChecksum(ends(spec), number.TCP, bytes));
  return bytes;
}

function datagram(spec: UdpSpec): Uint8Array {
  const bytes = joined(new Uint8Array(udp.HEADER_LENGTH), spec.payload ?? NOTHING);
  const view = viewOf(bytes);
  udp.setSrcPort(view, 0, spec.from.port);
  udp.setDstPort(view, 0, spec.to.port);
  udp.setLength(view, 0, bytes.length);
  // 0 would say that there is no checksum (RFC 768).
  const right = transportChecksum(ends(spec), number.UDP, bytes) || 0xffff;
  view.setUint16(UDP_CHECKSUM, spec.csum ?? right);
  return bytes;
}

function association(spec: SctpSpec): Uint8Array {
  const chunks = spec.chunks.map(chunkBytes);
  const bytes = joined(new Uint8Array(sctp.HEADER_LENGTH), ...chunks, spec.payload ?? NOTHING);
  const view = viewOf(bytes);
  sctp.setSrcPort(view, 0, spec.from.port);
  sctp.setDstPort(view, 0, spec.to.port);
  sctp.setVerificationTag(view, 0, spec.verificationTag ?? DEFAULT_TAG);
  if (spec.csum === undefined) sctp.updateChecksum(view, 0, bytes.length);
  else view.setUint32(SCTP_CHECKSUM, spec.csum);
  return bytes;
}

function message(spec: IcmpSpec, find: FindQuoted): Uint8Array {
  const bytes = joined(new Uint8Array(8), quotedBytes(spec, find) ?? spec.payload ?? NOTHING);
  const view = viewOf(bytes);
  view.setUint8(0, spec.type);
  view.setUint8(1, spec.code);
  view.setUint32(4, spec.rest ?? 0);
  const right =
    spec.from.family === 4
      ? checksum.compute(view, 0, bytes.length)
      : transportChecksum(spec, number.ICMPV6, bytes);
  view.setUint16(ICMP_CHECKSUM, spec.csum ?? right);
  return bytes;
}

function quotedBytes({ quoted, truncate }: IcmpSpec, find: FindQuoted): Uint8Array | undefined {
  if (quoted === undefined) return undefined;
  const packet = find(quoted);
  if (packet === undefined) throw new RangeError("There is no such packet to quote");
  return packet.subarray(0, truncate);
}

/** Returns the checksum of a transport segment with its pseudo-header (RFC 9293 §3.1, RFC 8200 §8.1). */
function transportChecksum({ from, to }: Ends, protocol: number, bytes: Uint8Array): number {
  const addresses = joined(addressBytes(from), addressBytes(to));
  const pseudo = checksum.sum(viewOf(addresses), 0, addresses.length, protocol + bytes.length);
  return checksum.finish(checksum.sum(viewOf(bytes), 0, bytes.length, pseudo));
}

/** Returns bytes filled up with zeros to a multiple of 4. */
function padded(bytes: Uint8Array): Uint8Array {
  return joined(bytes, new Uint8Array(-bytes.length & 3));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
