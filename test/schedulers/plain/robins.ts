/**
 * rr and wrr as plain scans.
 *
 * @module
 */
import { gcd } from "../../../schedulers/weights.ts";
import type { SchedulableDestination, SchedulableService } from "../../../src/engine/scheduler.ts";
import type { PlainModule, PlainScheduler } from "./plain-scheduler.ts";

/** What a plain scheduler sees of a service. */
type Service<D extends SchedulableDestination> = Pick<SchedulableService<D>, "destinations">;

export const rr: PlainModule = (service) => new RoundRobin(service);

class RoundRobin<D extends SchedulableDestination> implements PlainScheduler<D> {
  readonly #service: Service<D>;
  /** The destination picked last; `undefined` is the head. */
  #cursor: D | undefined;
  #before: readonly D[] = [];

  constructor(service: Service<D>) {
    this.#service = service;
  }

  schedule(): D | undefined {
    const { destinations } = this.#service;
    const start = this.#cursor === undefined ? 0 : destinations.indexOf(this.#cursor) + 1;
    for (let turn = 0; turn < destinations.length; turn++) {
      const candidate = destinations[(start + turn) % destinations.length]!;
      if (candidate.overloaded || candidate.weight === 0) continue;
      this.#cursor = candidate;
      return candidate;
    }
    return undefined;
  }

  added(): void {
    this.#before = this.#service.destinations;
  }

  removed(destination: D): void {
    if (destination === this.#cursor) {
      this.#cursor = this.#before[this.#before.indexOf(destination) - 1];
    }
    this.#before = this.#service.destinations;
  }
}

export const wrr: PlainModule = (service) => new WeightedRoundRobin(service);

class WeightedRoundRobin<D extends SchedulableDestination> implements PlainScheduler<D> {
  readonly #service: Service<D>;
  /** Position of the destination picked last; -1 is the head. */
  #cursor = -1;
  #current = 0;
  #divisor = 1;
  #highest = 0;

  constructor(service: Service<D>) {
    this.#service = service;
  }

  schedule(): D | undefined {
    if (this.#highest === 0) return undefined;
    const { destinations } = this.#service;
    const last = this.#cursor;
    let stop = -1;
    let lastPass = false;
    let restarted = false;
    let position = last + 1;
    for (;;) {
      for (; position < destinations.length; position++) {
        const candidate = destinations[position]!;
        if (!candidate.overloaded && candidate.weight >= this.#current) {
          this.#cursor = position;
          return candidate;
        }
        if (position === stop) {
          this.#cursor = position;
          return undefined;
        }
      }
      this.#current -= this.#divisor;
      if (this.#current <= 0) {
        this.#current = this.#highest;
        if (lastPass || last === -1) {
          this.#cursor = -1;
          return undefined;
        }
        restarted = true;
      }
      lastPass = this.#current <= this.#divisor;
      if (lastPass && restarted && last !== -1) stop = last;
      position = 0;
    }
  }

  added(): void {
    this.#changed();
  }

  removed(): void {
    this.#changed();
  }

  edited(): void {
    this.#changed();
  }

  #changed(): void {
    let divisor = 0;
    let highest = 0;
    for (const { weight } of this.#service.destinations) {
      divisor = gcd(weight, divisor);
      highest = Math.max(highest, weight);
    }
    this.#cursor = -1;
    this.#divisor = Math.max(divisor, 1);
    this.#highest = highest - (this.#divisor - 1);
    if (this.#current > this.#highest || this.#current === 0) this.#current = this.#highest;
    else if (this.#divisor > 1) {
      this.#current = Math.floor(this.#current / this.#divisor) * this.#divisor + 1;
    }
  }
}
