/**
 * TCP segments and UDP datagrams as text, in the words of tcpdump(8) with `-S`.
 *
 * Ports are told with the addresses. Accepts any bytes `[at, end)`; what is missing shows as `[|tcp]`.
 *
 * @module
 */
import * as tcp from "./tcp.ts";
import * as udp from "./udp.ts";

/** Letters of the flags in the order tcpdump writes them. */
const FLAG_LETTERS: readonly (readonly [bit: number, letter: string])[] = [
  [tcp.FIN, "F"],
  [tcp.SYN, "S"],
  [tcp.RST, "R"],
  [tcp.PSH, "P"],
  [tcp.ACK, "."],
  [tcp.URG, "U"],
  [tcp.ECE, "E"],
  [tcp.CWR, "W"],
];
/** Place of the urgent pointer in a TCP header; only told, never decided on. */
const URGENT_POINTER = 18;

/** Returns what the TCP segment in `[at, end)` says. */
export function tcpText(view: DataView, at: number, end: number): string {
  if (!tcp.isWhole(at, end)) return "[|tcp]";
  const header = tcp.headerLength(view, at);
  if (header < tcp.HEADER_LENGTH) return `tcp, bad-hlen ${header}`;
  if (at + header > end) return "[|tcp]";
  const flags = tcp.flags(view, at);
  const letters = FLAG_LETTERS.filter(([bit]) => flags & bit).map(([, letter]) => letter);
  const length = end - at - header;
  const said = [`Flags [${letters.join("") || "none"}]`];
  const sequence = tcp.sequence(view, at);
  if (length > 0) said.push(`seq ${sequence}:${(sequence + length) >>> 0}`);
  else if (flags & (tcp.SYN | tcp.FIN | tcp.RST)) said.push(`seq ${sequence}`);
  if (flags & tcp.ACK) said.push(`ack ${tcp.acknowledgment(view, at)}`);
  said.push(`win ${tcp.window(view, at)}`);
  if (flags & tcp.URG) said.push(`urg ${view.getUint16(at + URGENT_POINTER)}`);
  const options = optionTexts(view, at + tcp.HEADER_LENGTH, at + header);
  if (options.length > 0) said.push(`options [${options.join(",")}]`);
  return `${said.join(", ")}, length ${length}`;
}

/** Returns the options in `[at, end)`; a broken one ends the list. Source: RFC 9293 §3.2, RFC 7323. */
function optionTexts(view: DataView, at: number, end: number): string[] {
  const texts: string[] = [];
  while (at < end) {
    const kind = view.getUint8(at);
    if (kind === 0) return [...texts, "eol"];
    if (kind === 1) {
      texts.push("nop");
      at++;
      continue;
    }
    const length = at + 2 <= end ? view.getUint8(at + 1) : 0;
    if (length < 2 || at + length > end) return [...texts, "[bad opt]"];
    texts.push(optionText(view, at, kind, length));
    at += length;
  }
  return texts;
}

function optionText(view: DataView, at: number, kind: number, length: number): string {
  if (kind === 2 && length === 4) return `mss ${view.getUint16(at + 2)}`;
  if (kind === 3 && length === 3) return `wscale ${view.getUint8(at + 2)}`;
  if (kind === 4 && length === 2) return "sackOK";
  if (kind === 8 && length === 10) {
    return `TS val ${view.getUint32(at + 2)} ecr ${view.getUint32(at + 6)}`;
  }
  return `unknown-${kind}`;
}

/** Returns what the UDP datagram in `[at, end)` says. */
export function udpText(view: DataView, at: number, end: number): string {
  if (!udp.isWhole(at, end)) return "[|udp]";
  const length = udp.length(view, at);
  return length < udp.HEADER_LENGTH
    ? `UDP, bad length ${length}`
    : `UDP, length ${length - udp.HEADER_LENGTH}`;
}
