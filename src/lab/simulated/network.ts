/**
 * The network of a lab in memory: hosts, and what one sends another over the segments they share.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import type { Departure } from "../../host/output.ts";
import type { LabPlan } from "../course/lab-schema.ts";
import { SimulatedHost } from "./host.ts";

/** A packet on its way. */
interface Travelling {
  readonly to: SimulatedHost;
  readonly link: string;
  readonly packet: Uint8Array;
}

/** Hosts, and the segments between them. Every packet arrives, at once. */
export class SimulatedNetwork {
  readonly #hosts = new Map<string, SimulatedHost>();
  readonly #travelling: Travelling[] = [];
  #busy = false;

  constructor(hosts: LabPlan["hosts"], clock: Clock) {
    for (const [name, plan] of Object.entries(hosts)) {
      const depart = (departure: Departure): void => this.#depart(name, departure);
      this.#hosts.set(name, new SimulatedHost(name, plan, clock, depart));
    }
  }

  get hosts(): Iterable<SimulatedHost> {
    return this.#hosts.values();
  }

  host(name: string): SimulatedHost | undefined {
    return this.#hosts.get(name);
  }

  #depart(from: string, { interface: link, nextHop, frame }: Departure): void {
    const segment = this.#hosts.get(from)?.segmentOf(link);
    if (segment === undefined) return;
    for (const to of this.#hosts.values()) {
      const arrival = to.name === from ? undefined : to.interfaceWith(segment, nextHop);
      if (arrival === undefined) continue;
      this.#travelling.push({ to, link: arrival, packet: frame.packet().slice() });
      this.#carry();
      return;
    }
  }

  /** Has packets arrive, one after the other, with those they cause. */
  #carry(): void {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#travelling.shift(); next; next = this.#travelling.shift()) {
        next.to.receive(next.link, next.packet);
      }
    } finally {
      this.#busy = false;
    }
  }
}
