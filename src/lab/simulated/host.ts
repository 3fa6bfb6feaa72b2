/**
 * A host of a lab that exists in memory only: a virtual host, the web server it may have, and its connections.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import type { Departure } from "../../host/output.ts";
import { TABLE } from "../../host/routing.ts";
import { VirtualHost } from "../../host/virtual-host.ts";
import { type AddressWords, formatAddress, parseAddress } from "../../net/address.ts";
import { parsePrefix } from "../../net/prefix.ts";
import { ICMP } from "../../net/protocol.ts";
import { UnsupportedCommand } from "../../scenario/arguments.ts";
import { runIpCommand } from "../../scenario/ip-command.ts";
import { Neighbors } from "../../scenario/neighbors.ts";
import { Frame } from "../../wire/frame.ts";
import * as icmpv4 from "../../wire/icmpv4.ts";
import * as ipv4 from "../../wire/ipv4.ts";
import * as udp from "../../wire/udp.ts";
import type { LabHost } from "../course/lab-schema.ts";
import { type ConnectionEvents, SimulatedConnection } from "./connection.ts";
import { emitSegment, parseSegment, type Segment } from "./segment.ts";
import { SimulatedWebServer } from "./web-server.ts";

/** Ports clients send from. */
const FIRST_PORT = 32768;
const PORTS = 28232;
/** Bytes of the header of an ICMP error, before the packet it is about. */
const ICMP_HEADER = 8;

/** What a command has printed. */
export interface Printed {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One host. */
export class SimulatedHost {
  readonly name: string;
  readonly virtual: VirtualHost;
  readonly #plan: LabHost;
  readonly #web: SimulatedWebServer | undefined;
  /** By the ports of both ends and the addresses, as `keyOf` has them. */
  readonly #connections = new Map<string, SimulatedConnection>();
  readonly #neighbors = new Neighbors();
  #port = 0;

  /** @param depart takes each packet that leaves; valid during the call */
  constructor(name: string, plan: LabHost, clock: Clock, depart: (departure: Departure) => void) {
    this.name = name;
    this.#plan = plan;
    const links = Object.entries(plan.links).map(([link, { addresses }]) => ({
      name: link,
      addresses: addresses.map(parsePrefix),
    }));
    this.virtual = new VirtualHost({
      clock,
      interfaces: [...links, { name: "lo", addresses: plan.loopback.map(parsePrefix) }],
      depart,
      deliver: (frame) => this.#deliver(frame),
    });
    if (plan.web.length > 0) {
      this.#web = new SimulatedWebServer(name, (segment) => this.#send(segment));
    }
    for (const [link, { down }] of Object.entries(plan.links)) {
      if (down) this.virtual.routing.setUp(link, false);
    }
    for (const route of plan.routes) this.ip(["route", "add", ...route.split(" ")]);
  }

  /** Returns the interface on a segment that has an address, if one is there and up. */
  interfaceWith(segment: string, address: Readonly<AddressWords>): string | undefined {
    const { routing } = this.virtual;
    if (routing.inLocalTable(4, address) !== "local") return undefined;
    const links = Object.entries(this.#plan.links).filter(([, link]) => link.segment === segment);
    return links.find(([name]) => routing.interface(name)?.up)?.[0];
  }

  /** Returns the segment an interface is plugged into. */
  segmentOf(link: string): string | undefined {
    return this.#plan.links[link]?.segment;
  }

  /** Takes a packet that arrives. */
  receive(link: string, packet: Uint8Array): void {
    this.#hearError(packet);
    const frame = new Frame();
    frame.load(packet);
    this.virtual.receive(link, frame);
  }

  /**
   * Opens a connection.
   *
   * @param from address to send from; as the route has it unless given
   * @returns the connection, or why none can be opened
   */
  connect(
    to: string,
    port: number,
    from: string | undefined,
    events: ConnectionEvents,
  ): SimulatedConnection | string {
    const { words } = parseAddress(to);
    const { routing } = this.virtual;
    const route = routing.find(4, words, 0);
    if (route === undefined) return "Network is unreachable";
    const source = from === undefined ? routing.sourceFor(route, words) : parseAddress(from).words;
    if (routing.inLocalTable(4, source) !== "local") return "Cannot assign requested address";
    const local = { address: source[0]!, port: FIRST_PORT + (this.#port++ % PORTS) };
    const remote = { address: words[0]!, port };
    const connection = new SimulatedConnection(local, remote, (each) => this.#send(each), events);
    this.#connections.set(keyOf(local.port, remote.address, port), connection);
    return connection;
  }

  /** Carries out what ip(8) is asked for. */
  ip(words: readonly string[]): Printed {
    if (/^r(oute)?$/.test(words[0] ?? "") && /^(show|list|ls)?$/.test(words[1] ?? "")) {
      return { status: 0, stdout: this.#routes(), stderr: "" };
    }
    try {
      const stderr = runIpCommand(this.virtual.routing, this.#neighbors, words);
      return { status: stderr === "" ? 0 : 2, stdout: "", stderr };
    } catch (error) {
      const known = error instanceof UnsupportedCommand || error instanceof SyntaxError;
      if (!known) throw error;
      return {
        status: 1,
        stdout: "",
        stderr: `A simulated host cannot do that: ${error.message}\n`,
      };
    }
  }

  /** Returns the routes as `ip route` lists them. */
  #routes(): string {
    const { routing } = this.virtual;
    const lines = [...routing.routes(4, TABLE.main)].reverse().map((route) => {
      const network = formatAddress({ family: 4, words: route.network });
      const to = route.prefixLength === 0 ? "default" : `${network}/${route.prefixLength}`;
      const { name } = route.device;
      if (route.via !== undefined) return `${to} via ${formatAddress(route.via)} dev ${name} \n`;
      const source = formatAddress({ family: 4, words: routing.sourceFor(route, route.network) });
      return `${to} dev ${name} proto kernel scope link src ${source} \n`;
    });
    return lines.join("");
  }

  #send(segment: Segment): void {
    const frame = new Frame();
    frame.load(emitSegment(segment));
    this.virtual.send(frame);
  }

  #deliver(frame: Frame): boolean {
    const segment = parseSegment(frame.packet());
    if (segment === undefined) return false;
    const { from, to } = segment;
    const connection = this.#connections.get(keyOf(to.port, from.address, from.port));
    if (connection !== undefined) {
      connection.receive(segment);
      return true;
    }
    if (this.#web === undefined || !this.#plan.web.includes(to.port)) return false;
    this.#web.receive(segment);
    return true;
  }

  /** Fails the connection an ICMP error is about. */
  #hearError(packet: Uint8Array): void {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
    if (!ipv4.isWhole(view, 0, packet.length) || ipv4.protocol(view, 0) !== ICMP) return;
    const at = ipv4.headerLength(view, 0);
    if (icmpv4.type(view, at) !== icmpv4.UNREACHABLE) return;
    const inner = at + ICMP_HEADER;
    if (inner + ipv4.HEADER_LENGTH + ICMP_HEADER > packet.length) return;
    const ports = inner + ipv4.headerLength(view, inner);
    const key = keyOf(udp.srcPort(view, ports), ipv4.dst(view, inner), udp.dstPort(view, ports));
    const refused = icmpv4.code(view, at) === icmpv4.PORT_UNREACHABLE;
    this.#connections.get(key)?.fail(refused ? "Connection refused" : "No route to host");
  }
}

function keyOf(port: number, remote: number, remotePort: number): string {
  return `${port} ${remote} ${remotePort}`;
}
