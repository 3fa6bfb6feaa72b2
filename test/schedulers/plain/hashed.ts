/**
 * dh, sh and mh with tables made anew at every change.
 *
 * @module
 */
import { gcd } from "../../../schedulers/weights.ts";
import { hash32, sipHash13 } from "../../../src/base/hash.ts";
import type { SchedulableDestination } from "../../../src/engine/scheduler.ts";
import { fold } from "../../../src/net/address.ts";
import type { PlainModule } from "./plain-scheduler.ts";

const BUCKETS = 256;
const FALLBACK = 0x8;
const WITH_PORT = 0x10;
const PROTOCOLS_WITH_PORTS = [6, 17, 132];

export const dh: PlainModule = (service) => {
  let table: (typeof service.destinations)[number][] = [];
  const deal = (): void => {
    const { destinations } = service;
    table = [];
    if (destinations.length === 0) return;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      table.push(destinations[bucket % destinations.length]!);
    }
  };
  return {
    schedule: ({ destinationAddress }) => usableOr(table[hash32(fold(destinationAddress), 8)]),
    added: deal,
    removed: deal,
  };
};

export const sh: PlainModule = (service) => {
  let table: (typeof service.destinations)[number][] = [];
  const deal = (): void => {
    const { destinations } = service;
    table = [];
    for (let turn = 0; destinations.length > 0 && table.length < BUCKETS; turn++) {
      const destination = destinations[turn % destinations.length]!;
      for (let dealt = 0; dealt < Math.max(1, destination.weight); dealt++) {
        if (table.length < BUCKETS) table.push(destination);
      }
    }
  };
  return {
    schedule: ({ clientAddress, clientPort, protocol }) => {
      const port = portIf(service.flags, protocol, clientPort);
      const index = hash32((port + fold(clientAddress)) >>> 0, 8);
      const hashed = table[index];
      if (hashed === undefined || isUsable(hashed)) return hashed;
      if ((service.flags & FALLBACK) === 0) return undefined;
      for (let turn = 0; turn < BUCKETS; turn++) {
        const other = table[(((turn + index) % BUCKETS) + index) % BUCKETS]!;
        if (isUsable(other)) return other;
      }
      return undefined;
    },
    added: deal,
    removed: deal,
    edited: deal,
  };
};

/** Returns mh with a table of a size. */
export function maglev(size: number): PlainModule {
  return (service) => {
    let table: (typeof service.destinations)[number][] = [];
    const populate = (): void => {
      const { destinations, family } = service;
      if (destinations.length > size) return;
      const divisor = destinations.reduce((sum, { lastWeight }) => gcd(lastWeight, sum), 0);
      table = [];
      if (divisor === 0) return;
      const highest = Math.max(...destinations.map(({ lastWeight }) => lastWeight));
      const bits = Math.floor(highest / divisor).toString(2).length;
      const shift = Math.max(0, bits - 6);
      const walks = destinations.map(({ address, port }) => {
        const key = port + (family === 4 ? address.words[0]! : fold(address.words));
        return {
          at: sipHash13(2654435761, key) % size,
          step: (sipHash13(2654446892, key) % (size - 1)) + 1,
        };
      });
      let free = size;
      while (free > 0) {
        for (const [index, destination] of destinations.entries()) {
          const walk = walks[index]!;
          const { lastWeight } = destination;
          const turns = lastWeight === 0 ? 0 : Math.max(1, (lastWeight / divisor) >> shift);
          for (let turn = 0; turn < turns && free > 0; turn++, free--) {
            while (table[walk.at] !== undefined) walk.at = (walk.at + walk.step) % size;
            table[walk.at] = destination;
          }
        }
      }
    };
    return {
      schedule: ({ clientAddress, clientPort, protocol }) => {
        const key = portIf(service.flags, protocol, clientPort) + fold(clientAddress);
        const slot = sipHash13(2654435761, key) % size;
        const hashed = table[slot];
        if (hashed === undefined || isUsable(hashed)) return hashed;
        if ((service.flags & FALLBACK) === 0) return undefined;
        for (let turn = 0; turn < size; turn++) {
          const other = table[sipHash13(2654435761, key + ((turn + slot) % size)) % size]!;
          if (isUsable(other)) return other;
        }
        return undefined;
      },
      added: populate,
      removed: populate,
      edited: populate,
    };
  };
}

export const mh: PlainModule = maglev(4093);

function isUsable({ weight, overloaded }: SchedulableDestination): boolean {
  return weight > 0 && !overloaded;
}

function usableOr<D extends SchedulableDestination>(destination: D | undefined): D | undefined {
  return destination !== undefined && isUsable(destination) ? destination : undefined;
}

function portIf(flags: number, protocol: number, port: number): number {
  return (flags & WITH_PORT) !== 0 && PROTOCOLS_WITH_PORTS.includes(protocol) ? port : 0;
}
