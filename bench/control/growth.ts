/**
 * What a command costs a director as its table grows: in one large service, and among many services.
 *
 * The director is asked directly; sockets and front end are left out.
 *
 * @module
 */
import { StaticHost } from "../../dataplane/static-host.ts";
import { schedulers } from "../../schedulers/index.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { Director } from "../../src/engine/director.ts";
import { destinationConfig, serviceConfig, serviceId } from "../../src/engine/shorthand.ts";
import { ipv4Address } from "../../src/net/address.ts";
import type { DestinationId, ServiceId } from "../../src/wire/ipvs-objects.ts";

const FIRST_VIRTUAL = 0x0a400001;
const FIRST_SERVER = 0x0a410001;
const PORTS = 10_000;
const FIRST_PORT = 1_000;
/** Seconds after which the director has forgotten what was removed. */
const TRASHED = 400;
const ESTIMATION = 2;

/** The shape of a table. */
export interface Shape {
  readonly services: number;
  /** Of each service. */
  readonly destinations: number;
  readonly scheduler: string;
}

/** What commands cost, in µs each. */
export interface Costs {
  readonly add: number;
  readonly edit: number;
  /** The listing of one destination, its service listed whole. */
  readonly list: number;
  readonly remove: number;
  /** Of what was removed and is still remembered. */
  readonly addAgain: number;
  /** The whole two-second estimation, in ms, after a packet for nobody. */
  readonly estimation: number;
}

/** Measures the costs for tables of a shape, as many one after the other as make `commands` of each kind. */
export function costsOf(shape: Shape, commands: number): Costs {
  const tables = Math.max(1, Math.round(commands / (shape.services * shape.destinations)));
  const sums = { add: 0, edit: 0, list: 0, remove: 0, addAgain: 0, estimation: 0 };
  for (let table = 0; table < tables; table++) {
    const times = timesOf(shape);
    for (const key of KEYS) sums[key] += times[key];
  }
  const each = 1000 / (tables * shape.services * shape.destinations);
  return {
    add: sums.add * each,
    edit: sums.edit * each,
    list: sums.list * each,
    remove: sums.remove * each,
    addAgain: sums.addAgain * each,
    estimation: sums.estimation / tables,
  };
}

const KEYS = ["add", "edit", "list", "remove", "addAgain", "estimation"] as const;

/** Returns ms of each. */
function timesOf({ services, destinations, scheduler }: Shape): Costs {
  const clock = new ManualClock();
  const director = new Director({ schedulers, clock, host: new StaticHost() });
  const ids: readonly ServiceId[] = Array.from({ length: services }, (_, number) => ({
    ...serviceId("tcp", "192.0.2.1:80"),
    address: ipv4Address(FIRST_VIRTUAL + Math.floor(number / PORTS)),
    port: FIRST_PORT + (number % PORTS),
  }));
  const servers: readonly DestinationId[] = Array.from({ length: destinations }, (_, number) => ({
    address: ipv4Address(FIRST_SERVER + number),
    port: 80,
  }));
  const light = destinationConfig();
  const heavy = destinationConfig({ weight: 3 });
  const all = (command: (service: ServiceId, server: DestinationId) => void) =>
    time(() => {
      for (const service of ids) for (const server of servers) command(service, server);
    });
  for (const id of ids) director.addService(id, serviceConfig({ scheduler }));
  const add = all((service, server) => director.addDestination(service, server, light));
  const edit = all((service, server) => director.editDestination(service, server, heavy));
  const list = time(() => {
    for (const id of ids) director.destinations(id);
  });
  clock.advance(ESTIMATION * 1000);
  const estimation = time(() => director.advance());
  const remove = all((service, server) => director.deleteDestination(service, server));
  const addAgain = all((service, server) => director.addDestination(service, server, light));
  director.flush();
  clock.advance(TRASHED * 1000);
  director.advance();
  return { add, edit, list, remove, addAgain, estimation };
}

function time(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}
