/**
 * The laboratory of the demo without privileges: the same director and the same front end over a
 * memory device, with a web client and web servers that exist in this process only.
 *
 * Time is virtual: it passes a little with each request.
 *
 * @module
 */
import { MemoryDevice, type SentPacket } from "../../../dataplane/memory.ts";
import { Pump } from "../../../dataplane/pump.ts";
import { StaticHost } from "../../../dataplane/static-host.ts";
import { schedulers } from "../../../schedulers/index.ts";
import { ManualClock, type Milliseconds } from "../../base/clock.ts";
import { directorBackend } from "../../control/director-services.ts";
import { Director } from "../../engine/director.ts";
import { run } from "../../ipvsadm/main.ts";
import { systemReason } from "../../ipvsadm/messages.ts";
import { parseAddress } from "../../net/address.ts";
import { innerPacket } from "../../wire/tunnel-packet.ts";
import { emitSegment, parseSegment, type Segment } from "../simulated/segment.ts";
import { SimulatedWebServer } from "../simulated/web-server.ts";
import type { WebAnswer, WebOrder } from "../web-order.ts";
import {
  type LabMethod,
  type Laboratory,
  type Obeyed,
  REAL_SERVERS,
  VIRTUAL,
} from "./laboratory.ts";
import { SimulatedWebConnection } from "./simulated-web.ts";

/** Virtual time a request takes. */
const REQUEST_TIME: Milliseconds = 10;
const FIRST_PORT = 40000;

/** Returns an IPv4 address as one number. */
function numberOf(address: string): number {
  return parseAddress(address).words[0]!;
}

/** Hosts in memory. */
export class SimulatedLaboratory implements Laboratory {
  readonly description = "A simulated client and web servers, and the director on a memory device";
  readonly #clock = new ManualClock();
  readonly #servers = new Map<number, SimulatedWebServer>();
  /** By address and port of the client's end. */
  readonly #connections = new Map<string, SimulatedWebConnection>();
  /** Those that stay open, by name. */
  readonly #kept = new Map<string, SimulatedWebConnection>();
  #device = new MemoryDevice();
  #director: Director | undefined;
  #pump: Pump | undefined;
  #port = FIRST_PORT;

  constructor() {
    for (const { name, address } of REAL_SERVERS) {
      const server = new SimulatedWebServer(name, (segment) => this.#fromServer(segment));
      this.#servers.set(numberOf(address), server);
    }
  }

  async arrange(_method: LabMethod, show: (line: string) => void): Promise<void> {
    const own = ["192.168.1.1", "172.16.16.1", VIRTUAL.address].map(parseAddress);
    const host = new StaticHost({ addresses: own, source: parseAddress("172.16.16.1") });
    this.#device.close();
    this.#device = new MemoryDevice();
    this.#director = new Director({ schedulers, clock: this.#clock, host });
    this.#pump = new Pump(this.#director, this.#device, host);
    this.#kept.clear();
    this.#connections.clear();
    show("(a new director in this process, on a memory device)");
  }

  async uipvsadm(words: readonly string[], input: string): Promise<Obeyed> {
    const director = this.#arranged(this.#director);
    let output = "";
    const writer = {
      write: (text: string) => {
        output += text;
      },
    };
    const status = await run(words, {
      name: "uipvsadm",
      env: {},
      stdin: (async function* () {
        yield input;
      })(),
      stdout: writer,
      stderr: writer,
      openBackend: async () => directorBackend(director),
      unanswered: systemReason,
      resolver: {
        addressOf: async () => undefined,
        hostOf: async () => undefined,
        services: async () => "",
      },
    });
    return { status, output };
  }

  async request(order: WebOrder): Promise<WebAnswer> {
    this.#clock.advance(REQUEST_TIME);
    const { id, connection } = order;
    const page = this.#connectionFor(order).ask(connection === undefined);
    if (page === undefined) return { id, time: REQUEST_TIME, fault: "no answer arrived" };
    return { id, time: REQUEST_TIME, server: page.server, client: page.client };
  }

  directions(): readonly string[] {
    return [];
  }

  async close(): Promise<void> {
    this.#device.close();
  }

  #connectionFor(order: WebOrder): SimulatedWebConnection {
    const kept = order.connection && this.#kept.get(order.connection);
    if (kept && !kept.closed) return kept;
    const local = { address: numberOf(order.from), port: this.#port++ };
    const server = { address: numberOf(order.address), port: order.port };
    const connection = new SimulatedWebConnection(local, server, (segment) =>
      this.#toDirector(emitSegment(segment)),
    );
    this.#connections.set(`${local.address}:${local.port}`, connection);
    if (order.connection !== undefined) this.#kept.set(order.connection, connection);
    return connection;
  }

  /** Hands the director a packet, and everything it sends in turn to whom it is for. */
  #toDirector(packet: Uint8Array): void {
    this.#device.inject(packet, { time: this.#clock.now() });
    const pump = this.#arranged(this.#pump);
    while (pump.turn() > 0) {
      for (let sent = this.#device.take(); sent !== undefined; sent = this.#device.take()) {
        this.#deliver(sent);
      }
    }
  }

  #deliver({ packet, nextHop }: SentPacket): void {
    const server = this.#servers.get(nextHop.address[0]!);
    if (server === undefined) {
      this.#toClient(parseSegment(packet));
      return;
    }
    // A tunnel ends at the real server; with the other methods the packet is taken as it is.
    const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
    const inner = innerPacket(view, 0, packet.length);
    const segment = parseSegment(inner ? packet.subarray(inner.start, inner.end) : packet);
    if (segment !== undefined) server.receive(segment);
  }

  /** Replies from the virtual address go straight to the client, others by the director. */
  #fromServer(segment: Segment): void {
    if (segment.from.address === numberOf(VIRTUAL.address)) this.#toClient(segment);
    else this.#toDirector(emitSegment(segment));
  }

  #toClient(segment: Segment | undefined): void {
    if (segment === undefined) return;
    const { address, port } = segment.to;
    this.#connections.get(`${address}:${port}`)?.receive(segment);
  }

  #arranged<Part>(part: Part | undefined): Part {
    if (part === undefined) throw new Error("Cannot use the laboratory: it was not arranged");
    return part;
  }
}
