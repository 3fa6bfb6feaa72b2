/**
 * All destinations of a director by number, and the trash of those removed.
 *
 * A connection knows its destination by number, so a removed destination lives on until nothing refers
 * to it, and comes back with its counters when it is added again.
 *
 * Source: linux ip_vs_ctl.c `ip_vs_trash_get_dest`, `ip_vs_dest_trash_expire`.
 *
 * @module
 */
import type { Ticks } from "../base/clock.ts";
import type { Address } from "../net/address.ts";
import { endpointKey } from "../net/endpoint.ts";
import type { DestinationConfig } from "../wire/ipvs-objects.ts";
import { Destination } from "./destination.ts";
import type { Profile } from "./profile.ts";
import type { StatsTable } from "./stats.ts";
import type { VirtualService } from "./virtual-service.ts";

/** How long an unreferenced destination is kept, in seconds. */
const IDLE_SECONDS = 120;

interface Discarded {
  readonly destination: Destination;
  /** When it was first seen unreferenced. */
  idleSince: Ticks | undefined;
}

/** The destinations of one director. */
export class DestinationRegistry {
  readonly #byNumber: (Destination | undefined)[] = [undefined];
  readonly #free: number[] = [];
  readonly #profile: Profile;
  readonly #stats: StatsTable;
  /** What was removed, by what it can come back as: of each the last removed last. */
  readonly #trash = new Map<string, Discarded[]>();

  /** @param stats where destinations count */
  constructor(profile: Profile, stats: StatsTable) {
    this.#profile = profile;
    this.#stats = stats;
  }

  /** Returns the destination of a number, or `undefined` for 0. */
  get(number: number): Destination | undefined {
    return this.#byNumber[number];
  }

  /** Whether removed destinations are being kept. */
  get hasTrash(): boolean {
    return this.#trash.size > 0;
  }

  /** Makes a destination for `service`, not in its list yet. */
  create(
    service: VirtualService,
    address: Address,
    port: number,
    config: DestinationConfig,
  ): Destination {
    const number = this.#free.pop() ?? this.#byNumber.length;
    const stats = this.#stats.add();
    stats.countFor(service.stats);
    const made = new Destination(number, service, address, port, config, this.#profile, stats);
    this.#byNumber[number] = made;
    return made;
  }

  /** Puts a removed destination into the trash. */
  discard(destination: Destination): void {
    const { service, address, port } = destination;
    const key = trashKey(service, address, port);
    const entry = { destination, idleSince: undefined };
    const alike = this.#trash.get(key);
    if (alike === undefined) this.#trash.set(key, [entry]);
    else alike.push(entry);
  }

  /**
   * Takes a destination back out of the trash if one of this address and port was removed from the same
   * service, or from one of the same identity.
   */
  reclaim(service: VirtualService, address: Address, port: number): Destination | undefined {
    const key = trashKey(service, address, port);
    const alike = this.#trash.get(key);
    const found = alike?.pop();
    if (alike?.length === 0) this.#trash.delete(key);
    return found?.destination;
  }

  /** Forgets what nothing has referred to for two minutes; to be called every minute. */
  sweep(now: Ticks): void {
    const remembered = this.#remembered();
    for (const [key, alike] of this.#trash) {
      const left = alike.filter((entry) => !this.#forgets(entry, remembered, now));
      if (left.length > 0) this.#trash.set(key, left);
      else this.#trash.delete(key);
    }
  }

  /** Whether an entry of the trash has been idle for long enough; then its number is free. */
  #forgets(entry: Discarded, remembered: ReadonlySet<Destination>, now: Ticks): boolean {
    const { destination } = entry;
    if (destination.referenced || remembered.has(destination)) return false;
    if (entry.idleSince === undefined) {
      entry.idleSince = now;
      return false;
    }
    if (now - entry.idleSince < IDLE_SECONDS * this.#profile.ticksPerSecond) return false;
    this.#byNumber[destination.number] = undefined;
    this.#stats.release(destination.stats);
    this.#free.push(destination.number);
    return true;
  }

  /** What the schedulers of the services remember that something in the trash was removed from. */
  #remembered(): ReadonlySet<Destination> {
    const services = new Set<VirtualService>();
    for (const alike of this.#trash.values()) {
      for (const { destination } of alike) services.add(destination.service);
    }
    const remembered = new Set<Destination>();
    for (const { scheduler } of services) {
      for (const destination of scheduler?.remembered?.() ?? []) remembered.add(destination);
    }
    return remembered;
  }
}

/** Returns what stands for an address and port in a service of an identity. */
function trashKey({ id }: VirtualService, address: Address, port: number): string {
  const service =
    id.fwmark !== 0
      ? `${id.family} ${id.fwmark}`
      : `${id.protocol} ${id.family} ${endpointKey(id.address, id.port)}`;
  return `${service} ${address.family} ${endpointKey(address, port)}`;
}
