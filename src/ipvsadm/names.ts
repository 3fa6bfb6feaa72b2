/**
 * Names for one run: looked up beforehand for listings, kept for as long as they are useful, and
 * never waited for without end.
 *
 * A listing prepares the addresses of its next lines, a few at a time in parallel, then formats from
 * what is known. An address whose name takes too long is shown as a number, and once nobody has answered
 * for a while, no more are asked for: a dead resolver costs a listing seconds, not hours.
 *
 * @module
 */
import type { LRUCache } from "lru-cache";
import type { Milliseconds } from "../base/clock.ts";
import { type Address, formatAddress } from "../net/address.ts";
import type { KnownNames } from "./format/endpoint.ts";
import { ServiceNames } from "./service-names.ts";
import type { NameLookup } from "./values.ts";
import type { Resolver } from "./world.ts";

/** How long and how often a resolver is asked. */
export interface NameLimits {
  /** Time one reverse look-up may take. */
  readonly patience: Milliseconds;
  /** Reverse look-ups that may run at the same time. */
  readonly parallel: number;
  /** Look-ups in a row nobody answered after which no more are made. */
  readonly failures: number;
  /** Steps of a listing in a row in which nobody answered after which no more look-ups are made. */
  readonly barrenSteps: number;
  /** Names kept; must be more than one step of a listing asks for. */
  readonly kept: number;
}

/** A listing without a working resolver is held up for two patiences, 3 s, at most. */
export const DEFAULT_LIMITS: NameLimits = {
  patience: 1500,
  parallel: 16,
  failures: 8,
  barrenSteps: 2,
  kept: 4096,
};

/** Host and service names both ways. */
export class Names implements NameLookup, KnownNames {
  readonly #resolver: Resolver;
  readonly #limits: NameLimits;
  /** By address text; "" for an address known to have no name. */
  #hosts: LRUCache<string, string> | undefined;
  #services: ServiceNames | undefined;
  /** In a row. */
  #failures = 0;
  #barrenSteps = 0;

  constructor(resolver: Resolver, limits: NameLimits = DEFAULT_LIMITS) {
    this.#resolver = resolver;
    this.#limits = limits;
  }

  async addressOf(host: string): Promise<Address | undefined> {
    return host === "" ? undefined : this.#resolver.addressOf(host);
  }

  async portOf(service: string, protocol: number): Promise<number | undefined> {
    return (await this.#serviceNames()).portOf(service, protocol);
  }

  /** Looks up what `hostOf` and `serviceOf` are going to be asked. */
  async prepare(addresses: Iterable<Address>): Promise<void> {
    await this.#serviceNames();
    const hosts = await this.#hostNames();
    const wanted = new Map<string, Address>();
    for (const address of addresses) {
      const text = formatAddress(address);
      if (hosts.get(text) === undefined) wanted.set(text, address);
    }
    const queue = wanted.entries();
    let asked = 0;
    let answered = 0;
    const worker = async () => {
      for (const [text, address] of queue) {
        if (this.#hasGivenUp) return;
        asked++;
        const answer = await this.#hostOf(address);
        if (answer === undefined) {
          this.#failures++;
        } else {
          this.#failures = 0;
          answered++;
        }
        hosts.set(text, answer?.host ?? "");
      }
    };
    const { parallel } = this.#limits;
    await Promise.all(Array.from({ length: Math.min(parallel, wanted.size) }, worker));
    if (asked > 0) this.#barrenSteps = answered > 0 ? 0 : this.#barrenSteps + 1;
  }

  /** Returns the name of an address prepared for. */
  hostOf(address: Address): string | undefined {
    return this.#hosts?.get(formatAddress(address)) || undefined;
  }

  /** Returns the name of a port for a protocol number, once anything was prepared for. */
  serviceOf(port: number, protocol: number): string | undefined {
    return this.#services?.nameOf(port, protocol);
  }

  /** Loaded here: listings of numbers do without. */
  async #hostNames(): Promise<LRUCache<string, string>> {
    const { LRUCache } = await import("lru-cache");
    this.#hosts ??= new LRUCache({ max: this.#limits.kept });
    return this.#hosts;
  }

  async #serviceNames(): Promise<ServiceNames> {
    this.#services ??= new ServiceNames(await this.#resolver.services());
    return this.#services;
  }

  get #hasGivenUp(): boolean {
    const { failures, barrenSteps } = this.#limits;
    return this.#failures >= failures || this.#barrenSteps >= barrenSteps;
  }

  /** Returns what was answered, or `undefined` when nobody did in time. */
  async #hostOf(address: Address): Promise<{ readonly host: string | undefined } | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, this.#limits.patience, undefined);
    });
    try {
      return await Promise.race([this.#ask(address), timeUp]);
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  async #ask(address: Address): Promise<{ readonly host: string | undefined }> {
    return { host: await this.#resolver.hostOf(address) };
  }
}
