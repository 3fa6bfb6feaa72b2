/**
 * The virtual services, found by tuple and by firewall mark, listed in a kernel's order.
 *
 * @module
 */
import { type AddressWords, type Family, fold, sameWords } from "../net/address.ts";
import { TCP } from "../net/protocol.ts";
import type { ServiceId } from "../wire/ipvs-objects.ts";
import type { VirtualService } from "./virtual-service.ts";

const FTP_PORT = 21;
const FTP_DATA_PORT = 20;
/** First port of net.ipv4.ip_unprivileged_port_start unless the host sets another. */
const UNPRIVILEGED_PORT = 1024;
/** Buckets of the kernel's tables, which decide the order of listings. */
const LISTED_BUCKETS = 256;

/** One service in its chain. */
interface Entry {
  readonly service: VirtualService;
  next: Entry | undefined;
}

/** The virtual services of a director. */
export class ServiceTable {
  #byTuple: (Entry | undefined)[] = new Array(256).fill(undefined);
  #byMark: (Entry | undefined)[] = new Array(256).fill(undefined);
  /** Services by tuple once more, chained by address alone. */
  #byAddress: (Entry | undefined)[] = new Array(256).fill(undefined);
  #size = 0;
  #marked = 0;
  /** Services on port 21, and services that may catch any port. */
  #ftp = 0;
  #anyPort = 0;
  /** When each service was added, as a count of additions. */
  readonly #added = new WeakMap<VirtualService, number>();
  #additions = 0;
  #revision = 0;

  /** Services in the table. */
  get size(): number {
    return this.#size;
  }

  /** A number that changes when a service comes or goes. */
  get revision(): number {
    return this.#revision;
  }

  /**
   * Returns the service a packet is for. First hit wins: its mark; its exact tuple; for TCP towards a
   * port FTP may use for data, the FTP service of the address; a service for every port.
   */
  lookup(
    family: Family,
    mark: number,
    protocol: number,
    address: Readonly<AddressWords>,
    port: number,
  ): VirtualService | undefined {
    return (
      this.byMark(family, mark) ??
      this.byTuple(family, protocol, address, port) ??
      this.ftpOf(family, protocol, address, port) ??
      this.anyPortOf(family, protocol, address)
    );
  }

  /** The first rule of `lookup`. */
  byMark(family: Family, mark: number): VirtualService | undefined {
    return mark !== 0 && this.#marked > 0 ? this.#findMark(family, mark) : undefined;
  }

  /** The second rule of `lookup`. */
  byTuple(
    family: Family,
    protocol: number,
    address: Readonly<AddressWords>,
    port: number,
  ): VirtualService | undefined {
    return this.#findTuple(family, protocol, address, port);
  }

  /** The third rule of `lookup`. */
  ftpOf(
    family: Family,
    protocol: number,
    address: Readonly<AddressWords>,
    port: number,
  ): VirtualService | undefined {
    if (this.#ftp === 0 || !mayBeFtpData(protocol, port)) return undefined;
    return this.#findTuple(family, protocol, address, FTP_PORT);
  }

  /** The last rule of `lookup`. */
  anyPortOf(
    family: Family,
    protocol: number,
    address: Readonly<AddressWords>,
  ): VirtualService | undefined {
    return this.#anyPort > 0 ? this.#findTuple(family, protocol, address, 0) : undefined;
  }

  /** Returns the service of exactly this identity. */
  find(id: ServiceId): VirtualService | undefined {
    return id.fwmark !== 0
      ? this.#findMark(id.family, id.fwmark)
      : this.#findTuple(id.family, id.protocol, id.address.words, id.port);
  }

  /** Whether any service has this address, whatever its protocol and port. */
  hasAddress(family: Family, address: Readonly<AddressWords>): boolean {
    let entry = this.#byAddress[mixAddress(address) & (this.#byAddress.length - 1)];
    for (; entry !== undefined; entry = entry.next) {
      const { id } = entry.service;
      if (id.family === family && sameWords(id.address.words, address)) return true;
    }
    return false;
  }

  /** Adds a service that is not there. */
  add(service: VirtualService): void {
    if (this.#size >= this.#byTuple.length * 2) this.#grow();
    this.#link(service);
    this.#count(service.id, 1);
  }

  /** Removes a service that is there. */
  remove(service: VirtualService): void {
    const { id } = service;
    if (id.fwmark !== 0) {
      unlink(this.#byMark, mixMark(id.fwmark), service);
    } else {
      unlink(this.#byTuple, mixTuple(id.protocol, id.address.words, id.port), service);
      unlink(this.#byAddress, mixAddress(id.address.words), service);
    }
    this.#count(id, -1);
  }

  /** The services in no particular order. */
  *[Symbol.iterator](): IterableIterator<VirtualService> {
    for (const chains of [this.#byTuple, this.#byMark]) {
      for (const head of chains) {
        for (let entry = head; entry !== undefined; entry = entry.next) yield entry.service;
      }
    }
  }

  /**
   * Returns the services in a kernel's order: those by address before those by mark, each by bucket
   * of 256, newest first in a bucket. (A kernel also mixes a number of its own into the bucket.)
   *
   * Source: linux ip_vs_ctl.c `ip_vs_svc_hashkey`.
   */
  listed(): readonly VirtualService[] {
    const buckets: VirtualService[][] = Array.from({ length: LISTED_BUCKETS * 2 }, () => []);
    for (const service of this) {
      const { id } = service;
      const bucket =
        id.fwmark !== 0
          ? LISTED_BUCKETS + (id.fwmark & 255)
          : (id.protocol ^ fold(id.address.words) ^ (id.port >>> 8) ^ id.port) & 255;
      buckets[bucket]!.push(service);
    }
    return buckets.flatMap((bucket) => bucket.sort((a, b) => this.#age(b) - this.#age(a)));
  }

  #age(service: VirtualService): number {
    return this.#added.get(service) ?? 0;
  }

  #findMark(family: Family, mark: number): VirtualService | undefined {
    let entry = this.#byMark[mixMark(mark) & (this.#byMark.length - 1)];
    for (; entry !== undefined; entry = entry.next) {
      const { id } = entry.service;
      if (id.fwmark === mark && id.family === family) return entry.service;
    }
    return undefined;
  }

  #findTuple(
    family: Family,
    protocol: number,
    address: Readonly<AddressWords>,
    port: number,
  ): VirtualService | undefined {
    let entry = this.#byTuple[mixTuple(protocol, address, port) & (this.#byTuple.length - 1)];
    for (; entry !== undefined; entry = entry.next) {
      const { id } = entry.service;
      if (
        id.port === port &&
        id.protocol === protocol &&
        id.family === family &&
        sameWords(id.address.words, address)
      ) {
        return entry.service;
      }
    }
    return undefined;
  }

  #link(service: VirtualService): void {
    const { id } = service;
    if (id.fwmark !== 0) {
      link(this.#byMark, mixMark(id.fwmark), service);
    } else {
      link(this.#byTuple, mixTuple(id.protocol, id.address.words, id.port), service);
      link(this.#byAddress, mixAddress(id.address.words), service);
    }
    if (!this.#added.has(service)) this.#added.set(service, ++this.#additions);
  }

  #count(id: ServiceId, change: 1 | -1): void {
    this.#revision++;
    this.#size += change;
    if (id.fwmark !== 0) this.#marked += change;
    if (id.fwmark === 0 && id.port === FTP_PORT) this.#ftp += change;
    if (id.fwmark !== 0 || id.port === 0) this.#anyPort += change;
  }

  #grow(): void {
    const services = [...this].reverse();
    const chains = this.#byTuple.length * 4;
    this.#byTuple = new Array(chains).fill(undefined);
    this.#byMark = new Array(chains).fill(undefined);
    this.#byAddress = new Array(chains).fill(undefined);
    for (const service of services) this.#link(service);
  }
}

/** Whether a packet to this port may be one of an FTP data connection. */
export function mayBeFtpData(protocol: number, port: number): boolean {
  return protocol === TCP && (port === FTP_DATA_PORT || port >= UNPRIVILEGED_PORT);
}

/** Puts a service at the head of its chain; the number of chains is a power of two. */
function link(chains: (Entry | undefined)[], hash: number, service: VirtualService): void {
  const slot = hash & (chains.length - 1);
  chains[slot] = { service, next: chains[slot] };
}

/** Takes a service that is there out of its chain. */
function unlink(chains: (Entry | undefined)[], hash: number, service: VirtualService): void {
  const slot = hash & (chains.length - 1);
  let before: Entry | undefined;
  let entry = chains[slot];
  while (entry !== undefined && entry.service !== service) {
    before = entry;
    entry = entry.next;
  }
  if (entry === undefined) return;
  if (before === undefined) chains[slot] = entry.next;
  else before.next = entry.next;
}

function mixMark(mark: number): number {
  const hash = Math.imul(mark, 0x9e3779b1);
  return hash ^ (hash >>> 15);
}

function mixAddress(address: Readonly<AddressWords>): number {
  return mixMark(address[0]! ^ address[1]! ^ address[2]! ^ address[3]!);
}

function mixTuple(protocol: number, address: Readonly<AddressWords>, port: number): number {
  const folded = address[0]! ^ address[1]! ^ address[2]! ^ address[3]!;
  const hash = Math.imul(folded ^ (port << 16) ^ (protocol << 3) ^ port, 0x9e3779b1);
  return hash ^ (hash >>> 15);
}
