/**
 * Fragments of packets for this host, kept until their packet is whole.
 *
 * Source: linux ip_fragment.c `ip_defrag`, `ip_expire`; ipv6/reassembly.c `ipv6_frag_rcv`.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { HOOK, Packet, WHOLE } from "../engine/packet.ts";
import { COMPLETE, Reassembler } from "../engine/reassembly.ts";
import { REASON } from "../engine/verdict.ts";
import { Frame } from "../wire/frame.ts";
import type { HostDrop } from "./drops.ts";

/** The clock's milliseconds are the ticks. */
const TICKS_PER_SECOND = 1000;

/** What has become of a fragment: kept, the last one missing, or why it is of no use. */
export type FragmentOutcome = "kept" | "whole" | Extract<HostDrop, "reassembly-failed">;

/** The fragments of one host. */
export class Fragments {
  readonly #clock: Clock;
  readonly #reassembler = new Reassembler(TICKS_PER_SECOND);
  readonly #packet = new Packet();
  readonly #first = new Frame();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a fragment; when it makes a packet whole, its frame holds that afterwards. */
  add(frame: Frame): FragmentOutcome {
    const { end } = frame;
    if (this.#packet.parse(frame, HOOK.localIn) !== WHOLE) return "reassembly-failed";
    const outcome = this.#reassembler.add(this.#packet, Math.floor(this.#clock.now()));
    if (outcome === COMPLETE) return "whole";
    frame.end = end;
    return outcome === REASON.fragment ? "kept" : "reassembly-failed";
  }

  /**
   * Gives up packets whose time is over.
   *
   * @param lost takes the first fragment of each, where that has come; the frame is used again
   * @returns how many
   */
  expire(lost: (first: Frame) => void): number {
    if (this.#reassembler.waiting === 0) return 0;
    const first = this.#first;
    return this.#reassembler.expire(Math.floor(this.#clock.now()), first, () => lost(first));
  }
}
