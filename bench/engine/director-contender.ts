/**
 * The director as a contender, in a process of its own.
 *
 *     node director-contender.js METHOD CONNECTIONS      METHOD: nat | dr | tun
 *
 * @module
 */
import { StaticHost } from "../../dataplane/static-host.ts";
import { schedulers } from "../../schedulers/index.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { Director } from "../../src/engine/director.ts";
import { VERDICT } from "../../src/engine/verdict.ts";
import { ipv4Address } from "../../src/net/address.ts";
import { TCP } from "../../src/net/protocol.ts";
import type { Frame } from "../../src/wire/frame.ts";
import type { ForwardingMethod } from "../../src/wire/ipvs-objects.ts";
import { type Contender, obey, Player } from "./contender.ts";
import { DIRECTOR, FIRST_SERVER, PORT, SERVERS, VIRTUAL } from "./crowd.ts";
import { type Pauses, TurnTimer } from "./pauses.ts";

const METHODS: Readonly<Record<string, ForwardingMethod>> = {
  nat: "masquerade",
  dr: "direct-route",
  tun: "tunnel",
};

const [methodName = "nat", connections = "1000"] = process.argv.slice(2);

class DirectorContender implements Contender {
  readonly clock = new ManualClock();
  readonly director = new Director({
    schedulers,
    clock: this.clock,
    host: new StaticHost({ addresses: [ipv4Address(DIRECTOR), ipv4Address(VIRTUAL)] }),
  });

  constructor(method: ForwardingMethod) {
    const service = {
      family: 4,
      protocol: TCP,
      address: ipv4Address(VIRTUAL),
      port: PORT,
      fwmark: 0,
    } as const;
    const config = { scheduler: "rr", flags: 0, timeout: 0, netmask: 0xffffffff };
    this.director.addService(service, config);
    for (let server = 0; server < SERVERS; server++) {
      this.director.addDestination(
        service,
        { address: ipv4Address(FIRST_SERVER + server), port: PORT },
        {
          method,
          weight: 1,
          upperThreshold: 0,
          lowerThreshold: 0,
          tunnelType: 0,
          tunnelPort: 0,
          tunnelFlags: 0,
        },
      );
    }
  }

  take(batch: readonly Frame[], count: number): void {
    const { director } = this;
    director.expect(batch, count);
    for (let at = 0; at < count; at++) {
      if (director.localIn(batch[at]!) !== VERDICT.forward)
        throw new Error("A packet was not forwarded");
    }
  }
}

/** Milliseconds after which connections just opened have come due, whatever their timers were rounded to. */
const LONG = 75_000;
/** What the pump lets the director see to between two batches. */
const MOST_TIMERS = 256;

/** Connections that come and go before anything is measured, and how many at a time. */
const WARM_UP = 60_000;
const WARM_UP_AT_ONCE = 20_000;

const count = Number(connections);
const contender = new DirectorContender(METHODS[methodName]!);
const player = new Player(contender, count);
const before = process.memoryUsage();
warmUp();

/** Lets the compiler be done with the director, in tables no larger than they will be. */
function warmUp(): void {
  const some = Math.min(count, WARM_UP_AT_ONCE);
  const first = new Player(contender, some);
  for (let opened = 0; opened < WARM_UP; opened += some) {
    first.open();
    contender.clock.advance(LONG);
    settle(() => contender.director.connectionCount === 0);
  }
}

/** Bytes a connection: what is allocated for tables and timers, and what the process has grown by. */
function memory(): { readonly tables: number; readonly resident: number } {
  const now = process.memoryUsage();
  return {
    tables: (now.arrayBuffers - before.arrayBuffers) / count,
    resident: (now.rss - before.rss) / count,
  };
}

/** Turns until the director has nothing left to do. */
function settle(isOver: () => boolean): Pauses & { readonly perSecond: number } {
  const timer = new TurnTimer();
  while (!isOver()) timer.turn(() => contender.director.advance(MOST_TIMERS));
  return { ...timer.result(), perSecond: (count / timer.total) * 1000 };
}

/** Opens all, lets all expire, opens all again and flushes; times of each turn of the loop. */
function live(): Readonly<Record<string, Pauses>> {
  const { clock, director } = contender;
  const opening = (): Pauses => {
    const timer = new TurnTimer();
    player.openInTurns((work) => timer.turn(work));
    return timer.result();
  };
  const insert = opening();
  clock.advance(LONG);
  const expire = settle(() => director.connectionCount === 0);
  const again = opening();
  director.setSysctl("expire_nodest_conn", 1);
  const timer = new TurnTimer();
  timer.turn(() => director.flush());
  clock.advance(20);
  const flush = settle(() => director.connectionCount === 0);
  const longest = Math.max(flush.longest, timer.result().longest);
  return { insert, expire, "insert again": again, flush: { ...flush, longest } };
}

await obey({
  open: () => player.open(),
  run: (packets) => player.run(packets),
  memory,
  live,
});
