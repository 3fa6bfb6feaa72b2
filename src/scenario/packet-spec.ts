/**
 * A packet as a line of a scenario describes it; what is left out is filled in by `PacketBuilder`.
 *
 * @module
 */
import type { Address } from "../net/address.ts";
import type { Endpoint } from "../net/endpoint.ts";

/** What any packet may be told. */
export interface PacketOptions {
  /** Time to live or hop limit, 0–255; 64. */
  readonly ttl?: number;
  /** Type of service or traffic class, 0–255; 0. */
  readonly tos?: number;
  /** IPv4 identification, 0–65535; one more than that of the packet before. */
  readonly id?: number;
  /** IPv4 "do not fragment"; true. */
  readonly df?: boolean;
  /** The whole IPv4 fragment field, flags included, 0–65535; replaces `df`. */
  readonly frag?: number;
  /** Replaces the right checksum of the transport header; 16 bits, 32 for SCTP. */
  readonly csum?: number;
  /** IPv4 options; filled up with zeros to a multiple of 4 bytes. */
  readonly ipOptions?: Uint8Array;
  /** IPv6 flow label, 0–1048575; 0. */
  readonly flow?: number;
  /** What the transport header is followed by; nothing. */
  readonly payload?: Uint8Array;
}

/** What TCP segments may be told besides. */
export interface TcpOptions extends PacketOptions {
  /** Sequence number; 1000. */
  readonly seq?: number;
  /** Acknowledgement number; 0. */
  readonly ack?: number;
  /** 0–65535; 65535. */
  readonly window?: number;
  /** TCP options; filled up with zeros to a multiple of 4 bytes. */
  readonly tcpOptions?: Uint8Array;
}

/** A TCP segment. */
export interface TcpSpec extends TcpOptions {
  readonly protocol: "tcp";
  readonly from: Endpoint;
  readonly to: Endpoint;
  /** Flags as in the header: the sum of `FIN` to `CWR` of wire/tcp.ts. */
  readonly flags: number;
}

/** A UDP datagram. */
export interface UdpSpec extends PacketOptions {
  readonly protocol: "udp";
  readonly from: Endpoint;
  readonly to: Endpoint;
}

/** What SCTP packets may be told besides. */
export interface SctpOptions extends PacketOptions {
  /** Verification tag; 0x11223344. */
  readonly verificationTag?: number;
}

/** An SCTP packet. */
export interface SctpSpec extends SctpOptions {
  readonly protocol: "sctp";
  readonly from: Endpoint;
  readonly to: Endpoint;
  /** Chunk types in order, at least one. */
  readonly chunks: readonly number[];
}

/** Which packet an ICMP message quotes: the one last sent, or the `back`th last of those captured. */
export type Quoted = { readonly of: "sent" } | { readonly of: "captured"; readonly back: number };

/** An ICMP or ICMPv6 message. */
export interface IcmpSpec extends PacketOptions {
  readonly protocol: "icmp";
  readonly from: Address;
  readonly to: Address;
  readonly type: number;
  readonly code: number;
  /** Second word of the header; 0. */
  readonly rest?: number;
  /** Replaces `payload`. */
  readonly quoted?: Quoted;
  /** Bytes of the quoted packet; all. */
  readonly truncate?: number;
}

/** A packet of any protocol. */
export interface IpSpec extends PacketOptions {
  readonly protocol: "ip";
  readonly from: Address;
  readonly to: Address;
  /** Protocol number, 0–255. */
  readonly number: number;
}

/** A packet to send. */
export type PacketSpec = TcpSpec | UdpSpec | SctpSpec | IcmpSpec | IpSpec;

/**
 * An answer to the last captured packet. What it says depends on what it answers, so both readings of
 * its word are kept.
 */
export interface ReplySpec {
  /** Where it is a TCP segment. */
  readonly flags?: number;
  /** Where it is an SCTP packet. */
  readonly chunks?: readonly number[];
  readonly options: TcpOptions & SctpOptions;
}
