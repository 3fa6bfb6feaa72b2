/**
 * IPv6 headers as text, in the words of tcpdump(8): the fixed header's fields and the extension headers.
 *
 * Accepts any bytes `[at, end)`; an extension header that is cut short shows as `[|hbhopt]`.
 *
 * @module
 */
import * as protocols from "../net/protocol.ts";
import * as ipv6 from "./ipv6.ts";
import * as extensions from "./ipv6-extensions.ts";
import { authenticationLength, authenticationText } from "./text-ipsec.ts";
import { hexText } from "./text-words.ts";

/** What extension headers are called, whole and cut short. */
const EXTENSIONS: ReadonlyMap<number, readonly [name: string, cut: string]> = new Map([
  [extensions.HOP_BY_HOP, ["HBH", "[|hbhopt]"]],
  [extensions.ROUTING, ["srcrt", "[|srcrt]"]],
  [extensions.FRAGMENT, ["frag", "[|frag]"]],
  [extensions.AUTHENTICATION, ["AH", "[|ah]"]],
  [extensions.DESTINATION_OPTIONS, ["DSTOPT", "[|dstopt]"]],
]);
/** Names of next headers in the fields of the fixed one. */
const NEXT_HEADERS: ReadonlyMap<number, string> = new Map([
  [extensions.HOP_BY_HOP, "Options"],
  [protocols.IPIP, "IPIP"],
  [protocols.TCP, "TCP"],
  [protocols.UDP, "UDP"],
  [protocols.IPV6_IN_IP, "IPv6"],
  [extensions.ROUTING, "Routing"],
  [extensions.FRAGMENT, "Fragment"],
  [protocols.GRE, "GRE"],
  [protocols.ESP, "ESP"],
  [extensions.AUTHENTICATION, "AH"],
  [protocols.ICMPV6, "ICMPv6"],
  [extensions.DESTINATION_OPTIONS, "Options"],
  [protocols.SCTP, "SCTP"],
]);
const LEAST_LENGTH = 8;

/** Returns the fields of the fixed header at `at`, as `-v` writes them; zeros are left out. */
export function ipv6Fields(view: DataView, at: number): string {
  const trafficClass = ipv6.trafficClass(view, at);
  const label = ipv6.flowLabel(view, at);
  const next = ipv6.nextHeader(view, at);
  const fields = [
    ...(trafficClass === 0 ? [] : [`class ${hexText(trafficClass, 2)}`]),
    ...(label === 0 ? [] : [`flowlabel ${hexText(label, 5)}`]),
    `hlim ${ipv6.hopLimit(view, at)}`,
    `next-header ${NEXT_HEADERS.get(next) ?? "unknown"} (${next})`,
  ];
  return `(${fields.join(", ")} payload length: ${ipv6.payloadLength(view, at)})`;
}

/** What the extension headers of a packet say. */
export interface ExtensionsText {
  /** Each of them, with a space before it; empty where there are none. */
  readonly text: string;
  /** Number of what follows them, and its first byte. */
  readonly protocol: number;
  readonly transport: number;
  /** Whether there is no more to tell: in a later fragment, or behind a header cut short. */
  readonly ended: boolean;
}

/** Returns what the extension headers in the packet `[at, end)` say. */
export function extensionsText(
  view: DataView,
  at: number,
  end: number,
  verbose: boolean,
): ExtensionsText {
  let protocol = ipv6.nextHeader(view, at);
  let transport = at + ipv6.HEADER_LENGTH;
  let text = "";
  let ended = false;
  for (let names = EXTENSIONS.get(protocol); names && !ended; names = EXTENSIONS.get(protocol)) {
    const [name, cut] = names;
    const length = lengthOf(view, transport, end, protocol);
    if (length === undefined) return { text: `${text} ${cut}`, protocol, transport, ended: true };
    if (protocol === extensions.FRAGMENT) {
      const offset = extensions.fragmentOffset(view, transport);
      const id = verbose ? `${hexText(extensions.fragmentId(view, transport), 8)}:` : "";
      text += ` frag (${id}${offset}|${end - transport - length})`;
      ended = offset > 0;
    } else if (protocol === extensions.AUTHENTICATION) {
      text += ` ${authenticationText(view, transport, end)}:`;
    } else if (protocol === extensions.ROUTING) {
      text += ` ${name} (${routingFields(view, transport)})`;
    } else {
      text += ` ${name}`;
    }
    protocol = view.getUint8(transport);
    transport += length;
  }
  return { text, protocol, transport, ended };
}

/** Returns the length of an extension header in bytes, or `undefined` when it is cut short. */
function lengthOf(view: DataView, at: number, end: number, number: number): number | undefined {
  if (number === extensions.AUTHENTICATION) return authenticationLength(view, at, end);
  if (end - at < LEAST_LENGTH) return undefined;
  const length = extensions.lengthOf(view, at, number);
  return at + length <= end ? length : undefined;
}

/** Length as it stands in the header, in 8 bytes; routing type; segments left (RFC 8200 §4.4). */
function routingFields(view: DataView, at: number): string {
  const [length, type, left] = [1, 2, 3].map((place) => view.getUint8(at + place));
  return `len=${length}, type=${type}, segleft=${left}`;
}
