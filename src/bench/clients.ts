/**
 * Who opens connections: client addresses, and for each the next port.
 *
 * @module
 */
import { AliasTable } from "./alias-table.ts";
import type { Stream } from "./stream.ts";
import type { Workload } from "./workload.ts";

const FIRST_PORT = 1024;
const PORTS = 65536 - FIRST_PORT;
/** Clients live in 32.0.0.0/4: unicast, and nobody else's here. */
const FIRST_ADDRESS = 0x20000000;
const ADDRESS_MASK = 0x0fffffff;
/** Odd, so that multiplication by it visits every address of the block once. */
const SCATTER = 0x9e3779b1;

/** The clients of a workload. */
export class Clients {
  readonly #draw: () => number;
  readonly #scattered: boolean;
  readonly #ports: Uint16Array;

  constructor(config: Workload["clients"], stream: Stream) {
    this.#scattered = config.addresses === "scattered";
    this.#ports = new Uint16Array(config.count);
    for (let index = 0; index < config.count; index++) {
      this.#ports[index] = stream.random.below(PORTS);
    }
    this.#draw = drawer(config, stream);
  }

  /** Returns the number of the client who comes next. */
  next(): number {
    return this.#draw();
  }

  /** Returns the IPv4 address of a client as a number. */
  address(client: number): number {
    const place = this.#scattered ? Math.imul(client + 1, SCATTER) & ADDRESS_MASK : client + 1;
    return FIRST_ADDRESS + place;
  }

  /** Returns the port of the client's next connection; ports come in turn. */
  port(client: number): number {
    const next = (this.#ports[client]! + 1) % PORTS;
    this.#ports[client] = next;
    return FIRST_PORT + next;
  }
}

function drawer(config: Workload["clients"], stream: Stream): () => number {
  const { count } = config;
  switch (config.kind) {
    case "uniform":
    case "nat":
      return () => stream.random.below(count);
    case "zipf": {
      const weights = Float64Array.from({ length: count }, (_, at) => (at + 1) ** -config.exponent);
      const table = new AliasTable(weights);
      return () => table.draw(stream);
    }
    case "hot":
      return () => (stream.unit() < config.share ? 0 : stream.random.below(count));
  }
}
