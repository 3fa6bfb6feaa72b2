/**
 * The clients of a script: who they are, which ports they use, and what they do when.
 *
 * @module
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Address } from "../net/address.ts";
import { ADDRESS_BITS, maskOf, networkWords, type Prefix } from "../net/prefix.ts";
import { addressKey } from "./ends.ts";
import { Exchange, type Outcome, type Wire } from "./exchange.ts";
import type { RealServers } from "./real-server.ts";
import type { ExchangeAction } from "./script.ts";

/** Ports clients take one after the other, as Linux does (ip_local_port_range). */
const FIRST_PORT = 32768;
const LAST_PORT = 60999;

/** What clients need of the bed. */
export interface ClientWorld extends Wire {
  /** Lets time pass. */
  sleep(duration: Milliseconds): Promise<void>;
  /** Makes a client reachable. */
  addClient(address: Address): Promise<void>;
}

/** A line that asks a client to go on with a connection it has not. */
export class NoConnection extends Error {
  override readonly name = "NoConnection";
}

/** All clients of a script. */
export class Clients {
  readonly #world: ClientWorld;
  readonly #servers: RealServers;
  readonly #random: Random;
  /** Next port by client address. */
  readonly #ports = new Map<string, number>();
  /** Port of the connection opened last, by client address and service. */
  readonly #open = new Map<string, number>();

  constructor(world: ClientWorld, servers: RealServers, random: Random) {
    this.#world = world;
    this.#servers = servers;
    this.#random = random;
  }

  /**
   * Does what a line says, and returns what came of each exchange.
   *
   * @throws NoConnection when it goes on with a connection that was never opened
   */
  async play(action: ExchangeAction): Promise<readonly Outcome[]> {
    const exchanges: Exchange[] = [];
    const { every = 0, staying = 0, count } = action;
    let now = 0;
    let ended = 0;
    const until = async (time: Milliseconds) => {
      if (time > now) await this.#world.sleep(time - now);
      now = Math.max(now, time);
    };
    const endThose = async (time: Milliseconds) => {
      while (ended < exchanges.length && ended * every + staying <= time) {
        await until(ended * every + staying);
        await this.#end(action, exchanges[ended++]!);
      }
    };
    for (let index = 0; index < count; index++) {
      await endThose(index * every);
      await until(index * every);
      const exchange = await this.#exchange(action);
      exchanges.push(exchange);
      await this.#begin(action, exchange);
    }
    await endThose(Number.POSITIVE_INFINITY);
    return exchanges.map((exchange) => exchange.outcome());
  }

  async #begin({ deed }: ExchangeAction, exchange: Exchange): Promise<void> {
    if (deed === "get" || deed === "open") await exchange.open();
    if (deed === "get" || deed === "ask" || deed === "send") await exchange.request();
    if (deed === "close") await exchange.close();
  }

  async #end({ deed, staying }: ExchangeAction, exchange: Exchange): Promise<void> {
    if (deed === "get" || (deed === "open" && staying !== undefined)) await exchange.close();
  }

  async #exchange({ deed, clients, port, to, protocol, mark }: ExchangeAction): Promise<Exchange> {
    const address = this.#draw(clients);
    await this.#world.addClient(address);
    const goesOn = deed === "send" || deed === "close";
    const key = `${addressKey(address)} ${addressKey(to.address)} ${to.port}`;
    const client = { address, port: port ?? (goesOn ? this.#opened(key) : this.#newPort(address)) };
    if (deed === "open") this.#open.set(key, client.port);
    return new Exchange(this.#world, this.#servers, { client, to, protocol }, mark);
  }

  #opened(key: string): number {
    const port = this.#open.get(key);
    if (port === undefined) throw new NoConnection("this client has opened no connection to it");
    return port;
  }

  #newPort(address: Address): number {
    const key = addressKey(address);
    const port = this.#ports.get(key) ?? FIRST_PORT;
    this.#ports.set(key, port === LAST_PORT ? FIRST_PORT : port + 1);
    return port;
  }

  /** Returns an address of a prefix by chance, in IPv4 neither its first nor its last. */
  #draw(prefix: Prefix): Address {
    const { family } = prefix.address;
    const hostBits = ADDRESS_BITS[family] - prefix.prefixLength;
    if (hostBits === 0) return prefix.address;
    const words = networkWords(prefix);
    if (family === 4) {
      const size = 2 ** hostBits;
      const host = hostBits === 1 ? this.#random.below(2) : 1 + this.#random.below(size - 2);
      words[0] = words[0]! + host;
      return { family, words };
    }
    const mask = maskOf(prefix.prefixLength);
    for (let word = 0; word < 4; word++) {
      words[word] = (words[word]! | (this.#random.uint32() & ~mask[word]!)) >>> 0;
    }
    return { family, words };
  }
}
