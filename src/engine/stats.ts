/**
 * Traffic counters, their rates, and the snapshots of both that commands see.
 *
 * Counters move with every packet, but users see a snapshot taken by the estimator every two seconds,
 * less a zero point that zeroing moves. Rates are exponential averages in fixed-point arithmetic.
 *
 * Source: linux ip_vs_est.c, ip_vs_ctl.c.
 *
 * @module
 */
import type { CounterValues, StatsSnapshot } from "../wire/ipvs-objects.ts";

/** The five counters, in the order they are listed. */
const COUNTERS = 5;
const CONNS = 0;
const IN_PACKETS = 1;
const OUT_PACKETS = 2;
const IN_BYTES = 3;
const OUT_BYTES = 4;

/** Averages of counts carry 10 fraction bits and those of bytes 5; one period is 2 s, hence one less. */
const SCALE = [2 ** 9, 2 ** 9, 2 ** 9, 2 ** 4, 2 ** 4] as const;
const FRACTION = [2 ** 10, 2 ** 10, 2 ** 10, 2 ** 5, 2 ** 5] as const;

/** Counters and rates of one destination, one service, or of everything. */
export class Stats {
  /** What packets have added up, exact to 2^53. */
  readonly #live = new Float64Array(COUNTERS);
  /** The counters at the last estimation, and what they were when zeroed. */
  readonly #snapshot = new Float64Array(COUNTERS);
  readonly #zero = new Float64Array(COUNTERS);
  readonly #average = new Float64Array(COUNTERS);

  /** Counts a new connection. */
  countConnection(): void {
    this.#live[CONNS]! += 1;
  }

  /** Counts a packet of a client, `length` bytes of IP. */
  countIn(length: number): void {
    this.#live[IN_PACKETS]! += 1;
    this.#live[IN_BYTES]! += length;
  }

  /** Counts a packet to a client, `length` bytes of IP. */
  countOut(length: number): void {
    this.#live[OUT_PACKETS]! += 1;
    this.#live[OUT_BYTES]! += length;
  }

  /** Takes the snapshot and moves the averages; to be called every two seconds. */
  estimate(): void {
    for (let counter = 0; counter < COUNTERS; counter++) {
      const live = this.#live[counter]!;
      const rate = (live - this.#snapshot[counter]!) * SCALE[counter]!;
      this.#average[counter]! += Math.floor((rate - this.#average[counter]!) / 4);
      this.#snapshot[counter] = live;
    }
  }

  /** Makes what is visible 0: counters from the last snapshot on, and the rates. */
  zero(): void {
    this.#zero.set(this.#snapshot);
    this.#average.fill(0);
  }

  /** Returns what commands see. */
  snapshot(): StatsSnapshot {
    return {
      conns: this.#count(CONNS),
      inPackets: this.#count(IN_PACKETS),
      outPackets: this.#count(OUT_PACKETS),
      inBytes: this.#count(IN_BYTES),
      outBytes: this.#count(OUT_BYTES),
      cps: this.#rate(CONNS),
      inPps: this.#rate(IN_PACKETS),
      outPps: this.#rate(OUT_PACKETS),
      inBps: this.#rate(IN_BYTES),
      outBps: this.#rate(OUT_BYTES),
    };
  }

  /** Returns the counters as they are now, zeroing ignored. */
  live(): CounterValues {
    const [conns, inPackets, outPackets, inBytes, outBytes] = Array.from(this.#live, BigInt);
    return {
      conns: conns!,
      inPackets: inPackets!,
      outPackets: outPackets!,
      inBytes: inBytes!,
      outBytes: outBytes!,
    };
  }

  #count(counter: number): bigint {
    return BigInt(this.#snapshot[counter]! - this.#zero[counter]!);
  }

  #rate(counter: number): bigint {
    const fraction = FRACTION[counter]!;
    // Rounds up, but for the last half step: the kernel adds half a unit less one.
    return BigInt(Math.floor((this.#average[counter]! + fraction / 2 - 1) / fraction));
  }
}
