/**
 * Packets straight from links, by rings of memory shared with the kernel.
 *
 * A filter in the kernel keeps from the rings what is not to or from an address that is selected. Packets come
 * as long as whoever sent them made them, up to 64 KiB, with checksums yet to be completed, and stay in the
 * ring until the next batch.
 *
 * @module
 */
import type { Family } from "../src/net/address.ts";
import {
  type BpfInstruction,
  end,
  ifEqual,
  loadInterface,
  loadKind,
  loadNetwork,
} from "../src/wire/bpf.ts";
import type { Frame } from "../src/wire/frame.ts";
import type { Link } from "../src/wire/rtnetlink.ts";
import * as virtioNet from "../src/wire/virtio-net.ts";
import { Drops } from "./drops.ts";
import type { LinkSource } from "./link-source.ts";
import type { PacketSelection } from "./packet-selection.ts";
import { type PairSize, RingPair } from "./ring-pair.ts";
import type { PacketRing } from "./sys/packet-ring.ts";

/** Unless told otherwise: 2048 short packets, and 240 of any length. */
const SIZE: PairSize = { short: 4, long: 16 };

/** Addresses and interfaces a filter names at most; beyond, all packets are looked at here. */
const MOST_ADDRESSES = 1000;
const MOST_INTERFACES = 200;

/** Where IP headers have the last word of source and destination. */
const LAST_WORD: Readonly<Record<Family, { readonly from: number; readonly to: number }>> = {
  4: { from: 12, to: 16 },
  6: { from: 20, to: 36 },
};

/** The rings of a family. */
interface FamilyRings {
  readonly family: Family;
  readonly pair: RingPair;
}

/** Rings of all links of this network namespace, for each family. */
export class RingSource implements LinkSource {
  readonly #selection: PacketSelection;
  readonly #size: PairSize;
  readonly #drops = new Drops();
  readonly #rings: FamilyRings[] = [];
  /** Slots the frames of the last batch are in, their rings, and the frames they are in the place of. */
  readonly #lent: number[] = [];
  readonly #lenders: PacketRing[] = [];
  readonly #displaced: Frame[] = [];
  /** Indexes of the interfaces packets are taken from. */
  readonly #interfaces = new Set<number>();
  /** The same, and changes of the selection, the filters are for. */
  #indexes = "";
  #addressChanges = -1;
  #lost = 0;

  /**
   * Opens the rings for IPv4; those for IPv6 open with the first selector of that family.
   *
   * @throws SystemError when the host refuses; Error without koffi
   */
  constructor(selection: PacketSelection, size: PairSize = SIZE) {
    this.#selection = selection;
    this.#size = size;
    this.#openRings(4);
  }

  get fds(): readonly number[] {
    return this.#rings.flatMap(({ pair }) => pair.fds);
  }

  get drops(): Readonly<Record<string, number>> {
    for (const { pair } of this.#rings) this.#lost += pair.lost();
    return { ...this.#drops.counts, "ring-full": this.#lost };
  }

  takeFrom(links: readonly Link[]): void {
    const { addressChanges } = this.#selection;
    const indexes = links.map(({ index }) => index);
    const text = indexes.join(" ");
    if (text === this.#indexes && addressChanges === this.#addressChanges) return;
    this.#indexes = text;
    this.#addressChanges = addressChanges;
    this.#interfaces.clear();
    for (const index of indexes) this.#interfaces.add(index);
    const { requests, replies } = this.#selection.addresses(6);
    if (requests.length + replies.length > 0 && this.#rings.length === 1) this.#openRings(6);
    for (const { family, pair } of this.#rings) pair.filter(this.#filterFor(family));
  }

  receive(batch: Frame[]): number {
    this.giveBack(batch);
    let count = 0;
    for (const { pair } of this.#rings) count = this.#receiveFrom(pair, batch, count);
    return count;
  }

  giveBack(batch: Frame[]): void {
    const lent = this.#lent;
    for (let index = 0; index < lent.length; index++) {
      this.#lenders[index]!.give(lent[index]!);
      // The kernel may fill the slot from now on; nobody else is to.
      batch[index] = this.#displaced[index]!;
    }
    lent.length = 0;
    this.#lenders.length = 0;
    this.#displaced.length = 0;
  }

  close(): void {
    for (const { pair } of this.#rings) pair.close();
  }

  #openRings(family: Family): void {
    const pair = new RingPair(family, this.#size);
    this.#rings.push({ family, pair });
    pair.filter(this.#filterFor(family));
    pair.listen();
  }

  #receiveFrom(pair: RingPair, batch: Frame[], from: number): number {
    let count = from;
    // Also what is passed over must not keep others waiting.
    for (let looked = 0; looked < pair.slots && count < batch.length; looked++) {
      const taken = pair.take();
      if (taken === undefined) break;
      const { ring, frames } = taken;
      const frame = frames[ring.received.slot]!;
      if (this.#isWanted(ring, frame)) {
        this.#lent.push(ring.received.slot);
        this.#lenders.push(ring);
        this.#displaced.push(batch[count]!);
        batch[count++] = frame;
      } else ring.give(ring.received.slot);
    }
    return count;
  }

  /** Sets the frame's window on the packet received, and returns whether it is the director's. */
  #isWanted({ received }: PacketRing, frame: Frame): boolean {
    if (!this.#interfaces.has(received.interfaceIndex)) return false;
    frame.start = received.packet;
    frame.end = received.end;
    if (!this.#selection.has(frame)) return false;
    frame.mark = 0;
    frame.fragmentSize = 0;
    frame.fragmentsDontFragment = false;
    frame.innerStart = 0;
    frame.fromLink = true;
    if (!received.whole) {
      this.#drops.add("cut-off");
      return false;
    }
    if (virtioNet.read(frame, received.offload, received.link)) return true;
    this.#drops.add("unknown-offload");
    return false;
  }

  /** Lets pass what is for this host by one of the interfaces, and to or from a selected address. */
  #filterFor(family: Family): readonly BpfInstruction[] {
    const indexes = [...this.#interfaces];
    const { requests, replies } = this.#selection.addresses(family);
    if (indexes.length === 0 || requests.length + replies.length === 0) return [end(false)];
    const forThisHost = [loadKind(), ifEqual(0, 1, 0), end(false)];
    const byInterface =
      indexes.length > MOST_INTERFACES
        ? []
        : [
            loadInterface(),
            ...indexes.map((index, at) => ifEqual(index, indexes.length - at, 0)),
            end(false),
          ];
    if (requests.length + replies.length > MOST_ADDRESSES) {
      return [...forThisHost, ...byInterface, end(true)];
    }
    const { from, to } = LAST_WORD[family];
    const last = family === 4 ? 0 : 3;
    const takes = (word: number): readonly BpfInstruction[] => [ifEqual(word, 0, 1), end(true)];
    return [
      ...forThisHost,
      ...byInterface,
      loadNetwork(to),
      ...requests.flatMap(({ words }) => takes(words[last]!)),
      loadNetwork(from),
      ...replies.flatMap(({ words }) => takes(words[last]!)),
      end(false),
    ];
  }
}
