/**
 * Two rings for the packets of one family: one of short slots, one of slots for packets of any length.
 *
 * The kernel fills the slots of a ring one after the other, so all of a ring's memory passes through the caches,
 * again and again. Slots that all had room for the longest packet would have to be few, and lose short packets
 * that come in a burst, or so many that no cache holds them.
 *
 *     packets --kind--+--> short slots --+--time--> in the order they came
 *                     +--> long slots ---+
 *
 * A fragment gets a long slot whatever its length: the last of them becomes the whole packet where it is.
 *
 * @module
 */
import type { Family } from "../src/net/address.ts";
import { TCP, UDP } from "../src/net/protocol.ts";
import {
  type BpfInstruction,
  end,
  ifEqual,
  ifGreater,
  keep,
  loadLength,
  loadNetwork,
} from "../src/wire/bpf.ts";
import { ETHER_TYPE } from "../src/wire/ethernet.ts";
import { Frame } from "../src/wire/frame.ts";
import { LONG_SLOT, PacketRing, SHORT_FRAME, SHORT_SLOT } from "./sys/packet-ring.ts";

/** Sizes of the two rings, in MiB. */
export interface PairSize {
  /** 512 packets each. */
  readonly short: number;
  /** 15 packets each. */
  readonly long: number;
}

/** A ring and the frames its slots are. */
export interface SlottedRing {
  readonly ring: PacketRing;
  readonly frames: readonly Frame[];
}

/** Second word of an IPv4 header: flag of more fragments, and offset. */
const FRAGMENT4 = 0x3fff;
/** Second word of an IPv6 header: the next header, in bits 8 to 15. */
const NEXT_HEADER = 8;

/** Receives packets of one family. */
export class RingPair {
  readonly #family: Family;
  readonly #short: SlottedRing;
  readonly #long: SlottedRing;

  /**
   * Makes rings that receive nothing before `listen`.
   *
   * @throws SystemError when the host refuses; Error without koffi
   */
  constructor(family: Family, size: PairSize) {
    this.#family = family;
    const etherType = family === 4 ? ETHER_TYPE.ipv4 : ETHER_TYPE.ipv6;
    this.#short = slotted(PacketRing.open(etherType, { slotSize: SHORT_SLOT, blocks: size.short }));
    try {
      this.#long = slotted(PacketRing.open(etherType, { slotSize: LONG_SLOT, blocks: size.long }));
    } catch (error) {
      this.#short.ring.close();
      throw error;
    }
  }

  /** Descriptors to wait for. */
  get fds(): readonly number[] {
    return [this.#short.ring.fd, this.#long.ring.fd];
  }

  /** Frames both rings have room for. */
  get slots(): number {
    return this.#short.ring.slots + this.#long.ring.slots;
  }

  /**
   * Receives from now on what a filter lets pass.
   *
   * @throws SystemError when the kernel refuses the filter
   */
  filter(filter: readonly BpfInstruction[]): void {
    this.#short.ring.filter([...shortOnly(this.#family), ...filter]);
    this.#long.ring.filter([...longOnly(this.#family), ...filter]);
  }

  /** Begins to receive, from all links. */
  listen(): void {
    this.#short.ring.listen();
    this.#long.ring.listen();
  }

  /**
   * Takes the frame that has come first of those that wait.
   *
   * @returns its ring, which has it in `received`, or `undefined` when none waits
   */
  take(): SlottedRing | undefined {
    const next = this.#next();
    next?.ring.take();
    return next;
  }

  /** Returns how many frames found no free slot since this was last asked. */
  lost(): number {
    return this.#short.ring.lost() + this.#long.ring.lost();
  }

  close(): void {
    this.#short.ring.close();
    this.#long.ring.close();
  }

  /**
   * Of frames that came by one processor, an earlier one shows before a later one does: the ring of an earlier one is
   * looked at once more after a later one was seen.
   */
  #next(): SlottedRing | undefined {
    const short = this.#short;
    const long = this.#long;
    const waits = short.ring.waits();
    if (!long.ring.waits()) return waits ? short : undefined;
    return (waits || short.ring.waits()) && short.ring.isAheadOf(long.ring) ? short : long;
  }
}

/** Leaves what is too long, or may be a fragment. */
function shortOnly(family: Family): readonly BpfInstruction[] {
  const isShort = [loadLength(), ifGreater(SHORT_FRAME, 0, 1), end(false)];
  if (family === 4) {
    return [...isShort, loadNetwork(4), keep(FRAGMENT4), ifEqual(0, 1, 0), end(false)];
  }
  return [
    ...isShort,
    ...[loadNetwork(4), keep(0xff << NEXT_HEADER)],
    ...[ifEqual(TCP << NEXT_HEADER, 2, 0), ifEqual(UDP << NEXT_HEADER, 1, 0), end(false)],
  ];
}

/** Leaves what the other one takes. */
function longOnly(family: Family): readonly BpfInstruction[] {
  if (family === 4) {
    return [
      ...[loadLength(), ifGreater(SHORT_FRAME, 4, 0)],
      ...[loadNetwork(4), keep(FRAGMENT4), ifEqual(0, 0, 1), end(false)],
    ];
  }
  return [
    ...[loadLength(), ifGreater(SHORT_FRAME, 5, 0)],
    ...[loadNetwork(4), keep(0xff << NEXT_HEADER)],
    ...[ifEqual(TCP << NEXT_HEADER, 1, 0), ifEqual(UDP << NEXT_HEADER, 0, 1), end(false)],
  ];
}

function slotted(ring: PacketRing): SlottedRing {
  const { memory, slotSize } = ring;
  const frames = Array.from({ length: ring.slots }, (_, slot) => {
    const frame = new Frame(memory.bytes.subarray(slot * slotSize, (slot + 1) * slotSize));
    frame.address = ring.addressOf(slot);
    return frame;
  });
  return { ring, frames };
}
