/**
 * One real server of one service: configuration, connection counters, overload, statistics.
 *
 * Source: linux ip_vs_ctl.c, ip_vs.h `struct ip_vs_dest`.
 *
 * @module
 */
import type { Address, Family } from "../net/address.ts";
import type { DestinationConfig, DestinationStatus } from "../wire/ipvs-objects.ts";
import { FORWARDING_METHODS } from "../wire/ipvs-objects.ts";
import { CONNECTION_FLAG } from "./connection-records.ts";
import { NO_PLACE } from "./destination-list.ts";
import type { Route } from "./host.ts";
import type { Profile } from "./profile.ts";
import type { SchedulableDestination } from "./scheduler.ts";
import type { Stats } from "./stats.ts";
import type { VirtualService } from "./virtual-service.ts";

/** One real server. Lives on in the trash while connections remember it. */
export class Destination implements SchedulableDestination {
  // What every connection touches comes first, then what every packet does, and so lies side by side in memory.
  place = NO_PLACE;
  overloaded = false;
  activeConnections = 0;
  /** Connections, active or not; templates apart. */
  totalConnections = 0;
  #weight = 0;
  #upperThreshold = 0;
  available = false;
  /** The service it belongs to, or belonged to when it was removed. */
  service: VirtualService;
  /** The address of an IPv4 one, as a signed word. */
  readonly address4: number = 0;
  /** Where its row of statistics begins: `stats.at`. */
  readonly statsAt: number = 0;
  /** The host's way to it when the host's answers were those of `wayEpoch`; -1 for never asked. */
  way: Route | undefined;
  wayEpoch = -1;
  readonly #profile: Profile;
  persistentConnections = 0;
  /** Number by which connections know it, 1 or more. */
  readonly number: number;
  readonly address: Address;
  readonly port: number;
  readonly stats: Stats;
  lastWeight: number;
  /** MTU of the way its last tunnelled packet went, in bytes; 0 where none has since it was configured. */
  pathMtu = 0;
  /** Whether that MTU had been learned from a report. */
  pathLearned = false;
  #lowerThreshold = 0;
  #connectionFlags = 0;
  #config: DestinationConfig;

  constructor(
    number: number,
    service: VirtualService,
    address: Address,
    port: number,
    config: DestinationConfig,
    profile: Profile,
    stats: Stats,
  ) {
    this.service = service;
    this.#profile = profile;
    this.number = number;
    this.address = address;
    this.address4 = address.words[0]! | 0;
    this.port = port;
    this.stats = stats;
    this.statsAt = stats.at;
    this.lastWeight = config.weight;
    this.#config = config;
    this.#configured();
  }

  get family(): Family {
    return this.address.family;
  }

  /** Flags a new connection gets from it: method, inactive, and no-output unless NAT. */
  get connectionFlags(): number {
    return this.#connectionFlags;
  }

  get config(): DestinationConfig {
    return this.#config;
  }

  get weight(): number {
    return this.#weight;
  }

  get usable(): boolean {
    return !this.overloaded && this.#weight > 0;
  }

  /** Connections not in an active state. */
  get inactiveConnections(): number {
    return Math.max(this.totalConnections - this.activeConnections, 0);
  }

  get overhead(): number {
    const rest =
      this.#profile.overhead === "total" ? this.totalConnections : this.inactiveConnections;
    return 256 * this.activeConnections + rest;
  }

  /** Whether connections, templates or replies may still ask for it. */
  get referenced(): boolean {
    return this.totalConnections > 0 || this.persistentConnections > 0;
  }

  /** Replaces the configuration, as an edit or a return from the trash does. */
  configure(config: DestinationConfig, added: boolean): void {
    this.#config = config;
    this.pathMtu = 0;
    this.pathLearned = false;
    if (added || config.weight !== 0) this.lastWeight = config.weight;
    this.#configured();
    this.#changed();
  }

  /** Counts an ordinary connection, or a template, that was bound to it. */
  bind(template: boolean): void {
    if (template) this.persistentConnections++;
    else this.totalConnections++;
    if (this.#profile.overload === "eager") {
      const upperThreshold = this.#upperThreshold;
      if (upperThreshold !== 0 && this.totalConnections >= upperThreshold) this.overloaded = true;
    } else if (!template && this.totalConnections === this.#upperThreshold) {
      this.#recompute(1);
    }
    this.#changed();
  }

  /** Counts an ordinary connection as active from now on, or as inactive. */
  recount(active: boolean): void {
    this.activeConnections += active ? 1 : -1;
    this.#changed();
  }

  /** Counts an ordinary connection, or a template, that has ended. */
  unbind(template: boolean, active: boolean): void {
    this.#uncount(template, active);
    this.#changed();
  }

  /** Returns the destination as it is listed. */
  status(): DestinationStatus {
    return {
      id: { address: this.address, port: this.port },
      config: this.#config,
      activeConnections: this.activeConnections,
      inactiveConnections: this.inactiveConnections,
      persistentConnections: this.persistentConnections,
      stats: this.stats.snapshot(),
    };
  }

  #uncount(template: boolean, active: boolean): void {
    if (template) this.persistentConnections--;
    if (this.#profile.overload === "eager") {
      if (!template) this.#drop(active);
      const total = this.totalConnections;
      if (this.#lowerThreshold !== 0) {
        if (total < this.#lowerThreshold) this.overloaded = false;
      } else if (this.#upperThreshold !== 0) {
        if (total * 4 < this.#upperThreshold * 3) this.overloaded = false;
      } else {
        this.overloaded = false;
      }
      return;
    }
    if (template) return;
    const crossing = this.totalConnections === this.#lowerBound();
    this.#drop(active);
    if (crossing) this.#recompute(-1);
  }

  /** Lets the service's scheduler look at it again. */
  #changed(): void {
    if (this.place !== NO_PLACE) this.service.list.note(this.place);
  }

  #drop(active: boolean): void {
    if (active) this.activeConnections--;
    this.totalConnections--;
  }

  /** Takes over what the configuration says. */
  #configured(): void {
    const { method, weight, upperThreshold, lowerThreshold } = this.#config;
    const number = FORWARDING_METHODS.indexOf(method);
    const noOutput = number === 0 ? 0 : CONNECTION_FLAG.noOutput;
    this.#connectionFlags = CONNECTION_FLAG.inactive | noOutput | number;
    const upperBefore = this.#upperThreshold;
    const lowerBefore = this.#lowerThreshold;
    this.#weight = weight;
    this.#upperThreshold = upperThreshold;
    this.#lowerThreshold = lowerThreshold;
    if (this.#profile.overload === "eager") {
      if (upperThreshold === 0 || upperThreshold > upperBefore) this.overloaded = false;
    } else if (upperThreshold !== upperBefore || lowerThreshold !== lowerBefore) {
      this.#recompute(0);
    }
  }

  /** The configured lower threshold, or three quarters of the upper one. */
  #lowerBound(): number {
    const upperThreshold = this.#upperThreshold;
    return this.#lowerThreshold !== 0
      ? this.#lowerThreshold
      : upperThreshold - Math.floor(upperThreshold / 4);
  }

  /** @param change 1 after a connection came, -1 after one went, 0 after an edit */
  #recompute(change: -1 | 0 | 1): void {
    const upperThreshold = this.#upperThreshold;
    const total = this.totalConnections;
    if (upperThreshold === 0) this.overloaded = false;
    else if (change === 1) this.overloaded = total >= this.#lowerBound();
    else if (change === -1) this.overloaded = total >= upperThreshold;
    else if (total >= upperThreshold) this.overloaded = true;
    else if (total < this.#lowerBound()) this.overloaded = false;
  }
}
