/**
 * Packets in GRE and GUE tunnels, for tests. IP in IP is `ipip` of packet.ts.
 *
 *     gre({ from: "10.0.0.1", to: "10.0.1.1", greChecksum: true }, syn)
 *     gue({ from: "10.0.0.1:50000", to: "10.0.1.1:6080" }, syn)
 *
 * @module
 */
import {
  concat,
  type Ends,
  type IpFields,
  internetChecksum,
  ip,
  type UdpFields,
  udp,
} from "./packet.ts";

export interface GreFields extends IpFields, Ends {
  /** Whether the header has a checksum (RFC 2784 §2.4); false. */
  readonly greChecksum?: boolean;
  /** Key and sequence number (RFC 2890); none. */
  readonly key?: number;
  readonly sequence?: number;
}

export interface GueFields extends Omit<UdpFields, "payload"> {
  /** Extension fields, a multiple of 4 bytes; none. */
  readonly gueFields?: Uint8Array;
}

/** Returns `inner`, a packet of either family, behind a GRE header. */
export function gre(outer: GreFields, inner: Uint8Array): Uint8Array {
  const { greChecksum = false, key, sequence } = outer;
  const words = [
    ...(greChecksum ? [0] : []),
    ...[key, sequence].filter((word) => word !== undefined),
  ];
  const header = new Uint8Array(4 + 4 * words.length);
  const view = new DataView(header.buffer);
  const flags = [
    greChecksum && 0x8000,
    key !== undefined && 0x2000,
    sequence !== undefined && 0x1000,
  ];
  view.setUint16(
    0,
    flags.reduce<number>((sum, flag) => sum + Number(flag), 0),
  );
  view.setUint16(2, isV6(inner) ? 0x86dd : 0x0800);
  for (const [index, word] of words.entries()) view.setUint32(4 + 4 * index, word);
  if (greChecksum) view.setUint16(4, internetChecksum(concat(header, inner)));
  return ip({ ...outer, protocol: 47, payload: concat(header, inner) });
}

/** Returns `inner`, a packet of either family, behind UDP and GUE headers. */
export function gue(outer: GueFields, inner: Uint8Array): Uint8Array {
  const fields = outer.gueFields ?? new Uint8Array(0);
  const header = Uint8Array.of(fields.length / 4, isV6(inner) ? 41 : 4, 0, 0);
  return udp({ ...outer, payload: concat(header, fields, inner) });
}

function isV6(packet: Uint8Array): boolean {
  return packet[0]! >>> 4 === 6;
}
