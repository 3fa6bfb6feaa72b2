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
import { type Address, sameAddress } from "../net/address.ts";
import type { DestinationConfig } from "../wire/ipvs-objects.ts";
import { Destination } from "./destination.ts";
import type { Profile } from "./profile.ts";
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
  #trash: Discarded[] = [];

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  /** Returns the destination of a number, or `undefined` for 0. */
  get(number: number): Destination | undefined {
    return this.#byNumber[number];
  }

  /** Whether removed destinations are being kept. */
  get hasTrash(): boolean {
    return this.#trash.length > 0;
  }

  /** Makes a destination for `service`, not in its list yet. */
  create(
    service: VirtualService,
    address: Address,
    port: number,
    config: DestinationConfig,
  ): Destination {
    const number = this.#free.pop() ?? this.#byNumber.length;
    const made = new Destination(number, service, address, port, config, this.#profile);
    this.#byNumber[number] = made;
    return made;
  }

  /** Puts a removed destination into the trash. */
  discard(destination: Destination): void {
    this.#trash.unshift({ destination, idleSince: undefined });
  }

  /**
   * Takes a destination back out of the trash if one of this address and port was removed from the same
   * service, or from one of the same identity.
   */
  reclaim(service: VirtualService, address: Address, port: number): Destination | undefined {
    const found = this.#trash.find(
      ({ destination }) =>
        destination.port === port &&
        sameAddress(destination.address, address) &&
        sameIdentity(destination.service, service),
    );
    if (found === undefined) return undefined;
    this.#trash = this.#trash.filter((entry) => entry !== found);
    return found.destination;
  }

  /** Forgets what nothing has referred to for two minutes; to be called every minute. */
  sweep(now: Ticks): void {
    const remembered = this.#remembered();
    this.#trash = this.#trash.filter((entry) => {
      if (entry.destination.referenced || remembered.has(entry.destination)) return true;
      if (entry.idleSince === undefined) {
        entry.idleSince = now;
        return true;
      }
      if (now - entry.idleSince < IDLE_SECONDS * this.#profile.ticksPerSecond) return true;
      this.#byNumber[entry.destination.number] = undefined;
      this.#free.push(entry.destination.number);
      return false;
    });
  }

  /** What the schedulers of the services remember that something in the trash was removed from. */
  #remembered(): ReadonlySet<Destination> {
    const services = new Set(this.#trash.map(({ destination }) => destination.service));
    const remembered = new Set<Destination>();
    for (const { scheduler } of services) {
      for (const destination of scheduler?.remembered?.() ?? []) remembered.add(destination);
    }
    return remembered;
  }
}

function sameIdentity(removedFrom: VirtualService, service: VirtualService): boolean {
  const a = removedFrom.id;
  const b = service.id;
  if (a.family !== b.family || a.fwmark !== b.fwmark) return false;
  return (
    a.fwmark !== 0 ||
    (a.protocol === b.protocol && a.port === b.port && sameAddress(a.address, b.address))
  );
}
