/**
 * Which packets the host hands over, for a device that sees them all: the same that capture-rules.ts has the
 * host select, but for firewall marks, which only the host knows.
 *
 * Two look-ups a packet, by its destination and its source.
 *
 * @module
 */
import {
  type Address,
  type AddressWords,
  type Family,
  fold,
  sameWords,
} from "../src/net/address.ts";
import { hasPorts } from "../src/net/protocol.ts";
import type { Frame } from "../src/wire/frame.ts";
import * as ipv4 from "../src/wire/ipv4.ts";
import * as ipv6 from "../src/wire/ipv6.ts";
import { newWalk, walk } from "../src/wire/ipv6-extensions.ts";
import type { Selector } from "./capture-rules.ts";

/** Ports no packet has stand for any port, and for fragments. */
const ANY = 0;
const FRAGMENTS = 0x10000;
/** Ports of a protocol, those that stand for others included. */
const PROTOCOL = 0x20000;

/** An address and what is selected of it, by `PROTOCOL` × protocol + port. */
interface Selected {
  readonly family: Family;
  readonly words: Readonly<AddressWords>;
  readonly requests: Set<number>;
  readonly replies: Set<number>;
}

/** The packets selected. */
export class PacketSelection {
  /** By folded address. */
  readonly #addresses = new Map<number, Selected[]>();
  readonly #words = new Uint32Array(4);
  readonly #walk = newWalk();
  #addressChanges = 0;

  /** How often addresses came or went: where this is the same, so are `addresses`. */
  get addressChanges(): number {
    return this.#addressChanges;
  }

  /** Addresses something is selected of: those requests go to, and those replies come from. */
  addresses(family: Family): { readonly requests: Address[]; readonly replies: Address[] } {
    const found = { requests: [] as Address[], replies: [] as Address[] };
    for (const list of this.#addresses.values()) {
      for (const { family: own, words, requests, replies } of list) {
        if (own !== family) continue;
        if (requests.size > 0) found.requests.push({ family, words });
        if (replies.size > 0) found.replies.push({ family, words });
      }
    }
    return found;
  }

  /** Whether requests to an address are selected. */
  isRequested(family: Family, address: Readonly<AddressWords>): boolean {
    this.#words.set(address);
    return (this.#find(family)?.requests.size ?? 0) > 0;
  }

  /** Adds a selector of requests or replies. */
  add(selector: Selector): void {
    const ports = this.#portsOf(selector, true);
    if (ports === undefined) return;
    if (ports.size === 0) this.#addressChanges++;
    ports.add(keyOf(selector));
  }

  /** Removes one. */
  remove(selector: Selector): void {
    const ports = this.#portsOf(selector, false);
    if (ports === undefined || !ports.delete(keyOf(selector)) || ports.size > 0) return;
    this.#addressChanges++;
    const { address } = selector;
    const key = fold(address?.words ?? this.#words) | 0;
    const rest = this.#addresses
      .get(key)
      ?.filter((each) => each.requests.size + each.replies.size > 0);
    if (rest === undefined || rest.length === 0) this.#addresses.delete(key);
    else this.#addresses.set(key, rest);
  }

  /** Whether the packet in a frame is selected. */
  has(frame: Frame): boolean {
    const { view, start, end } = frame;
    return ipv4.version(view, start) === 4
      ? this.#has4(view, start, end)
      : this.#has6(view, start, end);
  }

  /** Whether a packet goes where requests are selected to, or comes from where replies are from. */
  concerns({ view, start, end }: Frame): boolean {
    const words = this.#words;
    if (ipv4.isWhole(view, start, end)) {
      words.fill(0);
      words[0] = ipv4.dst(view, start);
      if ((this.#find(4)?.requests.size ?? 0) > 0) return true;
      words[0] = ipv4.src(view, start);
      return (this.#find(4)?.replies.size ?? 0) > 0;
    }
    if (!ipv6.isWhole(view, start, end)) return false;
    ipv6.readDst(view, start, words);
    if ((this.#find(6)?.requests.size ?? 0) > 0) return true;
    ipv6.readSrc(view, start, words);
    return (this.#find(6)?.replies.size ?? 0) > 0;
  }

  #has4(view: DataView, start: number, end: number): boolean {
    if (end - start < ipv4.HEADER_LENGTH) return false;
    const protocol = ipv4.protocol(view, start);
    const isFragment = ipv4.isFragment(view, start);
    const transport = start + ipv4.headerLength(view, start);
    const words = this.#words;
    words[1] = 0;
    words[2] = 0;
    words[3] = 0;
    words[0] = ipv4.dst(view, start);
    const to = this.#find(4);
    words[0] = ipv4.src(view, start);
    const from = this.#find(4);
    return selects(to, from, protocol, isFragment, view, transport, end);
  }

  #has6(view: DataView, start: number, end: number): boolean {
    if (end - start < ipv6.HEADER_LENGTH || !walk(view, start, end, this.#walk)) return false;
    const { protocol, transport, fragmentOffset, moreFragments } = this.#walk;
    const isFragment = fragmentOffset !== 0 || moreFragments;
    ipv6.readDst(view, start, this.#words);
    const to = this.#find(6);
    ipv6.readSrc(view, start, this.#words);
    const from = this.#find(6);
    return selects(to, from, protocol, isFragment, view, transport, end);
  }

  #find(family: Family): Selected | undefined {
    const list = this.#addresses.get(fold(this.#words) | 0);
    if (list === undefined) return undefined;
    for (const selected of list) {
      if (selected.family === family && sameWords(selected.words, this.#words)) return selected;
    }
    return undefined;
  }

  #portsOf({ address, direction }: Selector, make: boolean): Set<number> | undefined {
    if (address === undefined || direction === "error") return undefined;
    this.#words.set(address.words);
    const { family, words } = address;
    let selected = this.#find(family);
    if (selected === undefined) {
      if (!make) return undefined;
      selected = { family, words, requests: new Set(), replies: new Set() };
      const key = fold(words) | 0;
      const list = this.#addresses.get(key);
      if (list === undefined) this.#addresses.set(key, [selected]);
      else list.push(selected);
    }
    return direction === "request" ? selected.requests : selected.replies;
  }
}

function keyOf({ protocol = 0, port, fragments }: Selector): number {
  return protocol * PROTOCOL + (port ?? (fragments ? FRAGMENTS : ANY));
}

function selects(
  to: Selected | undefined,
  from: Selected | undefined,
  protocol: number,
  isFragment: boolean,
  view: DataView,
  transport: number,
  end: number,
): boolean {
  if (to === undefined && from === undefined) return false;
  const base = protocol * PROTOCOL;
  if (to?.requests.has(base + ANY) || from?.replies.has(base + ANY)) return true;
  if (isFragment) {
    const key = base + FRAGMENTS;
    return (to?.requests.has(key) || from?.replies.has(key)) ?? false;
  }
  if (!hasPorts(protocol) || transport + 4 > end) return false;
  if (from?.replies.has(base + view.getUint16(transport))) return true;
  return to?.requests.has(base + view.getUint16(transport + 2)) ?? false;
}
