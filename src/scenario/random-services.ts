/**
 * Random virtual services and real servers, as lines of a scenario.
 *
 * A real server keeps its forwarding method, as the kernel confuses the routes of one that changes it; the
 * scheduler `twos` is left out, as its choice is chance.
 *
 * @module
 */
import type { Random } from "../base/random.ts";

/** Returns one of these. */
export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.below(choices.length)]!;
}

/** Whether a thing of this probability happens. */
export function chance(random: Random, percent: number): boolean {
  return random.below(100) < percent;
}

export type Transport = "tcp" | "udp" | "sctp";

/** A real server of a service. */
export interface RandomServer {
  /** Address and port, as ipvsadm takes them. */
  readonly name: string;
  /** How packets get there: the option and its like. */
  readonly method: string;
  /** Whether it is configured now. */
  present: boolean;
}

/** A virtual service. */
export interface RandomService {
  readonly transport: Transport;
  readonly family: 4 | 6;
  readonly address: string;
  /** Port packets are sent to. */
  readonly port: number;
  /** How ipvsadm is told which service. */
  readonly option: string;
  readonly servers: readonly RandomServer[];
  present: boolean;
}

const SCHEDULERS = [
  ...["rr", "wrr", "lc", "wlc", "sed", "nq", "fo", "ovf", "sh", "dh", "mh", "lblc", "lblcr"],
] as const;
const PROTOCOL_OPTIONS = { tcp: "-t", udp: "-u", sctp: "--sctp-service" } as const;
const WEIGHTS = [0, 1, 1, 1, 1, 2, 3, 5, 10] as const;
const TUNNELS = [
  ...["", "", " --tun-type gre", " --tun-type gre --tun-csum"],
  ...[" --tun-type gue --tun-port 6080", " --tun-type gue --tun-port 6080 --tun-csum"],
] as const;
const VIRTUAL = [100, 101, 102, 103] as const;
const SERVERS = [11, 12, 13, 14, 15, 16, 17, 18] as const;

/** Makes services of one scenario; no two are the same. */
export class RandomServices {
  readonly #random: Random;
  readonly #transports: readonly Transport[];
  /** Seconds clients stay with a real server. */
  readonly #persistence: readonly number[];
  readonly #used = new Set<string>();
  #mark = 0;

  constructor(random: Random, transports: readonly Transport[], persistence: readonly number[]) {
    this.#random = random;
    this.#transports = transports;
    this.#persistence = persistence;
  }

  /** Returns a service, and the lines that must come before it. */
  next(): { readonly service: RandomService; readonly lines: readonly string[] } | undefined {
    const random = this.#random;
    const family = chance(random, 35) ? 6 : 4;
    const transport = pick(random, this.#transports);
    const last = pick(random, VIRTUAL);
    const address = family === 4 ? `10.0.0.${last}` : `2001:db8:c::${last}`;
    const host = family === 4 ? address : `[${address}]`;
    const port = pick(random, transport === "udp" ? [53, 69] : [80, 443]);
    const key = `${transport} ${host}`;
    if (this.#used.has(key)) return undefined;
    this.#used.add(key);
    const marked = chance(random, 20);
    const anyPort = !marked && chance(random, 10);
    const lines: string[] = [];
    let option = `${PROTOCOL_OPTIONS[transport]} ${host}:${anyPort ? 0 : port}`;
    if (marked) {
      this.#mark++;
      option = `-f ${this.#mark}${family === 6 ? " -6" : ""}`;
      const program = family === 6 ? "ip6tables" : "iptables";
      lines.push(
        `${program} -t mangle -A PREROUTING -d ${address} -p ${transport} -j MARK --set-mark ${this.#mark}`,
      );
    }
    const servers = this.#servers(family, marked || anyPort ? 0 : port);
    return {
      service: { transport, family, address, port, option, servers, present: false },
      lines,
    };
  }

  /** Returns the options behind `-A` or `-E`. */
  settings(service: RandomService): string {
    const random = this.#random;
    const scheduler = pick(random, SCHEDULERS);
    let text = `${service.option} -s ${scheduler}`;
    if (scheduler === "sh" || scheduler === "mh") text += this.#flags(scheduler);
    // Any port needs persistence; the kernel says so, now and then.
    const needs = service.option.endsWith(":0") && !chance(random, 5);
    if (needs || chance(random, 30))
      text += ` -p ${pick(random, this.#persistence)}${this.#netmask(service)}`;
    else if (service.transport === "udp" && chance(random, 25)) text += " -o";
    return text;
  }

  /** Returns the options behind `-a` or `-e`. */
  server(service: RandomService, server: RandomServer): string {
    const random = this.#random;
    let text = `${service.option} -r ${server.name} ${server.method} -w ${pick(random, WEIGHTS)}`;
    if (chance(random, 15)) {
      const upper = 1 + random.below(5);
      text += ` -x ${upper}`;
      if (chance(random, 50)) text += ` -y ${random.below(upper + 1)}`;
    }
    return text;
  }

  #servers(family: 4 | 6, port: number): RandomServer[] {
    const random = this.#random;
    const mixed = chance(random, 20);
    const method = pick(random, ["-m", "-m", "-g", "-i"]);
    const shuffled = [...SERVERS].sort(() => random.below(3) - 1);
    return shuffled.slice(0, 2 + random.below(4)).map((last) => {
      const own = mixed ? pick(random, ["-m", "-g", "-i"]) : method;
      // Only tunnels lead to the other family.
      const crosses = own === "-i" && chance(random, 20);
      const serverFamily = crosses ? 10 - family : family;
      const host = serverFamily === 4 ? `192.168.10.${last}` : `[2001:db8:d::${last}]`;
      const serverPort = own === "-m" && port !== 0 && chance(random, 50) ? 8080 : port;
      const tunnel = own === "-i" ? pick(random, TUNNELS) : "";
      return { name: `${host}:${serverPort}`, method: own + tunnel, present: false };
    });
  }

  #flags(scheduler: "sh" | "mh"): string {
    const random = this.#random;
    const flags = [`${scheduler}-fallback`, `${scheduler}-port`].filter(() => chance(random, 50));
    return flags.length === 0 ? "" : ` -b ${flags.join(",")}`;
  }

  #netmask({ family }: RandomService): string {
    const random = this.#random;
    if (chance(random, 60)) return "";
    const masks =
      family === 4 ? ["255.255.255.0", "255.255.0.0", "255.255.255.252"] : ["64", "112", "48"];
    return ` -M ${pick(random, masks)}`;
  }
}
