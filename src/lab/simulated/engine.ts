/**
 * The engine of a director on a simulated host: it has no device, as packets come and go by the host.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import { schedulers } from "../../../schedulers/index.ts";
import type { Clock, Milliseconds } from "../../base/clock.ts";
import { SeededRandom } from "../../base/random.ts";
import { directorServices } from "../../control/director-services.ts";
import { explainServices } from "../../control/explain-services.ts";
import { NetlinkServer } from "../../control/netlink-server.ts";
import { statusItems } from "../../daemon/director-status.ts";
import type { Engine } from "../../daemon/engine.ts";
import { statusOf } from "../../daemon/status-of.ts";
import { Director } from "../../engine/director.ts";
import type { Profile } from "../../engine/profile.ts";
import type { VirtualHost } from "../../host/virtual-host.ts";

/** How often time passes where no packet comes: the unit the kernel's timers count in is finer, a person's is not. */
const INTERVAL: Milliseconds = 100;

/** What it is made of. */
export interface SimulatedEngineOptions {
  readonly host: VirtualHost;
  readonly clock: Clock;
  readonly profile: Profile;
  /** Path of the control socket, as the director tells it of itself. */
  readonly socket: string;
  readonly log: (line: string) => void;
  /** A command has asked the director to end. */
  readonly stopRequested: () => void;
}

/** A director and the server that has it obey. */
export class SimulatedEngine implements Engine {
  readonly deviceName = "simulated";
  readonly #host: VirtualHost;
  readonly #director: Director;
  readonly #server: NetlinkServer;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SimulatedEngineOptions) {
    const { host, clock, profile, socket, log, stopRequested } = options;
    const random = new SeededRandom(randomInt(2 ** 32));
    const director = new Director({ schedulers, clock, host, random, profile });
    host.attach(director);
    const startedAt = clock.now();
    this.#host = host;
    this.#director = director;
    this.#server = new NetlinkServer(director, {
      ...directorServices(director),
      ...explainServices(director, Date.now() - startedAt),
      status: () =>
        statusItems(
          statusOf(director, {
            uptime: Math.floor((clock.now() - startedAt) / 1000),
            socket,
            device: this.deviceName,
            deviceKind: "memory",
            profile: profile.name,
            deviceDrops: host.drops(),
          }),
        ),
      stop: stopRequested,
      onFault: (error) => log(`A request could not be answered: ${String(error)}`),
    });
  }

  async *answer(message: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    // Listings show the time they are asked at, not that of the last packet.
    this.#host.advance();
    yield* this.#server.pieces(message);
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => this.#host.advance(), INTERVAL);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#director.close();
  }
}
