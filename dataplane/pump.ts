/**
 * The packet loop's one turn: inhale a batch, have it decided, exhale, let time pass.
 *
 * The pump also does what the host's forwarding does around a kernel's ip_vs: it tells packets for this
 * host from those passing through, and accounts for TTL. A host that has forwarded a packet into the device
 * has lowered its TTL already; that is undone for requests, whose TTL the director lowers itself, and for
 * packets given back, which the host will forward again.
 *
 * @module
 */
import type { Director } from "../src/engine/director.ts";
import type { Host } from "../src/engine/host.ts";
import { REASON, VERDICT, type Verdict } from "../src/engine/verdict.ts";
import type { AddressWords, Family } from "../src/net/address.ts";
import { Frame } from "../src/wire/frame.ts";
import * as ipv4 from "../src/wire/ipv4.ts";
import type { Device, NextHop } from "./device.ts";

const BATCH = 64;

/** What a pump is told, packet by packet; for tracing and replays. */
export type Witness = (frame: Frame, verdict: Verdict) => void;

/** Moves packets between a device and a director. */
export class Pump {
  readonly #director: Director;
  readonly #device: Device;
  readonly #host: Host;
  readonly #batch: readonly Frame[];
  readonly #source = new Uint32Array(4);
  readonly #destination = new Uint32Array(4);
  readonly #nextHop: { family: Family; address: Readonly<AddressWords> };
  readonly #witness: Witness | undefined;

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
      device.transmit(frame, { family, address });
    });
  }

  /** Does one turn and returns how many packets came in; 0 means that nothing waits. */
  turn(): number {
    this.#director.advance();
    const received = this.#device.receive(this.#batch);
    for (let index = 0; index < received; index++) this.#decide(this.#batch[index]!);
    if (received > 0) this.#device.flush?.();
    return received;
  }

  /** Returns the time on the director's clock by which the next turn is due, in ms. */
  nextDeadline(): number {
    return this.#director.nextDeadline();
  }

  #decide(frame: Frame): void {
    const verdict = this.#handOver(frame);
    this.#witness?.(frame, verdict);
    if (verdict === VERDICT.forward) this.#device.transmit(frame, this.#decided());
    else if (verdict === VERDICT.accept) this.#device.accept?.(frame);
  }

  #handOver(frame: Frame): Verdict {
    const { view, start, end } = frame;
    // What is no IPv4 packet has no TTL to see to; the director says what is wrong with it.
    if (!ipv4.isWhole(view, start, end)) return this.#director.localIn(frame);
    this.#source[0] = ipv4.src(view, start);
    this.#destination[0] = ipv4.dst(view, start);
    const { forwarded } = this.#device.capabilities;
    if (this.#host.isLocal(4, this.#source)) {
      // Own packets are captured on their way out; none can come in from outside.
      if (forwarded) return this.#director.localOut(frame);
      return this.#director.hostDropped(REASON["martian-source"]);
    }
    // A packet captured by its mark was routed here as to a local address, whatever its destination.
    const captured = forwarded && frame.mark !== 0;
    if (captured || this.#host.isLocal(4, this.#destination)) {
      if (forwarded) ipv4.adjustTtl(view, start, 1);
      return this.#director.localIn(frame);
    }
    return this.#passing(frame, forwarded);
  }

  /** A packet for another host, as a router sees it. */
  #passing(frame: Frame, forwarded: boolean): Verdict {
    const { view, start } = frame;
    if (!forwarded) {
      if (ipv4.ttl(view, start) <= 1) return this.#director.hostDropped(REASON["time-exceeded"]);
      ipv4.adjustTtl(view, start, -1);
    }
    const verdict = this.#director.forwarded(frame);
    if (forwarded && verdict === VERDICT.accept) ipv4.adjustTtl(view, start, 1);
    return verdict;
  }

  #decided(): NextHop {
    const { decision } = this.#director;
    this.#nextHop.family = decision.nextHopFamily;
    this.#nextHop.address = decision.nextHop;
    return this.#nextHop;
  }
}
