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
/** The two ways of a packet, by where its packets are counted; its bytes are counted so much further on. */
export const IN = IN_PACKETS;
export const OUT = OUT_PACKETS;
const BYTES = IN_BYTES - IN_PACKETS;

/** Averages of counts carry 10 fraction bits and those of bytes 5; one period is 2 s, hence one less. */
const SCALE = [2 ** 9, 2 ** 9, 2 ** 9, 2 ** 4, 2 ** 4] as const;
const FRACTION = [2 ** 10, 2 ** 10, 2 ** 10, 2 ** 5, 2 ** 5] as const;

/** Live numbers in a row: a line of the cache, five of eight used. */
const ROW = 8;
/** For each row, elsewhere: snapshot, zero, average, and what its sum was told. */
const KEPT = 4 * ROW;
const SNAPSHOT = 0;
const ZERO = ROW;
const AVERAGE = 2 * ROW;
const TOLD = 3 * ROW;
/** No row. */
const NOWHERE = -1;
/** Rows of a block, and bits of the place of a live number in a block. */
const ROWS = 64;
const BLOCK = ROWS * ROW;
const BLOCK_BITS = 9;

/**
 * The statistics of one director, row by row: what the estimator goes through every two seconds. A block of
 * rows is passed over while no packet counts in it and its rates are 0.
 *
 * A packet counts once, for its destination. What its service and the director count are sums, which are
 * brought up to date before anybody looks at them (`addUp`). The live numbers are in an array of their own, so
 * that those of many destinations fit into the nearest cache.
 */
export class StatsTable {
  /** What packets have added up is exact to 2^53. */
  #live = new Float64Array(0);
  #kept = new Float64Array(0);
  /** Whether each row is estimated. */
  #estimated = new Uint8Array(0);
  /** For each row, where the row of the service begins that it counts for, or NOWHERE. */
  #sums = new Int32Array(0);
  /** Whether anything has been counted in each block since the last estimation, or rates are above 0. */
  #busy = new Uint8Array(0);
  /** Blocks made so far; there may be room for more. */
  #blocks = 0;
  readonly #free: Stats[] = [];
  /** Of everything together. */
  readonly total = this.add();

  /** The counters of all rows as they are now. */
  get live(): Float64Array {
    return this.#live;
  }

  /** Snapshots, zero points and averages of all rows. */
  get kept(): Float64Array {
    return this.#kept;
  }

  /** Returns statistics that are all 0 and not estimated yet. */
  add(): Stats {
    if (this.#free.length === 0) this.#addBlock();
    return this.#free.pop()!;
  }

  /** Takes back statistics that nobody counts in any more. */
  release(stats: Stats): void {
    stats.clear();
    this.#sums[stats.at / ROW] = NOWHERE;
    this.#free.push(stats);
  }

  /** Lets what is counted at `at` from now on count for the service whose row is at `service`, and for all. */
  setSum(at: number, service: number): void {
    this.#addRow(at);
    this.#sums[at / ROW] = service;
  }

  /** Brings the sums up to date. */
  addUp(): void {
    for (let block = 0; block < this.#blocks; block++) {
      if (this.#busy[block] === 0) continue;
      for (let row = block * ROWS; row < (block + 1) * ROWS; row++) {
        this.#addRow(row * ROW);
      }
    }
  }

  /** Takes the snapshots and moves the averages; to be called every two seconds. */
  estimate(): void {
    this.addUp();
    for (let block = 0; block < this.#blocks; block++) {
      if (this.#busy[block] === 0) continue;
      this.#busy[block] = 0;
      for (let row = block * ROWS; row < (block + 1) * ROWS; row++) {
        if (this.#estimated[row] !== 0 && this.#estimateRow(row * ROW)) this.#busy[block] = 1;
      }
    }
  }

  /** Lets estimations count the row at `at` from now on, or no longer. */
  setEstimated(at: number, estimated: boolean): void {
    // Whoever leaves a service is no longer estimated, and the service may be no more the next time.
    this.#addRow(at);
    this.#estimated[at / ROW] = estimated ? 1 : 0;
    this.#busy[at >>> BLOCK_BITS] = 1;
  }

  /** Counts a new connection in the row at `at`. */
  countConnection(at: number): void {
    this.#live[at + CONNS]! += 1;
    this.#busy[at >>> BLOCK_BITS] = 1;
  }

  /**
   * Counts a packet of `length` bytes of IP in the row at `at`.
   *
   * @param way `IN` for one of a client, `OUT` for one to it
   */
  count(at: number, way: typeof IN | typeof OUT, length: number): void {
    const live = this.#live;
    live[at + way]! += 1;
    live[at + way + BYTES]! += length;
    this.#busy[at >>> BLOCK_BITS] = 1;
  }

  #addBlock(): void {
    const first = this.#blocks * BLOCK;
    if (first === this.#live.length) this.#makeRoom(Math.max(this.#blocks * 2, 1));
    this.#blocks++;
    this.#sums.fill(NOWHERE, this.#blocks * ROWS - ROWS, this.#blocks * ROWS);
    for (let row = ROWS - 1; row >= 0; row--) this.#free.push(new Stats(this, first + row * ROW));
  }

  #makeRoom(blocks: number): void {
    const live = new Float64Array(blocks * BLOCK);
    const kept = new Float64Array(blocks * ROWS * KEPT);
    const estimated = new Uint8Array(blocks * ROWS);
    const sums = new Int32Array(blocks * ROWS);
    const busy = new Uint8Array(blocks);
    live.set(this.#live);
    kept.set(this.#kept);
    estimated.set(this.#estimated);
    sums.set(this.#sums);
    busy.set(this.#busy);
    this.#live = live;
    this.#kept = kept;
    this.#estimated = estimated;
    this.#sums = sums;
    this.#busy = busy;
  }

  /** Adds what has been counted at `at` since the last time to the row of its service, and to that of all. */
  #addRow(at: number): void {
    const service = this.#sums[at / ROW]!;
    if (service === NOWHERE) return;
    const live = this.#live;
    const kept = this.#kept;
    const told = keptAt(at) + TOLD;
    const all = this.total.at;
    for (let counter = 0; counter < COUNTERS; counter++) {
      const counted = live[at + counter]! - kept[told + counter]!;
      if (counted === 0) continue;
      kept[told + counter]! += counted;
      live[service + counter]! += counted;
      live[all + counter]! += counted;
      this.#busy[service >>> BLOCK_BITS] = 1;
      this.#busy[all >>> BLOCK_BITS] = 1;
    }
  }

  /** Returns whether anything was counted, or rates are above 0. */
  #estimateRow(at: number): boolean {
    const kept = this.#kept;
    const first = keptAt(at);
    let busy = false;
    for (let counter = 0; counter < COUNTERS; counter++) {
      const live = this.#live[at + counter]!;
      const average = kept[first + AVERAGE + counter]!;
      const counted = live - kept[first + SNAPSHOT + counter]!;
      if (counted === 0 && average === 0) continue;
      const rate = counted * SCALE[counter]!;
      kept[first + AVERAGE + counter] = average + Math.floor((rate - average) / 4);
      kept[first + SNAPSHOT + counter] = live;
      busy = true;
    }
    return busy;
  }
}

/** Where in `StatsTable.kept` is what belongs to the row at `at` of `StatsTable.live`. */
function keptAt(at: number): number {
  return (at / ROW) * KEPT;
}

/** Counters and rates of one destination, one service, or of everything: a row of a table. */
export class Stats {
  readonly #table: StatsTable;
  /** Where the row begins in the table. */
  readonly at: number;

  constructor(table: StatsTable, at: number) {
    this.#table = table;
    this.at = at;
  }

  /** Counts a new connection. */
  countConnection(): void {
    this.#table.countConnection(this.at);
  }

  /** Counts a packet of a client, `length` bytes of IP. */
  countIn(length: number): void {
    this.#table.count(this.at, IN, length);
  }

  /** Counts a packet to a client, `length` bytes of IP. */
  countOut(length: number): void {
    this.#table.count(this.at, OUT, length);
  }

  /** Lets what is counted from now on count for a service as well, and for everything together. */
  countFor(service: Stats): void {
    this.#table.setSum(this.at, service.at);
  }

  /** Lets the table's estimations count from now on, or no longer. */
  estimated(estimated: boolean): void {
    this.#table.setEstimated(this.at, estimated);
  }

  /** Makes what is visible 0: counters from the last snapshot on, and the rates. */
  zero(): void {
    const { kept } = this.#table;
    const at = keptAt(this.at);
    kept.copyWithin(at + ZERO, at + SNAPSHOT, at + SNAPSHOT + COUNTERS);
    kept.fill(0, at + AVERAGE, at + AVERAGE + COUNTERS);
  }

  /** Makes everything 0, and not estimated. What was counted stays in the sums. */
  clear(): void {
    this.estimated(false);
    const { live, kept } = this.#table;
    live.fill(0, this.at, this.at + ROW);
    kept.fill(0, keptAt(this.at), keptAt(this.at) + KEPT);
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
    this.#table.addUp();
    const [conns, inPackets, outPackets, inBytes, outBytes] = Array.from(
      this.#table.live.subarray(this.at, this.at + COUNTERS),
      BigInt,
    );
    return {
      conns: conns!,
      inPackets: inPackets!,
      outPackets: outPackets!,
      inBytes: inBytes!,
      outBytes: outBytes!,
    };
  }

  #count(counter: number): bigint {
    const { kept } = this.#table;
    const at = keptAt(this.at) + counter;
    return BigInt(kept[at + SNAPSHOT]! - kept[at + ZERO]!);
  }

  #rate(counter: number): bigint {
    const fraction = FRACTION[counter]!;
    // Rounds up, but for the last half step: the kernel adds half a unit less one.
    const average = this.#table.kept[keptAt(this.at) + AVERAGE + counter]!;
    return BigInt(Math.floor((average + fraction / 2 - 1) / fraction));
  }
}
