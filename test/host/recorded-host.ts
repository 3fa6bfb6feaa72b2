/**
 * The host of the recordings, as a small host: the client side on c0, the real servers on r0, the virtual
 * addresses on lo, one neighbour on each side that routes or is server 11 to 22.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { schedulers } from "../../schedulers/index.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { directorBackend } from "../../src/control/director-services.ts";
import { Director } from "../../src/engine/director.ts";
import type { Departure } from "../../src/host/index.ts";
import { VirtualHost } from "../../src/host/index.ts";
import { type Address, copyAddress, formatAddress, parseAddress } from "../../src/net/address.ts";
import { type Prefix, parsePrefix } from "../../src/net/prefix.ts";
import { Frame } from "../../src/wire/frame.ts";
import { runIpvsadm } from "../ipvsadm/support.ts";
import { hex } from "../support/packet.ts";

/** A packet that left. */
export interface Left {
  readonly dev: string;
  readonly nextHop: string;
  readonly packet: Uint8Array;
}

/** One line of a recording. */
export interface RecordedStep {
  readonly op: string;
  readonly line: number;
  readonly args?: readonly string[];
  readonly dev?: string;
  readonly pkt?: string;
  readonly sec?: string;
  readonly rx?: readonly { dev: string; dmac: string; pkt: string; dec: string }[];
}

/** Reads a recording. */
export function readRecording(path: string): readonly RecordedStep[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as RecordedStep);
}

const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** The recorded host, with a director that balances nothing until told. */
export class RecordedHost {
  readonly clock = new ManualClock();
  readonly host: VirtualHost;
  readonly director: Director;
  readonly #left: Left[] = [];
  readonly #frame = new Frame();

  constructor() {
    const addresses = (...texts: string[]): Prefix[] => texts.map(parsePrefix);
    const virtual = ["100", "101", "102", "103"];
    this.host = new VirtualHost({
      clock: this.clock,
      interfaces: [
        { name: "c0", addresses: addresses("10.0.0.1/24", "2001:db8:c::1/64") },
        { name: "r0", addresses: addresses("192.168.10.1/24", "2001:db8:d::1/64") },
        {
          name: "lo",
          addresses: virtual.flatMap((n) => addresses(`10.0.0.${n}/32`, `2001:db8:c::${n}/128`)),
        },
      ],
      depart: (departure) => this.#depart(departure),
    });
    this.host.routing.addRoute({ to: parsePrefix("0.0.0.0/0"), via: parseAddress("10.0.0.254") });
    this.host.routing.addRoute({ to: parsePrefix("::/0"), via: parseAddress("2001:db8:c::fe") });
    this.director = new Director({ schedulers, clock: this.clock, host: this.host });
    this.host.attach(this.director);
  }

  /** Has a packet arrive and returns what leaves because of it. */
  receive(dev: string, packet: Uint8Array): readonly Left[] {
    this.#frame.load(packet);
    this.host.receive(dev, this.#frame);
    return this.#left.splice(0);
  }

  /** Sends a packet of the host's own and returns what leaves because of it. */
  send(packet: Uint8Array): readonly Left[] {
    this.#frame.load(packet);
    this.host.send(this.#frame);
    return this.#left.splice(0);
  }

  /** Lets seconds pass and returns what leaves meanwhile. */
  wait(seconds: number): readonly Left[] {
    this.clock.advance(seconds * 1000);
    this.host.advance();
    return this.#left.splice(0);
  }

  /** Does one step of a recording; returns what left because of it. */
  async run(step: RecordedStep): Promise<readonly Left[]> {
    switch (step.op) {
      case "send":
        return this.receive(step.dev ?? "", hex(step.pkt ?? ""));
      case "sleep":
        return this.wait(Number(step.sec));
      case "ip":
        this.#ip([...(step.args ?? [])]);
        return [];
      case "iptables":
        this.#mark(4, step.args ?? []);
        return [];
      case "ip6tables":
        this.#mark(6, step.args ?? []);
        return [];
      case "ipvsadm":
        await runIpvsadm(step.args ?? [], {
          openBackend: async () => directorBackend(this.director),
        });
        return [];
      case "topo":
      case "note":
      case "end":
        return [];
      default:
        throw new Error(`The recorded host cannot do "${step.op}" of line ${step.line}`);
    }
  }

  #depart({ interface: dev, nextHopFamily, nextHop, frame }: Departure): void {
    const address = formatAddress(copyAddress(nextHopFamily, nextHop));
    this.#left.push({ dev, nextHop: address, packet: frame.packet().slice() });
  }

  /** Understands what the recorded scenarios say to ip(8). */
  #ip(args: string[]): void {
    const family = args[0] === "-6" ? 6 : 4;
    if (args[0] === "-6") args.shift();
    const [object, verb, ...rest] = args;
    const value = (name: string) => rest[rest.indexOf(name) + 1];
    const given = (name: string) => (rest.includes(name) ? (value(name) ?? "") : undefined);
    const { routing } = this.host;
    if (object === "link") {
      const name = rest[0] ?? "";
      const mtu = given("mtu");
      if (mtu !== undefined) routing.setMtu(name, Number(mtu));
      else routing.setUp(name, rest[1] === "up");
    } else if (object === "addr") {
      const prefix = parsePrefix(rest[0] ?? "");
      if (verb === "add") routing.addAddress(value("dev") ?? "", prefix);
      else routing.deleteAddress(value("dev") ?? "", prefix);
    } else if (object === "rule") {
      const rule = {
        family,
        mark: Number(value("fwmark")),
        table: Number(value("lookup")),
      } as const;
      if (verb === "add") routing.addRule(rule);
      else routing.deleteRule(rule);
    } else if (object === "route") {
      const type = ["local", "unreachable", "prohibit", "blackhole"].find((t) => t === rest[0]);
      if (type !== undefined) rest.shift();
      const any = family === 4 ? "0.0.0.0/0" : "::/0";
      const [via, dev, mtu, table, metric] = ["via", "dev", "mtu", "table", "metric"].map(given);
      const route = {
        to: parsePrefix(rest[0] === "default" ? any : (rest[0] ?? "")),
        ...(type === undefined ? {} : { type: type as "local" }),
        ...(via === undefined ? {} : { via: parseAddress(via) }),
        ...(dev === undefined ? {} : { dev }),
        ...(mtu === undefined ? {} : { mtu: Number(mtu) }),
        ...(metric === undefined ? {} : { metric: Number(metric) }),
        ...(table === undefined ? {} : { table: Number(table) }),
      };
      if (verb === "add") routing.addRoute(route);
      else routing.deleteRoute(route);
    }
  }

  /** Understands what the recorded scenarios say to iptables(8). */
  #mark(family: 4 | 6, args: readonly string[]): void {
    const given = (name: string) => {
      const at = args.indexOf(name);
      return at < 0 ? undefined : args[at + 1];
    };
    const [dev, source, destination, protocol] = ["-i", "-s", "-d", "-p"].map(given);
    const ports = given("--dport")?.split(":").map(Number);
    this.host.marks.add({
      family,
      ...(dev === undefined ? {} : { interface: dev }),
      ...(source === undefined ? {} : { source: parsePrefix(source) }),
      ...(destination === undefined ? {} : { destination: parsePrefix(destination) }),
      ...(protocol === undefined ? {} : { protocol: PROTOCOLS[protocol]! }),
      ...(ports === undefined ? {} : { destinationPorts: [ports[0]!, ports.at(-1)!] as const }),
      mark: Number(given("--set-mark")),
    });
  }
}

/** Returns the hardware address of a neighbour of the recorded host. */
export function hardwareAddress({ dev, nextHop }: Left): string {
  const address: Address = parseAddress(nextHop);
  if (dev === "c0") return nextHop.endsWith(".255") ? "ff:ff:ff:ff:ff:ff" : "02:00:00:00:c0:fe";
  const last = address.family === 4 ? address.words[0]! & 255 : address.words[3]! & 0xffff;
  const digits = address.family === 4 ? String(last) : last.toString(16);
  return `02:00:00:00:d0:${digits.padStart(2, "0")}`;
}
