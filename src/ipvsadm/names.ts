/**
 * Names for one run: looked up beforehand for listings, kept for as long as they are useful, and
 * never waited for without end.
 *
 * A listing prepares the addresses of its next lines, a few at a time in parallel, then formats from
 * what is known. An address whose name takes too long is shown as a number, and once several in a
 * row did, no more are asked for: a dead resolver costs a listing seconds, not hours.
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
  /** Look-ups in a row out of time after which no more are made. */
  readonly failures: number;
  /** Names kept; must be more than one step of a listing asks for. */
  readonly kept: number;
}

/** A listing without a working resolver is held up for one patience, 1.5 s. */
export const DEFAULT_LIMITS: NameLimits = {
  patience: 1500,
  parallel: 16,
  failures: 8,
  kept: 4096,
};

/** Host and service names both ways. */
export class Names implements NameLookup, KnownNames {
  readonly #resolver: Resolver;
  readonly #limits: NameLimits;
  /** By address text; "" for an address known to have no name. */
  #hosts: LRUCache<string, string> | undefined;
  #services: ServiceNames | undefined;
  #timeoutsInARow = 0;

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
    const worker = async () => {
      for (const [text, address] of queue) {
        if (this.#timeoutsInARow >= this.#limits.failures) return;
        hosts.set(text, (await this.#hostOf(address)) ?? "");
      }
    };
    const { parallel } = this.#limits;
    await Promise.all(Array.from({ length: Math.min(parallel, wanted.size) }, worker));
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

  async #hostOf(address: Address): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<"time up">((resolve) => {
      timer = setTimeout(resolve, this.#limits.patience, "time up");
    });
    try {
      const name = await Promise.race([this.#ask(address), timeUp]);
      this.#timeoutsInARow = name === "time up" ? this.#timeoutsInARow + 1 : 0;
      return name === "time up" ? undefined : name.host;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Wraps the name, so that no host can be taken for the end of the time. */
  async #ask(address: Address): Promise<{ readonly host: string | undefined }> {
    return { host: await this.#resolver.hostOf(address) };
  }
}
