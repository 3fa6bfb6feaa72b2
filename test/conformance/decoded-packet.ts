/**
 * Packets as the recordings write them briefly: `TCP 10.1.2.3:1001>10.0.0.100:80 S len=0`.
 *
 * @module
 */
import { tcp, udp } from "../support/packet.ts";
import { dotted } from "./recording.ts";

const FLAGS = "FSRPAUEC";
const BRIEF = /^(TCP|UDP) (\S+)>(\S+)(?: ([FSRPAUEC-]+))? len=(\d+)/;

/** Returns a packet that is written so. */
export function encode(text: string): Uint8Array {
  const [, protocol, from = "", to = "", flags = "", length = "0"] = BRIEF.exec(text) ?? [];
  const payload = new Uint8Array(Number(length));
  if (protocol === "UDP") return udp({ from, to, payload });
  if (protocol !== "TCP") throw new Error(`Cannot make a packet of "${text}"`);
  return tcp({ from, to, flags: flags.replace("-", ""), payload });
}

/** Returns how a packet is written. */
export function decode(packet: Uint8Array): string {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const at = (view.getUint8(0) & 15) * 4;
  const from = dotted(view.getUint32(12));
  const to = dotted(view.getUint32(16));
  const ends = () => `${from}:${view.getUint16(at)}>${to}:${view.getUint16(at + 2)}`;
  switch (view.getUint8(9)) {
    case 1: {
      const rest = view
        .getUint32(at + 4)
        .toString(16)
        .padStart(8, "0");
      const head = `type=${view.getUint8(at)} code=${view.getUint8(at + 1)} rest=${rest}`;
      return `ICMP ${from}>${to} ${head} {${decode(packet.subarray(at + 8))}}`;
    }
    case 4:
      return `IPIP ${from}>${to} {${decode(packet.subarray(at))}}`;
    case 6: {
      const bits = view.getUint8(at + 13);
      const flags = [...FLAGS].filter((_flag, bit) => (bits & (1 << bit)) !== 0).join("");
      const length = packet.length - at - (view.getUint8(at + 12) >>> 4) * 4;
      return `TCP ${ends()} ${flags || "-"} len=${length}`;
    }
    case 17:
      return `UDP ${ends()} len=${packet.length - at - 8}`;
    default:
      return `IP ${from}>${to} proto=${view.getUint8(9)}`;
  }
}
