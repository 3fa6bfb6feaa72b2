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
import type { Profile } from "./profile.ts";
import type { SchedulableDestination } from "./scheduler.ts";
import { Stats } from "./stats.ts";
import type { VirtualService } from "./virtual-service.ts";

/** One real server. Lives on in the trash while connections remember it. */
export class Destination implements SchedulableDestination {
  /** Number by which connections know it, 1 or more. */
  readonly number: number;
  readonly address: Address;
  readonly port: number;
  readonly stats = new Stats();
  /** The service it belongs to, or belonged to when it was removed. */
  service: VirtualService;
  available = false;
  overloaded = false;
  lastWeight: number;
  activeConnections = 0;
  /** Connections, active or not; templates apart. */
  totalConnections = 0;
  persistentConnections = 0;
  readonly #profile: Profile;
  #config: DestinationConfig;

  constructor(
    number: number,
    service: VirtualService,
    address: Address,
    port: number,
    config: DestinationConfig,
    profile: Profile,
  ) {
    this.number = number;
    this.service = service;
    this.address = address;
    this.port = port;
    this.lastWeight = config.weight;
    this.#config = config;
    this.#profile = profile;
    this.#configured(0, 0);
  }

  get family(): Family {
    return this.address.family;
  }

  get config(): DestinationConfig {
    return this.#config;
  }

  get weight(): number {
    return this.#config.weight;
  }

  get usable(): boolean {
    return !this.overloaded && this.#config.weight > 0;
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

  /** Flags a new connection gets from it: method, inactive, and no-output unless NAT. */
  get connectionFlags(): number {
    const method = FORWARDING_METHODS.indexOf(this.#config.method);
    return CONNECTION_FLAG.inactive | (method === 0 ? 0 : CONNECTION_FLAG.noOutput) | method;
  }

  /** Whether connections, templates or replies may still ask for it. */
  get referenced(): boolean {
    return this.totalConnections > 0 || this.persistentConnections > 0;
  }

  /** Replaces the configuration, as an edit or a return from the trash does. */
  configure(config: DestinationConfig, added: boolean): void {
    const { upperThreshold, lowerThreshold } = this.#config;
    this.#config = config;
    if (added || config.weight !== 0) this.lastWeight = config.weight;
    this.#configured(upperThreshold, lowerThreshold);
  }

  /** Counts an ordinary connection, or a template, that was bound to it. */
  bind(template: boolean): void {
    if (template) this.persistentConnections++;
    else this.totalConnections++;
    if (this.#profile.overload === "eager") {
      const { upperThreshold } = this.#config;
      if (upperThreshold !== 0 && this.totalConnections >= upperThreshold) this.overloaded = true;
    } else if (!template && this.totalConnections === this.#config.upperThreshold) {
      this.#recompute(1);
    }
  }

  /** Counts an ordinary connection, or a template, that has ended. */
  unbind(template: boolean, active: boolean): void {
    if (template) this.persistentConnections--;
    if (this.#profile.overload === "eager") {
      if (!template) this.#drop(active);
      const { upperThreshold, lowerThreshold } = this.#config;
      const total = this.totalConnections;
      if (lowerThreshold !== 0) {
        if (total < lowerThreshold) this.overloaded = false;
      } else if (upperThreshold !== 0) {
        if (total * 4 < upperThreshold * 3) this.overloaded = false;
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

  #drop(active: boolean): void {
    if (active) this.activeConnections--;
    this.totalConnections--;
  }

  #configured(upperBefore: number, lowerBefore: number): void {
    const { upperThreshold, lowerThreshold } = this.#config;
    if (this.#profile.overload === "eager") {
      if (upperThreshold === 0 || upperThreshold > upperBefore) this.overloaded = false;
    } else if (upperThreshold !== upperBefore || lowerThreshold !== lowerBefore) {
      this.#recompute(0);
    }
  }

  /** The configured lower threshold, or three quarters of the upper one. */
  #lowerBound(): number {
    const { upperThreshold, lowerThreshold } = this.#config;
    return lowerThreshold !== 0 ? lowerThreshold : upperThreshold - Math.floor(upperThreshold / 4);
  }

  /** @param change 1 after a connection came, -1 after one went, 0 after an edit */
  #recompute(change: -1 | 0 | 1): void {
    const { upperThreshold } = this.#config;
    const total = this.totalConnections;
    if (upperThreshold === 0) this.overloaded = false;
    else if (change === 1) this.overloaded = total >= this.#lowerBound();
    else if (change === -1) this.overloaded = total >= upperThreshold;
    else if (total >= upperThreshold) this.overloaded = true;
    else if (total < this.#lowerBound()) this.overloaded = false;
  }
}
