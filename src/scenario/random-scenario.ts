/**
 * Random scenarios: services that change under traffic, from a seed.
 *
 * What a kernel decides by chance is left out: `twos`, drop_entry. Statistics are looked at just after an
 * estimation, as that is when they move; rates are not looked at, as they hang on when exactly that was.
 * Where time is real, little of it passes, and nothing runs out.
 *
 * @module
 */
import { type Random, SeededRandom } from "../base/random.ts";
import {
  chance,
  pick,
  type RandomServer,
  type RandomService,
  RandomServices,
} from "./random-services.ts";

/** A flow from a client to a service. */
interface Flow {
  readonly service: RandomService;
  /** Both ends as packet lines take them. */
  readonly ends: string;
}

/** How time is spent. */
interface Pace {
  /** Seconds. */
  readonly sleeps: readonly number[];
  /** Seconds clients stay with a real server. */
  readonly persistence: readonly number[];
  /** Seconds a connection lives at least once the administrator has set how long. */
  readonly leastTimeout: number;
  /** Seconds after which all statistics have moved: a kernel looks every two, by timers it rounds. */
  readonly estimation: number;
  /** How many of a hundred scenarios look at statistics in the end. */
  readonly withStatistics: number;
}

const PACES = {
  virtual: {
    sleeps: [0.05, 0.3, 1.5, 3, 7, 12, 33, 62, 125, 305, 950],
    persistence: [5, 30, 60, 300],
    leastTimeout: 0,
    estimation: 2.1,
    withStatistics: 100,
  },
  real: {
    sleeps: [0.02, 0.05, 0.1, 0.2, 0.3],
    persistence: [30, 60, 300],
    leastTimeout: 20,
    estimation: 2.4,
    withStatistics: 8,
  },
} as const satisfies Record<string, Pace>;

/** Variables and values they are set to. */
const SYSCTLS: readonly (readonly [name: string, ...values: number[]])[] = [
  ["expire_nodest_conn", 0, 1],
  ["expire_quiescent_template", 0, 1],
  ["conn_reuse_mode", 0, 1],
  ["sloppy_tcp", 0, 1],
  ["sloppy_sctp", 0, 1],
  ["nat_icmp_send", 0, 1],
  ["schedule_icmp", 0, 1],
  ["secure_tcp", 0, 3],
  ["pmtu_disc", 0, 1],
  ["snat_reroute", 0, 1],
];

const TCP_FLAGS = ["A", "A", "PA", "FA", "R", "RA", "S", "SA", "-", "FPU"] as const;
const SCTP_CHUNKS = [
  ...["COOKIE_ECHO", "DATA", "SACK", "SHUTDOWN", "SHUTDOWN_ACK", "SHUTDOWN_COMPLETE", "ABORT"],
  ...["HEARTBEAT", "INIT", "INIT_ACK", "COOKIE_ACK", "ERROR"],
] as const;

const STATISTICS = "ipvsadm -Ln --stats --exact";
/** What is looked at in the end. */
const LAST_LOOKS = [
  "ipvsadm -Ln",
  "ipvsadm -Lnc",
  "ipvsadm -Sn",
  "cat /proc/net/ip_vs",
  "cat /proc/net/ip_vs_conn",
] as const;

/** ICMP errors by family: type, code and what else. */
const ERRORS = {
  4: ["3 1", "3 3", "3 4 rest=1300", "11 0", "4 0", "3 2", "12 0"],
  6: ["1 0", "1 4", "2 0 rest=1280", "3 0", "4 1"],
} as const;

/**
 * Returns the text of the scenario of a seed.
 *
 * @param pace whether time passes as told only, or is that of a clock on the wall
 */
export function randomScenario(seed: number, pace: keyof typeof PACES = "virtual"): string {
  return new Writer(new SeededRandom(seed), PACES[pace]).write();
}

class Writer {
  readonly #random: Random;
  readonly #pace: Pace;
  readonly #make: RandomServices;
  readonly #lines = ["topo std"];
  readonly #services: RandomService[] = [];
  readonly #flows: Flow[] = [];
  readonly #onlySctp: boolean;
  #port = 2000;

  constructor(random: Random, pace: Pace) {
    this.#random = random;
    this.#pace = pace;
    // What an answer says depends on what is answered, so that must be known.
    this.#onlySctp = chance(random, 20);
    this.#make = new RandomServices(
      random,
      this.#onlySctp ? ["sctp"] : ["tcp", "tcp", "tcp", "udp"],
      pace.persistence,
    );
  }

  write(): string {
    const random = this.#random;
    if (!chance(random, 25)) this.#say("brief on");
    const count = 1 + random.below(3);
    while (this.#services.length < count) this.#addService();
    for (let left = 15 + random.below(45); left > 0; left--) this.#step();
    if (chance(random, this.#pace.withStatistics)) this.#statistics();
    for (const look of LAST_LOOKS) this.#say(look);
    return `${this.#lines.join("\n")}\n`;
  }

  #say(line: string): void {
    this.#lines.push(line);
  }

  #addService(): void {
    const made = this.#make.next();
    if (made === undefined) return;
    for (const line of made.lines) this.#say(line);
    this.#services.push(made.service);
    this.#configure(made.service);
  }

  #configure(service: RandomService): void {
    this.#say(`ipvsadm -A ${this.#make.settings(service)}`);
    service.present = true;
    for (const server of service.servers) {
      server.present = false;
      if (!chance(this.#random, 85)) continue;
      this.#addServer(service, server);
    }
  }

  #addServer(service: RandomService, server: RandomServer): void {
    this.#say(`ipvsadm -a ${this.#make.server(service, server)}`);
    server.present = true;
  }

  #step(): void {
    const drawn = this.#random.below(100);
    if (drawn < 34) this.#open();
    else if (drawn < 54) this.#continue();
    else if (drawn < 62) this.#reply();
    else if (drawn < 72) this.#change();
    else if (drawn < 78) this.#error();
    else if (drawn < 82) this.#variable();
    else if (drawn < 92) this.#say(`sleep ${pick(this.#random, this.#pace.sleeps)}`);
    else this.#look();
  }

  /** A client comes. */
  #open(): void {
    const random = this.#random;
    const service = pick(random, this.#services);
    const { family, address, port } = service;
    const [subnet, host] = [random.below(4), 1 + random.below(12)];
    const source = chance(random, 80) ? this.#port++ : 1000 + random.below(20);
    const to = chance(random, 90) ? port : port + 1;
    const ends =
      family === 4
        ? `10.1.${subnet}.${host}:${source} ${address}:${to}`
        : `[2001:db8:1:${subnet}::${host}]:${source} [${address}]:${to}`;
    const flow = { service, ends };
    this.#flows.push(flow);
    this.#first(flow);
    if (!chance(random, 45)) return;
    if (service.transport === "tcp") {
      this.#say("reply SA");
      this.#say(`tcp ${ends} A`);
    } else if (service.transport === "sctp") {
      this.#say("reply INIT_ACK");
      this.#say(`sctp ${ends} COOKIE_ECHO`);
      this.#say("reply COOKIE_ACK");
    } else this.#say("reply - data=answer");
  }

  #first({ service, ends }: Flow): void {
    const { transport } = service;
    if (transport === "tcp") this.#say(`tcp ${ends} S`);
    else if (transport === "udp") this.#say(`udp ${ends} len=${this.#random.below(40)}`);
    else this.#say(`sctp ${ends} INIT vtag=0`);
  }

  /** A client goes on, ends, or starts anew from the same port. */
  #continue(): void {
    const random = this.#random;
    if (this.#flows.length === 0) {
      this.#open();
      return;
    }
    const flow = pick(random, this.#flows);
    const { service, ends } = flow;
    if (chance(random, 20)) this.#first(flow);
    else if (service.transport === "tcp") this.#say(`tcp ${ends} ${pick(random, TCP_FLAGS)}`);
    else if (service.transport === "udp") this.#say(`udp ${ends} data=more`);
    else this.#say(`sctp ${ends} ${pick(random, SCTP_CHUNKS)}`);
  }

  #reply(): void {
    const words: readonly string[] = this.#onlySctp ? SCTP_CHUNKS : TCP_FLAGS;
    this.#say(`reply ${pick(this.#random, words)}`);
  }

  /** The administrator changes something. */
  #change(): void {
    const random = this.#random;
    const service = pick(random, this.#services);
    const server = pick(random, service.servers);
    const drawn = random.below(20);
    if (!service.present) this.#configure(service);
    else if (drawn === 0) {
      this.#say(`ipvsadm -D ${service.option}`);
      service.present = false;
      for (const each of service.servers) each.present = false;
    } else if (drawn < 4) this.#say(`ipvsadm -E ${this.#make.settings(service)}`);
    else if (drawn === 4) this.#say(`ipvsadm -Z ${chance(random, 50) ? service.option : ""}`);
    else if (drawn === 5) {
      const [tcp, fin, udp] = [1000, 200, 400].map((longest) => this.#timeout(longest));
      this.#say(`ipvsadm --set ${tcp} ${fin} ${udp}`);
    } else if (!server.present) this.#addServer(service, server);
    else if (drawn < 13) this.#say(`ipvsadm -e ${this.#make.server(service, server)}`);
    else {
      this.#say(`ipvsadm -d ${service.option} -r ${server.name}`);
      server.present = false;
    }
  }

  /** Somebody says that a packet did not arrive. */
  #error(): void {
    const random = this.#random;
    const { family, address } = pick(random, this.#services);
    const cut = chance(random, 20) ? ` trunc=${pick(random, [20, 28, 40, 48, 60])}` : "";
    const inner = `inner=rx:-${1 + random.below(2)}${cut}`;
    const told = pick<string>(random, ERRORS[family]);
    const host = (v4: string, v6: string) => (family === 4 ? v4 : `[${v6}]`);
    const drawn = random.below(10);
    if (drawn < 4) {
      // The client's side, about what it received.
      this.#say(
        `icmp ${host("10.1.9.9", "2001:db8:1::99")} ${host(address, address)} ${told} ${inner}`,
      );
    } else if (drawn < 7) {
      // The server's side, to the client.
      const client = this.#clientOf(family);
      if (client === undefined) return;
      const server = host("192.168.10.11", "2001:db8:d::11");
      this.#say(`icmp ${server} ${client} ${told} ${inner} dev=r0`);
    } else if (drawn < 9) {
      // A router on the way to the server, to the director.
      const router = host("192.168.10.77", "2001:db8:d::77");
      const director = host("192.168.10.1", "2001:db8:d::1");
      this.#say(`icmp ${router} ${director} ${told} ${inner} dev=r0`);
    } else {
      const type = family === 4 ? 8 : 128;
      this.#say(
        `icmp ${host("10.1.2.3", "2001:db8:1::3")} ${host(address, address)} ${type} 0 data=ping`,
      );
    }
  }

  #clientOf(family: 4 | 6): string | undefined {
    const flows = this.#flows.filter(({ service }) => service.family === family);
    if (flows.length === 0) return undefined;
    return pick(this.#random, flows).ends.split(" ")[0]!.replace(/:\d+$/, "");
  }

  #variable(): void {
    const [name, ...values] = pick(this.#random, SYSCTLS);
    this.#say(`sysctl net.ipv4.vs.${name} ${pick(this.#random, values)}`);
  }

  /** Somebody looks. */
  #look(): void {
    const random = this.#random;
    const drawn = random.below(8);
    if (drawn < 3) this.#say("ipvsadm -Lnc");
    else if (drawn < 5) this.#say("ipvsadm -Ln");
    else if (drawn === 5)
      this.#say(`ipvsadm -Ln ${pick(random, ["--persistent-conn", "--thresholds"])}`);
    else if (drawn === 6) this.#say("cat /proc/net/ip_vs_conn");
    else if (chance(random, this.#pace.withStatistics)) this.#statistics();
  }

  #statistics(): void {
    this.#say(`sleep ${this.#pace.estimation}`);
    this.#say(STATISTICS);
  }

  /** Returns a time for connections to live, in seconds; 0 leaves it as it is. */
  #timeout(longest: number): number {
    const seconds = this.#random.below(longest);
    return seconds < this.#pace.leastTimeout ? 0 : seconds;
  }
}
