/**
 * The selectors of all services, kept service by service: a command changes one service, and a director
 * may have thousands. Tells what has changed since the host was told last.
 *
 * @module
 */
import { type Selector, type SelectorChange, selectorKey } from "../../dataplane/capture-rules.ts";
import { IpvsError } from "../base/error.ts";
import type { Administration } from "../control/backend.ts";
import { formatAddress } from "../net/address.ts";
import type { ServiceId } from "../wire/ipvs-objects.ts";
import { selectorsOfService } from "./selectors.ts";

/** Reads what there is. */
export type ConfigurationReader = Pick<Administration, "services" | "service" | "destinations">;

/** Selectors by `selectorKey`. */
type SelectorSet = ReadonlyMap<string, Selector>;

const NONE: SelectorSet = new Map();

/** Selectors by service. */
export class SelectorIndex {
  readonly #configuration: ConfigurationReader;
  readonly #byService = new Map<string, SelectorSet>();
  /** How many services want a selector, by its key. */
  readonly #users = new Map<string, number>();
  /** What the host has yet to be told; no selector stands in both. */
  readonly #added = new Map<string, Selector>();
  readonly #removed = new Map<string, Selector>();

  constructor(configuration: ConfigurationReader) {
    this.#configuration = configuration;
  }

  /** What has changed since `settled` was called last, or since the beginning. */
  get change(): SelectorChange {
    return { add: [...this.#added.values()], remove: [...this.#removed.values()] };
  }

  /** Whether there is any change. */
  get changed(): boolean {
    return this.#added.size + this.#removed.size > 0;
  }

  /** Takes note that the host has been told of the change. */
  settled(): void {
    this.#added.clear();
    this.#removed.clear();
  }

  /** Reads one service anew, which may have gone. */
  refresh(id: ServiceId): void {
    this.#replace(serviceKey(id), this.#exists(id) ? this.#read(id) : NONE);
  }

  /** Reads all services anew. */
  refreshAll(): void {
    const now = new Map<string, SelectorSet>();
    for (const { id } of this.#configuration.services()) now.set(serviceKey(id), this.#read(id));
    for (const [key, selectors] of now) this.#replace(key, selectors);
    for (const key of [...this.#byService.keys()]) if (!now.has(key)) this.#replace(key, NONE);
  }

  #read(id: ServiceId): SelectorSet {
    const selectors = selectorsOfService(id, this.#configuration.destinations(id));
    return new Map(selectors.map((selector) => [selectorKey(selector), selector]));
  }

  #replace(service: string, now: SelectorSet): void {
    const before = this.#byService.get(service) ?? NONE;
    for (const [key, selector] of now) if (!before.has(key)) this.#want(key, selector);
    for (const [key, selector] of before) if (!now.has(key)) this.#leave(key, selector);
    if (now.size === 0) this.#byService.delete(service);
    else this.#byService.set(service, now);
  }

  #want(key: string, selector: Selector): void {
    const users = this.#users.get(key) ?? 0;
    this.#users.set(key, users + 1);
    if (users === 0 && !this.#removed.delete(key)) this.#added.set(key, selector);
  }

  #leave(key: string, selector: Selector): void {
    const users = this.#users.get(key) ?? 0;
    if (users > 1) {
      this.#users.set(key, users - 1);
      return;
    }
    this.#users.delete(key);
    if (!this.#added.delete(key)) this.#removed.set(key, selector);
  }

  #exists(id: ServiceId): boolean {
    try {
      this.#configuration.service(id);
      return true;
    } catch (error) {
      if (error instanceof IpvsError && error.code === "ESRCH") return false;
      throw error;
    }
  }
}

function serviceKey({ family, fwmark, protocol, address, port }: ServiceId): string {
  if (fwmark !== 0) return `${family} mark ${fwmark}`;
  return `${protocol} ${formatAddress(address)} ${port}`;
}
