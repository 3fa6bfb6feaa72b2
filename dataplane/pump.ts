/**
 * The packet loop's one turn: inhale a batch, have it decided, exhale, let time pass.
 *
 * The pump also does what the host's forwarding does around a kernel's ip_vs: it tells packets for this
 * host from those passing through, and accounts for TTL or hop limit, here called hops. A host that has
 * forwarded a packet into the device has lowered its hops already; that is undone for requests, whose hops
 * the director lowers itself, and for packets given back, which the host will forward again. Such a host
 * could not compare a packet's length with its way's MTU either, as it forwarded it into the device.
 *
 * @module
 */
import type { Director } from "../src/engine/director.ts";
import type { Host } from "../src/engine/host.ts";
import { REASON, VERDICT, type Verdict } from "../src/engine/verdict.ts";
import type { AddressWords, Family } from "../src/net/address.ts";
import { UDP } from "../src/net/protocol.ts";
import { Frame } from "../src/wire/frame.ts";
import * as ipv4 from "../src/wire/ipv4.ts";
import * as ipv6 from "../src/wire/ipv6.ts";
import { segmentLength } from "../src/wire/offload.ts";
import type { Device, NextHop } from "./device.ts";
import { adjustHops, hopsOf } from "./hops.ts";

const BATCH = 64;

/** Connections whose timers are seen to between two batches. */
const MOST_TIMERS = 256;

/** Length that fits on every link, in bytes: RFC 791 §3.1 for what hosts accept, RFC 8200 §5. */
const FITS: Readonly<Record<Family, number>> = { 4: 576, 6: ipv6.LEAST_MTU };

/** What a pump is told, packet by packet; for tracing and replays. */
export type Witness = (frame: Frame, verdict: Verdict) => void;

/** Moves packets between a device and a director. */
export class Pump {
  readonly #director: Director;
  readonly #device: Device;
  readonly #host: Host;
  readonly #batch: Frame[];
  readonly #source = new Uint32Array(4);
  readonly #destination = new Uint32Array(4);
  /** Whether the ends were of IPv6 last. */
  #wide = false;
  readonly #nextHop: { family: Family; address: Readonly<AddressWords> };
  readonly #witness: Witness | undefined;
  /** Datagrams among the packets of the last turn. */
  #datagrams = 0;
  #flooded = false;

  /**
   * @param host the host around the device, the same the director knows
   * @param witness called after each packet was decided, before it is sent
   */
  constructor(director: Director, device: Device, host: Host, witness?: Witness) {
    this.#director = director;
    this.#device = device;
    this.#host = host;
    this.#witness = witness;
    this.#batch = Array.from({ length: BATCH }, () => new Frame());
    this.#nextHop = { family: 4, address: this.#destination };
    director.emitTo((frame, family, address) => {
      device.transmit(frame, this.#to(family, address));
    });
  }

  /** Does one turn and returns how many packets came in; 0 means that nothing waits. */
  turn(): number {
    this.#director.advance(MOST_TIMERS);
    const received = this.#device.receive(this.#batch);
    if (received > 1) this.#director.expect(this.#batch, received);
    this.#datagrams = 0;
    for (let index = 0; index < received; index++) this.#decide(this.#batch[index]!);
    this.#flooded = received === BATCH && this.#datagrams * 2 >= received;
    if (received > 0) this.#device.flush?.();
    return received;
  }

  /** Whether as many packets came in as one turn takes, most of them datagrams, whose senders wait for nobody. */
  get flooded(): boolean {
    return this.#flooded;
  }

  /** Returns the time on the director's clock by which the next turn is due, in ms. */
  nextDeadline(): number {
    return this.#director.nextDeadline();
  }

  #decide(frame: Frame): void {
    const verdict = this.#handOver(frame);
    this.#witness?.(frame, verdict);
    if (verdict === VERDICT.forward) {
      const { nextHopFamily, nextHop } = this.#director.decision;
      this.#device.transmit(frame, this.#to(nextHopFamily, nextHop));
    } else if (verdict === VERDICT.accept) this.#device.accept?.(frame);
  }

  #handOver(frame: Frame): Verdict {
    const family = this.#readEnds(frame);
    // What is no IP packet has no hops to see to; the director says what is wrong with it.
    if (family === 0) return this.#director.localIn(frame);
    const forwarded = this.#device.capabilities.forwarded && !frame.fromLink;
    if (this.#host.isLocal(family, this.#source)) {
      // Own packets are captured on their way out; none can come in from outside.
      if (forwarded) return this.#director.localOut(frame);
      return this.#director.hostDropped(REASON["martian-source"]);
    }
    // A packet captured by its mark was routed here as to a local address, whatever its destination.
    const captured = forwarded && frame.mark !== 0;
    if (captured || this.#host.isLocal(family, this.#destination)) {
      if (forwarded) adjustHops(frame, 1);
      return this.#director.localIn(frame);
    }
    return forwarded ? this.#takenOver(frame, family) : this.#passing(frame, family);
  }

  /** A packet for another host that this one would have passed on. */
  #takenOver(frame: Frame, family: Family): Verdict {
    if (this.#isTooLong(frame, family)) {
      // The host knows how to say so to the sender: nothing of ours is in its way now.
      adjustHops(frame, 1);
      this.#device.accept?.(frame);
      return this.#director.hostDropped(REASON["too-big"]);
    }
    const verdict = this.#director.forwarded(frame);
    if (verdict === VERDICT.accept) adjustHops(frame, 1);
    return verdict;
  }

  /** A packet for another host, as a router sees it. */
  #passing(frame: Frame, family: Family): Verdict {
    if (hopsOf(frame) <= 1) {
      this.#leaveToHost(frame);
      return this.#director.hostDropped(REASON["time-exceeded"]);
    }
    if (frame.fromLink && this.#isTooLong(frame, family)) {
      this.#leaveToHost(frame);
      return this.#director.hostDropped(REASON["too-big"]);
    }
    adjustHops(frame, -1);
    return this.#director.forwarded(frame);
  }

  /** Has a host that did not see a packet say what is wrong with it. */
  #leaveToHost(frame: Frame): void {
    if (frame.fromLink) this.#device.accept?.(frame);
  }

  /** Whether the host would refuse to pass a packet on for its length. */
  #isTooLong(frame: Frame, family: Family): boolean {
    const { view, start, segmentSize } = frame;
    const length = segmentSize === 0 ? frame.length : segmentLength(frame, start);
    if (length <= FITS[family] || (family === 4 && !ipv4.dontFragment(view, start))) return false;
    const route = this.#host.route(family, this.#destination);
    // The host does not know of what the director has learned.
    return route !== undefined && route.learned !== true && length > route.mtu;
  }

  /** Reads source and destination, and returns the family; 0 for what is no whole packet. */
  #readEnds({ view, start, end }: Frame): Family | 0 {
    if (ipv4.isWhole(view, start, end)) {
      if (this.#wide) this.#clearEnds();
      this.#source[0] = ipv4.src(view, start);
      this.#destination[0] = ipv4.dst(view, start);
      if (ipv4.protocol(view, start) === UDP) this.#datagrams++;
      return 4;
    }
    if (!ipv6.isWhole(view, start, end)) return 0;
    this.#wide = true;
    ipv6.readSrc(view, start, this.#source);
    ipv6.readDst(view, start, this.#destination);
    if (ipv6.nextHeader(view, start) === UDP) this.#datagrams++;
    return 6;
  }

  /** Words 1–3 of an IPv4 address are 0. */
  #clearEnds(): void {
    this.#wide = false;
    this.#source.fill(0);
    this.#destination.fill(0);
  }

  #to(family: Family, address: Readonly<AddressWords>): NextHop {
    this.#nextHop.family = family;
    this.#nextHop.address = address;
    return this.#nextHop;
  }
}
