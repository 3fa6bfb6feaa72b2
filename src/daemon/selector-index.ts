/**
 * The selectors of all services, kept service by service: a command changes one service, and a director
 * may have thousands.
 *
 * @module
 */
import { type Selector, selectorKey } from "../../dataplane/capture-rules.ts";
import { IpvsError } from "../base/error.ts";
import type { Administration } from "../control/backend.ts";
import { formatAddress } from "../net/address.ts";
import type { ServiceId } from "../wire/ipvs-objects.ts";
import { selectorsOfService } from "./selectors.ts";

/** Reads what there is. */
export type ConfigurationReader = Pick<Administration, "services" | "service" | "destinations">;

/** Selectors by service. */
export class SelectorIndex {
  readonly #configuration: ConfigurationReader;
  readonly #byService = new Map<string, readonly Selector[]>();

  constructor(configuration: ConfigurationReader) {
    this.#configuration = configuration;
  }

  /** All selectors; what several services want stands there several times. */
  get selectors(): readonly Selector[] {
    return [...this.#byService.values()].flat();
  }

  /** Reads one service anew, which may have gone; returns whether it now wants other packets. */
  refresh(id: ServiceId): boolean {
    const key = serviceKey(id);
    const before = this.#byService.get(key) ?? [];
    const now = this.#exists(id)
      ? selectorsOfService(id, this.#configuration.destinations(id))
      : [];
    if (sameSelectors(before, now)) return false;
    if (now.length === 0) this.#byService.delete(key);
    else this.#byService.set(key, now);
    return true;
  }

  /** Reads all services anew. */
  refreshAll(): void {
    this.#byService.clear();
    for (const { id } of this.#configuration.services()) this.refresh(id);
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

function sameSelectors(some: readonly Selector[], others: readonly Selector[]): boolean {
  if (some.length !== others.length) return false;
  const keys = new Set(some.map(selectorKey));
  return others.every((selector) => keys.has(selectorKey(selector)));
}
