/**
 * The rates of the last ten minutes, of everything, of services and of their servers, bounded in number.
 *
 * @module
 */
import type { Milliseconds, Seconds } from "../base/clock.ts";
import type { LiveServer, LiveState, Rates } from "../live/index.ts";
import { HISTORY_COLUMNS, type History, type HistoryColumn } from "./api.ts";

/** Moments that are kept: those of ten minutes, one a second. */
const MOMENTS = 600;
/** How long they are told of. */
const SPAN: Seconds = 600;
/** Series that are kept; what comes beyond is not. */
const MOST_SERIES = 512;
const WIDTH = HISTORY_COLUMNS.length;

/** Name of the series of everything. */
export const TOTAL = "total";

/** Returns the name of the series of a server. */
export function serverSeries(service: string, server: string): string {
  return `${service}>${server}`;
}

/** A ring of moments. */
export class RateHistory {
  readonly #times = new Float64Array(MOMENTS);
  readonly #series = new Map<string, Float32Array>();
  #count = 0;

  add(at: Milliseconds, { totals, services }: LiveState): void {
    const place = this.#count % MOMENTS;
    this.#times[place] = at / 1000;
    for (const values of this.#series.values()) {
      values.fill(Number.NaN, place * WIDTH, (place + 1) * WIDTH);
    }
    const all = services.flatMap(({ servers }) => servers);
    this.#put(TOTAL, place, totals.rates, all);
    for (const { key, rates, servers } of services) {
      this.#put(key, place, rates, servers);
      for (const server of servers) {
        this.#put(serverSeries(key, server.key), place, server.rates, [server]);
      }
    }
    this.#count++;
    this.#forgetEmpty();
  }

  /** Returns one column of the series named that are known. */
  read(names: readonly string[], column: HistoryColumn): History {
    const at = HISTORY_COLUMNS.indexOf(column);
    const length = Math.min(this.#count, MOMENTS);
    const kept = Array.from({ length }, (_, index) => (this.#count - length + index) % MOMENTS);
    // Moments are further apart while nothing happens.
    const since = (this.#times[kept.at(-1) ?? 0] ?? 0) - SPAN;
    const places = kept.filter((place) => this.#times[place]! > since);
    const series: Record<string, readonly (number | null)[]> = {};
    for (const name of names) {
      const values = this.#series.get(name);
      if (values === undefined) continue;
      series[name] = places.map((place) => {
        const value = values[place * WIDTH + at]!;
        return Number.isNaN(value) ? null : value;
      });
    }
    return { times: places.map((place) => this.#times[place]!), series };
  }

  #put(name: string, place: number, rates: Rates, servers: readonly LiveServer[]): void {
    let values = this.#series.get(name);
    if (values === undefined) {
      if (this.#series.size >= MOST_SERIES) return;
      values = new Float32Array(MOMENTS * WIDTH).fill(Number.NaN);
      this.#series.set(name, values);
    }
    let active = 0;
    let inactive = 0;
    for (const server of servers) {
      active += server.active;
      inactive += server.inactive;
    }
    const { connections, inPackets, outPackets, inBytes, outBytes } = rates;
    values.set(
      [connections, inPackets, outPackets, inBytes, outBytes, active, inactive],
      place * WIDTH,
    );
  }

  /** Once a round: what had no value in it is of a service or server long gone. */
  #forgetEmpty(): void {
    if (this.#count % MOMENTS !== 0) return;
    for (const [name, values] of this.#series) {
      if (values.every(Number.isNaN)) this.#series.delete(name);
    }
  }
}
