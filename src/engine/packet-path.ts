/**
 * The way of a packet through one director, by the hook it meets it at: the plain way if it can, the short
 * one if it has to be read in parts, or else the long one of requests and replies.
 *
 * @module
 */
import type { Frame } from "../wire/frame.ts";
import type { Decision } from "./decision.ts";
import type { EngineState } from "./engine-state.ts";
import type { Trace } from "./explain/trace.ts";
import type { LookAhead } from "./look-ahead.ts";
import { HOOK, type Hook, Packet, WHOLE } from "./packet.ts";
import type { PlainWay } from "./plain-way.ts";
import { COMPLETE, mustBeWhole, Reassembler } from "./reassembly.ts";
import type { ReplyHandler } from "./reply.ts";
import type { RequestHandler } from "./request.ts";
import type { ShortWay } from "./short-way.ts";
import { REASON, VERDICT, type Verdict } from "./verdict.ts";
import type { VerdictCounters } from "./verdict-counters.ts";

/** What packets pass. */
export interface PacketPathParts {
  readonly state: EngineState;
  readonly decision: Decision;
  readonly counters: VerdictCounters;
  readonly lookAhead: LookAhead;
  readonly plainWay: PlainWay;
  readonly shortWay: ShortWay;
  readonly requests: RequestHandler;
  readonly replies: ReplyHandler;
}

/** Decides about packets; what was decided about the last one is in the decision it was made with. */
export class PacketPath {
  readonly #state: EngineState;
  readonly #decision: Decision;
  readonly #counters: VerdictCounters;
  readonly #lookAhead: LookAhead;
  readonly #plainWay: PlainWay;
  readonly #shortWay: ShortWay;
  readonly #requests: RequestHandler;
  readonly #replies: ReplyHandler;
  readonly #reassembler: Reassembler;
  readonly #packet = new Packet();
  /** Who follows packets; replaced, never changed. */
  #traces: readonly Trace[] = [];

  constructor(parts: PacketPathParts) {
    this.#state = parts.state;
    this.#decision = parts.decision;
    this.#counters = parts.counters;
    this.#lookAhead = parts.lookAhead;
    this.#plainWay = parts.plainWay;
    this.#shortWay = parts.shortWay;
    this.#requests = parts.requests;
    this.#replies = parts.replies;
    this.#reassembler = new Reassembler(parts.state.profile.ticksPerSecond);
  }

  /** Looks ahead over the first `count` packets of a batch, before the first of them is decided. */
  expect(batch: readonly Frame[], count: number): void {
    this.#lookAhead.over(batch, count);
  }

  /** Decides about a packet from the network that is for this host. */
  localIn(frame: Frame): Verdict {
    if (this.#isPlain(frame, HOOK.localIn)) return this.#decision.verdict;
    if (this.#begin(frame, HOOK.localIn) && !this.#shortWay.take(this.#packet)) this.#takeLongWay();
    return this.#count();
  }

  /** Decides about a packet this host passes on, its TTL lowered already. */
  forwarded(frame: Frame): Verdict {
    if (this.#isPlain(frame, HOOK.forward)) return this.#decision.verdict;
    if (
      this.#begin(frame, HOOK.forward) &&
      !this.#shortWay.takePassing(this.#packet) &&
      !this.#requests.handlePassing(this.#packet) &&
      !this.#replies.handle(this.#packet)
    ) {
      this.#decision.give(VERDICT.accept, REASON["not-for-us"]);
    }
    return this.#count();
  }

  /** Decides about a packet this host itself sends. */
  localOut(frame: Frame): Verdict {
    if (this.#isPlain(frame, HOOK.localOut)) return this.#decision.verdict;
    if (this.#begin(frame, HOOK.localOut) && !this.#shortWay.take(this.#packet))
      this.#takeLongWay();
    return this.#count();
  }

  /** Counts a packet the host dropped before it came here, for a `REASON` number. */
  hostDropped(reason: number): Verdict {
    this.#decision.reset();
    this.#decision.give(VERDICT.drop, reason);
    return this.#count();
  }

  /** Shows a trace each packet and what was decided about it, from now on until `unfollow`. */
  follow(trace: Trace): void {
    this.#traces = [...this.#traces, trace];
  }

  /** Shows a trace no more packets. */
  unfollow(trace: Trace): void {
    this.#traces = this.#traces.filter((other) => other !== trace);
  }

  /** Gives up fragments whose packet has not become whole in time, and counts them. */
  expireFragments(): void {
    const lost = this.#reassembler.expire(this.#state.now);
    this.#counters.add(VERDICT.drop, REASON["fragment-timeout"], lost);
  }

  /** Whether the packet could take the plain way, and did. Who follows packets sees none on it. */
  #isPlain(frame: Frame, hook: Hook): boolean {
    return this.#traces.length === 0 && this.#plainWay(frame, hook);
  }

  #takeLongWay(): void {
    if (!this.#replies.handle(this.#packet)) this.#requests.handle(this.#packet);
  }

  /** Reads the packet; if it goes no further, the decision is made. */
  #begin(frame: Frame, hook: Hook): boolean {
    const decision = this.#decision;
    const packet = this.#packet;
    decision.reset();
    const problem = packet.parse(frame, hook);
    if (problem !== WHOLE) {
      decision.give(VERDICT.drop, problem);
      return false;
    }
    if (this.#state.servicesOfFamily[packet.family] === 0) {
      decision.give(VERDICT.accept, REASON["no-services"]);
      return false;
    }
    if (mustBeWhole(packet) && !this.#reassemble(packet)) return false;
    if (this.#traces.length > 0) for (const trace of this.#traces) trace.before(packet);
    return true;
  }

  /** Whether the packet is whole with this fragment; if not, the decision is made. */
  #reassemble(packet: Packet): boolean {
    const outcome = this.#reassembler.add(packet, this.#state.now);
    if (outcome === COMPLETE) {
      packet.parse(packet.frame, packet.hook);
      return true;
    }
    const held = outcome === REASON.fragment;
    this.#decision.give(held ? VERDICT.hold : VERDICT.drop, outcome);
    return false;
  }

  #count(): Verdict {
    this.#counters.count(this.#decision);
    if (this.#traces.length > 0) for (const trace of this.#traces) trace.after(this.#decision);
    return this.#decision.verdict;
  }
}
