/**
 * Puts the fragments of packets together, of both families.
 *
 * Data is kept in blocks of one arena, allocated with the first fragment and never larger, so that
 * fragments cannot use up memory: what does not fit is dropped. A packet whose fragments overlap is dropped
 * as a whole (RFC 5722 §3; IPv4 the same, as in the kernel), and so is one that is not complete in time.
 *
 *     packet      key, time, first fragment    ->  fragment   offset, length, first block   ->  block
 *                                                  next by offset                               next
 *
 * Source: RFC 791 §3.2, RFC 8200 §4.5; linux ip_fragment.c, net/ipv6/reassembly.c for limits and times.
 *
 * @module
 */
import type { Ticks } from "../base/clock.ts";
import { fold, sameWords } from "../net/address.ts";
import { hasPorts, ICMP } from "../net/protocol.ts";
import { type Frame, MAX_PACKET } from "../wire/frame.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as extensions from "../wire/ipv6-extensions.ts";
import { HOOK, type Packet } from "./packet.ts";
import { REASON } from "./verdict.ts";

/** `Reassembler.add` has put the packet together: its frame holds all of it. */
export const COMPLETE = -1;

/** Life of an incomplete packet, in seconds. Source: ip-sysctl.rst `ipfrag_time`, `ip6frag_time`. */
const SECONDS = { 4: 30, 6: 60 } as const;

/** Bytes of the arena. Source: ip-sysctl.rst `ipfrag_high_thresh`, its default. */
const ARENA = 4 * 1024 * 1024;
const BLOCK = 1024;
const BLOCKS = ARENA / BLOCK;
/** A fragment takes a block at least. */
const FRAGMENTS = BLOCKS;
const PACKETS = 1024;
const CHAINS = 256;
const NONE = -1;

/** One packet being put together. */
class Incomplete {
  readonly source = new Uint32Array(4);
  readonly destination = new Uint32Array(4);
  family: 4 | 6 = 4;
  protocol = 0;
  hook = 0;
  id = 0;
  begun: Ticks = 0;
  /** Fragments by offset. */
  first = NONE;
  /** Bytes of data that have come. */
  received = 0;
  /** Bytes of data there will be, or NONE before the last fragment has come. */
  total = NONE;
  /** Headers of the packet: those of the first fragment, in a block of their own, or NONE. */
  headerBlock = NONE;
  headerLength = 0;
  /** Lengths of the largest fragment, and of the largest that routers may not cut. */
  largest = 0;
  largestUncuttable = 0;
  /** Next in its chain, or of the free ones. */
  next: Incomplete | undefined;
}

/** The fragments one director keeps. */
export class Reassembler {
  readonly #ticksPerSecond: number;
  readonly #chains: (Incomplete | undefined)[] = new Array(CHAINS).fill(undefined);
  #freePackets: Incomplete | undefined;
  #packets = 0;
  #arena: Uint8Array | undefined;
  readonly #nextBlock = new Int32Array(BLOCKS);
  #freeBlock = NONE;
  readonly #offset = new Int32Array(FRAGMENTS);
  readonly #length = new Int32Array(FRAGMENTS);
  readonly #block = new Int32Array(FRAGMENTS);
  readonly #nextFragment = new Int32Array(FRAGMENTS);
  #freeFragment = NONE;

  constructor(ticksPerSecond: number) {
    this.#ticksPerSecond = ticksPerSecond;
  }

  /** Packets waiting for fragments. */
  get waiting(): number {
    return this.#packets;
  }

  /**
   * Takes the fragment that `packet` is.
   *
   * @returns COMPLETE when it was the last one missing: the packet's frame then holds the whole packet, and
   *   knows its fragments' size. Else the reason it ends here: `fragment` when it is kept, or why not
   */
  add(packet: Packet, now: Ticks): number {
    const arena = this.#open();
    const dataStart =
      packet.family === 4
        ? packet.transport
        : packet.fragmentHeader + extensions.FRAGMENT_HEADER_LENGTH;
    const present = packet.end - dataStart;
    // What an IPv4 fragment has beyond a multiple of 8 bytes is left out, as in the kernel.
    const length = packet.family === 4 && packet.moreFragments ? present & ~7 : present;
    const end = packet.fragmentOffset + length;
    if ((packet.moreFragments && (length & 7) !== 0) || length === 0 || end > MAX_PACKET) {
      return REASON["malformed-header"];
    }
    const chain = chainOf(packet);
    const incomplete = this.#find(packet, chain) ?? this.#begin(packet, chain, now);
    if (incomplete === undefined) return REASON["fragment-limit"];
    const outcome = this.#insert(arena, incomplete, packet, dataStart, length);
    if (outcome !== COMPLETE && outcome !== REASON.fragment) {
      this.#discard(incomplete, chain);
      return outcome;
    }
    if (incomplete.received !== incomplete.total || incomplete.headerBlock === NONE) {
      return REASON.fragment;
    }
    const fits = this.#assemble(arena, incomplete, packet);
    this.#discard(incomplete, chain);
    return fits ? COMPLETE : REASON["malformed-header"];
  }

  /**
   * Forgets packets whose time is over and returns how many.
   *
   * @param into takes, one after the other, the first fragments there are of them, for `lost`
   * @param lost called with each: who sent it may be told
   */
  expire(now: Ticks, into?: Frame, lost?: () => void): number {
    let expired = 0;
    if (this.#packets === 0) return 0;
    for (let chain = 0; chain < CHAINS; chain++) {
      let entry = this.#chains[chain];
      while (entry !== undefined) {
        const { next } = entry;
        if (now - entry.begun >= SECONDS[entry.family] * this.#ticksPerSecond) {
          const told = into !== undefined && this.#copyFirst(entry, into);
          this.#discard(entry, chain);
          expired++;
          if (told) lost?.();
        }
        entry = next;
      }
    }
    return expired;
  }

  /** Writes the first fragment of a packet into a frame; `false` when it has not come. */
  #copyFirst(incomplete: Incomplete, into: Frame): boolean {
    const { first, headerBlock, headerLength, family } = incomplete;
    const arena = this.#arena;
    if (arena === undefined || headerBlock === NONE) return false;
    into.reset();
    const at = into.start;
    let data = at + headerLength;
    this.#load(arena, headerBlock, into.bytes, at, headerLength);
    if (family === 6) {
      const { protocol, id } = incomplete;
      extensions.writeFragmentHeader(into.view, data, protocol, 0, true, id);
      data += extensions.FRAGMENT_HEADER_LENGTH;
    }
    this.#load(arena, this.#block[first]!, into.bytes, data, this.#length[first]!);
    into.end = data + this.#length[first]!;
    return true;
  }

  /** Allocates everything, the first time. */
  #open(): Uint8Array {
    if (this.#arena !== undefined) return this.#arena;
    for (let block = 0; block < BLOCKS; block++) this.#nextBlock[block] = block + 1;
    this.#nextBlock[BLOCKS - 1] = NONE;
    this.#freeBlock = 0;
    for (let fragment = 0; fragment < FRAGMENTS; fragment++) {
      this.#nextFragment[fragment] = fragment + 1;
    }
    this.#nextFragment[FRAGMENTS - 1] = NONE;
    this.#freeFragment = 0;
    for (let packet = 0; packet < PACKETS; packet++) {
      const made = new Incomplete();
      made.next = this.#freePackets;
      this.#freePackets = made;
    }
    this.#arena = new Uint8Array(ARENA);
    return this.#arena;
  }

  #find(packet: Packet, chain: number): Incomplete | undefined {
    const id = idOf(packet);
    for (let entry = this.#chains[chain]; entry !== undefined; entry = entry.next) {
      if (
        entry.id === id &&
        entry.family === packet.family &&
        entry.hook === packet.hook &&
        (packet.family === 6 || entry.protocol === packet.protocol) &&
        sameWords(entry.source, packet.source) &&
        sameWords(entry.destination, packet.destination)
      ) {
        return entry;
      }
    }
    return undefined;
  }

  #begin(packet: Packet, chain: number, now: Ticks): Incomplete | undefined {
    const made = this.#freePackets;
    if (made === undefined) return undefined;
    this.#freePackets = made.next;
    made.source.set(packet.source);
    made.destination.set(packet.destination);
    made.family = packet.family;
    made.protocol = packet.protocol;
    made.hook = packet.hook;
    made.id = idOf(packet);
    made.begun = now;
    made.first = NONE;
    made.received = 0;
    made.total = NONE;
    made.headerBlock = NONE;
    made.headerLength = 0;
    made.largest = 0;
    made.largestUncuttable = 0;
    made.next = this.#chains[chain];
    this.#chains[chain] = made;
    this.#packets++;
    return made;
  }

  /** Puts one fragment in its place; returns `fragment`, or why the whole packet is to be dropped. */
  #insert(
    arena: Uint8Array,
    incomplete: Incomplete,
    packet: Packet,
    dataStart: number,
    length: number,
  ): number {
    const offset = packet.fragmentOffset;
    const end = offset + length;
    if (!packet.moreFragments) {
      if (incomplete.total !== NONE && incomplete.total !== end) return REASON["fragment-overlap"];
      incomplete.total = end;
    }
    if (incomplete.total !== NONE && end > incomplete.total) return REASON["fragment-overlap"];

    let before = NONE;
    let after = incomplete.first;
    while (after !== NONE && this.#offset[after]! < offset) {
      before = after;
      after = this.#nextFragment[after]!;
    }
    if (after !== NONE && this.#offset[after] === offset && this.#length[after] === length) {
      // The same once more: a repetition in the network.
      return REASON.fragment;
    }
    const overlapsBefore =
      before !== NONE && this.#offset[before]! + this.#length[before]! > offset;
    const overlapsAfter = after !== NONE && this.#offset[after]! < end;
    if (overlapsBefore || overlapsAfter) return REASON["fragment-overlap"];

    const block = this.#store(arena, packet, dataStart, length);
    const fragment = this.#freeFragment;
    if (block === NONE || fragment === NONE) {
      this.#freeBlocks(block);
      return REASON["fragment-limit"];
    }
    this.#freeFragment = this.#nextFragment[fragment]!;
    this.#offset[fragment] = offset;
    this.#length[fragment] = length;
    this.#block[fragment] = block;
    this.#nextFragment[fragment] = after;
    if (before === NONE) incomplete.first = fragment;
    else this.#nextFragment[before] = fragment;
    incomplete.received += length;
    this.#noteSize(incomplete, packet);
    if (offset !== 0) return REASON.fragment;

    const headerEnd = packet.family === 4 ? packet.transport : packet.fragmentHeader;
    incomplete.headerLength = headerEnd - packet.network;
    incomplete.headerBlock = this.#store(arena, packet, packet.network, incomplete.headerLength);
    incomplete.protocol =
      packet.family === 4 ? packet.protocol : packet.view.getUint8(packet.fragmentHeader);
    return incomplete.headerBlock === NONE ? REASON["fragment-limit"] : REASON.fragment;
  }

  #noteSize(incomplete: Incomplete, packet: Packet): void {
    const { view, network, length, family } = packet;
    incomplete.largest = Math.max(incomplete.largest, length);
    if (family === 4 && ipv4.dontFragment(view, network)) {
      incomplete.largestUncuttable = Math.max(incomplete.largestUncuttable, length);
    }
  }

  /** Copies bytes of a packet into blocks and returns the first, or NONE when too few are free. */
  #store(arena: Uint8Array, packet: Packet, from: number, length: number): number {
    let first = NONE;
    let last = NONE;
    for (let done = 0; done < length; done += BLOCK) {
      const block = this.#freeBlock;
      if (block === NONE) {
        this.#freeBlocks(first);
        return NONE;
      }
      this.#freeBlock = this.#nextBlock[block]!;
      this.#nextBlock[block] = NONE;
      if (first === NONE) first = block;
      else this.#nextBlock[last] = block;
      last = block;
      const { bytes } = packet.frame;
      const end = Math.min(length, done + BLOCK);
      for (let at = done; at < end; at++) arena[block * BLOCK + at - done] = bytes[from + at]!;
    }
    return first;
  }

  /** Writes the whole packet into the frame of its last fragment; `false` when it is too long. */
  #assemble(arena: Uint8Array, incomplete: Incomplete, packet: Packet): boolean {
    const { frame } = packet;
    const at = frame.start;
    const end = at + incomplete.headerLength + incomplete.total;
    if (end - at > MAX_PACKET || end > frame.bytes.length) return false;
    this.#load(arena, incomplete.headerBlock, frame.bytes, at, incomplete.headerLength);
    const data = at + incomplete.headerLength;
    for (let part = incomplete.first; part !== NONE; part = this.#nextFragment[part]!) {
      const to = data + this.#offset[part]!;
      this.#load(arena, this.#block[part]!, frame.bytes, to, this.#length[part]!);
    }
    frame.end = end;
    frame.fragmentSize = incomplete.largest;
    if (incomplete.family === 6) {
      writeNextHeader(frame.view, at, incomplete.protocol);
      ipv6.setPayloadLength(frame.view, at, end - at - ipv6.HEADER_LENGTH);
    } else {
      const uncuttable = incomplete.largestUncuttable === incomplete.largest;
      frame.fragmentsDontFragment = uncuttable;
      ipv4.setTotalLength(frame.view, at, end - at);
      ipv4.setFragment(frame.view, at, uncuttable ? ipv4.DONT_FRAGMENT : 0);
      ipv4.updateHeaderChecksum(frame.view, at);
    }
    return true;
  }

  #load(arena: Uint8Array, block: number, bytes: Uint8Array, to: number, length: number): void {
    for (let done = 0; done < length; done += BLOCK) {
      const end = Math.min(length, done + BLOCK);
      for (let at = done; at < end; at++) bytes[to + at] = arena[block * BLOCK + at - done]!;
      block = this.#nextBlock[block]!;
    }
  }

  #discard(incomplete: Incomplete, chain: number): void {
    let part = incomplete.first;
    while (part !== NONE) {
      const next = this.#nextFragment[part]!;
      this.#freeBlocks(this.#block[part]!);
      this.#nextFragment[part] = this.#freeFragment;
      this.#freeFragment = part;
      part = next;
    }
    this.#freeBlocks(incomplete.headerBlock);
    if (this.#chains[chain] === incomplete) {
      this.#chains[chain] = incomplete.next;
    } else {
      let before = this.#chains[chain]!;
      while (before.next !== incomplete) before = before.next!;
      before.next = incomplete.next;
    }
    incomplete.next = this.#freePackets;
    this.#freePackets = incomplete;
    this.#packets--;
  }

  #freeBlocks(first: number): void {
    let block = first;
    while (block !== NONE) {
      const next = this.#nextBlock[block]!;
      this.#nextBlock[block] = this.#freeBlock;
      this.#freeBlock = block;
      block = next;
    }
  }
}

function idOf(packet: Packet): number {
  return packet.family === 4
    ? ipv4.id(packet.view, packet.network)
    : extensions.fragmentId(packet.view, packet.fragmentHeader);
}

function chainOf(packet: Packet): number {
  const ends = fold(packet.source) ^ fold(packet.destination);
  return Math.imul(ends ^ idOf(packet), 0x9e3779b1) >>> 24;
}

/** Puts the number of what was fragmented in the place of the fragment header's own. */
function writeNextHeader(view: DataView, at: number, number: number): void {
  let pointer = at + 6;
  let header = at + ipv6.HEADER_LENGTH;
  while (view.getUint8(pointer) !== extensions.FRAGMENT) {
    const authentication = view.getUint8(pointer) === extensions.AUTHENTICATION;
    pointer = header;
    const units = view.getUint8(header + 1);
    header += authentication ? (units + 2) * 4 : (units + 1) * 8;
  }
  view.setUint8(pointer, number);
}

/**
 * Whether the packet, if it is a fragment, is put together with the others first: of IPv4 what is for
 * this host, and what may belong to a connection; of IPv6 everything, as its ports are in one fragment
 * only and hosts that balance it defragment all.
 */
export function mustBeWhole(packet: Packet): boolean {
  if (!packet.fragment) return false;
  if (packet.family === 6 || packet.hook !== HOOK.forward) return true;
  return hasPorts(packet.protocol) || packet.protocol === ICMP;
}
