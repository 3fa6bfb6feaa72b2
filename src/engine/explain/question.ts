/**
 * A question about a packet nobody has sent: the packet it would be.
 *
 * @module
 */
import type { AddressWords, Family } from "../../net/address.ts";
import type { Endpoint } from "../../net/endpoint.ts";
import { SCTP, TCP, UDP } from "../../net/protocol.ts";
import * as checksum from "../../wire/checksum.ts";
import { MAX_PACKET } from "../../wire/frame.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as ipv6 from "../../wire/ipv6.ts";
import * as sctp from "../../wire/sctp.ts";
import * as tcp from "../../wire/tcp.ts";
import * as udp from "../../wire/udp.ts";

const HOPS = 64;
/** Source: RFC 9260 §3.3.2, an INIT chunk without optional parameters. */
const INIT_LENGTH = 20;

/** What is asked about. Both ends are of one family. */
export interface Question {
  /** TCP, UDP or SCTP. */
  readonly protocol: number;
  readonly client: Endpoint;
  readonly service: Endpoint;
  /** Sum of TCP flags (`wire/tcp.ts`); a SYN unless given. */
  readonly flags?: number | undefined;
  /** Bytes behind the transport header; 0 unless given. */
  readonly payload?: number | undefined;
  /** 64 unless given. */
  readonly hopLimit?: number | undefined;
  /** Whether routers may not cut it; so unless given. IPv4 only. */
  readonly dontFragment?: boolean | undefined;
}

/**
 * Returns the packet of a question: the first of a flow, unless its flags say otherwise.
 *
 * @throws RangeError for a protocol without ports, ends of two families, or a packet too long
 */
export function packetOf(question: Question): Uint8Array {
  const { protocol, client, service, payload = 0 } = question;
  const { family } = service.address;
  if (client.address.family !== family) {
    throw new RangeError("Cannot ask about a packet whose ends are of two families");
  }
  const at = family === 4 ? ipv4.HEADER_LENGTH : ipv6.HEADER_LENGTH;
  const length = at + transportLength(protocol) + payload;
  if (length > MAX_PACKET) {
    throw new RangeError(
      `Cannot ask about a packet of ${length} bytes: must be ${MAX_PACKET} at most`,
    );
  }
  const view = new DataView(new ArrayBuffer(length));
  if (family === 4) writeIpv4(view, question);
  else writeIpv6(view, question);
  writeTransport(view, at, family, question);
  return new Uint8Array(view.buffer);
}

function transportLength(protocol: number): number {
  switch (protocol) {
    case TCP:
      return tcp.HEADER_LENGTH;
    case UDP:
      return udp.HEADER_LENGTH;
    case SCTP:
      return sctp.HEADER_LENGTH + INIT_LENGTH;
    default:
      throw new RangeError(`Cannot ask about protocol ${protocol}: must be TCP, UDP or SCTP`);
  }
}

function writeIpv4(view: DataView, question: Question): void {
  const { protocol, client, service, hopLimit = HOPS, dontFragment = true } = question;
  ipv4.setHeaderLength(view, 0, ipv4.HEADER_LENGTH);
  ipv4.setTotalLength(view, 0, view.byteLength);
  ipv4.setFragment(view, 0, dontFragment ? ipv4.DONT_FRAGMENT : 0);
  ipv4.setTtl(view, 0, hopLimit);
  ipv4.setProtocol(view, 0, protocol);
  ipv4.setSrc(view, 0, client.address.words[0]!);
  ipv4.setDst(view, 0, service.address.words[0]!);
  ipv4.updateHeaderChecksum(view, 0);
}

function writeIpv6(view: DataView, question: Question): void {
  const { protocol, client, service, hopLimit = HOPS } = question;
  ipv6.setClassAndLabel(view, 0, 0, 0);
  ipv6.setPayloadLength(view, 0, view.byteLength - ipv6.HEADER_LENGTH);
  ipv6.setNextHeader(view, 0, protocol);
  ipv6.setHopLimit(view, 0, hopLimit);
  ipv6.setSrc(view, 0, client.address.words as AddressWords);
  ipv6.setDst(view, 0, service.address.words as AddressWords);
}

function writeTransport(view: DataView, at: number, family: Family, question: Question): void {
  const { protocol, client, service, flags = tcp.SYN } = question;
  const end = view.byteLength;
  // The ports of TCP, UDP and SCTP stand in the same place.
  udp.setSrcPort(view, at, client.port);
  udp.setDstPort(view, at, service.port);
  switch (protocol) {
    case TCP:
      tcp.setHeaderLength(view, at, tcp.HEADER_LENGTH);
      tcp.setFlags(view, at, flags);
      tcp.setWindow(view, at, 0xffff);
      tcp.setChecksum(view, at, checksumOf(view, at, family, protocol));
      break;
    case UDP:
      udp.setLength(view, at, end - at);
      udp.setChecksum(view, at, checksumOf(view, at, family, protocol) || 0xffff);
      break;
    default:
      view.setUint8(at + sctp.HEADER_LENGTH, sctp.CHUNK.init);
      view.setUint16(at + sctp.HEADER_LENGTH + 2, INIT_LENGTH);
      sctp.updateChecksum(view, at, end);
  }
}

function checksumOf(view: DataView, at: number, family: Family, protocol: number): number {
  const end = view.byteLength;
  const pseudo =
    family === 4
      ? checksum.pseudoHeader4(view, 0, protocol, end - at)
      : checksum.pseudoHeader6(view, 0, protocol, end - at);
  return checksum.finish(checksum.sum(view, at, end, pseudo));
}
