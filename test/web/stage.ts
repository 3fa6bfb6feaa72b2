/**
 * A live director with its page, real clients and real servers around it, in this network namespace.
 *
 * @module
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { LanHost } from "../cli/lan-host.ts";
import { startUipvs, uipvs } from "../cli/support.ts";
import { temporaryFolder } from "../daemon/support.ts";
import { ip } from "../support/namespace.ts";

/** Where clients send to. */
export const VIRTUAL = "10.9.9.9";

/** Times datagrams are sent before they count as lost. */
const MOST_ROUNDS = 10;

const SERVERS = ["10.2.0", "10.3.0", "10.4.0"] as const;

const SERVER = `
  require("node:http").createServer((request, response) => response.end("x".repeat(2000)))
    .listen(8080, () => console.log("listening"));
  require("node:dgram").createSocket("udp4").bind(5353);`;

const RULES = `
-A -t ${VIRTUAL}:80 -s wlc
-a -t ${VIRTUAL}:80 -r 10.2.0.2:8080 -m -w 1
-a -t ${VIRTUAL}:80 -r 10.3.0.2:8080 -m -w 2
-a -t ${VIRTUAL}:80 -r 10.4.0.2:8080 -m -w 1 -x 200 -y 100
-A -u ${VIRTUAL}:53 -s rr -p 300
-a -u ${VIRTUAL}:53 -r 10.2.0.2:5353 -m
-a -u ${VIRTUAL}:53 -r 10.3.0.2:5353 -m
`;

/** Asks the web service again and again, at a rate that begins anew at once. */
const CLIENT = `
  const http = require("node:http");
  setInterval(() => {
    http.get({ host: "${VIRTUAL}", agent: false }, (response) => response.resume())
      .on("error", () => {});
  }, 20);
  console.log("asking");`;

/** Sends one datagram from each of many addresses and ports, written whole to a raw socket. */
const MANY = (count: number): string => `
import socket, struct, time
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
to = socket.inet_aton("${VIRTUAL}")
for number in range(${count}):
    source = struct.pack("!I", 0x0A320000 + number // 50000 * 65536 + number % 250)
    udp = struct.pack("!HHHH", 1024 + number // 2 % 60000, 53, 12, 0) + b"many"
    head = struct.pack("!BBHHHBBH", 0x45, 0, 32, 0, 0, 64, 17, 0) + source + to
    raw.sendto(head + udp, ("${VIRTUAL}", 0))
    if number % 64 == 63: time.sleep(0.001)
`;

/** A director on show. */
export class Stage {
  readonly socket: string;
  /** What opens the page, with its token. */
  readonly url: string;
  readonly #client: LanHost;

  private constructor(socket: string, url: string, client: LanHost) {
    this.socket = socket;
    this.url = url;
    this.#client = client;
  }

  /** Builds it; all of it goes with the test. */
  static async build(t: Test): Promise<Stage> {
    ip("link set lo up");
    const client = await LanHost.make("toclient", "10.1.0");
    t.teardown(() => client.close());
    const listening: Promise<unknown>[] = [];
    for (const [index, network] of SERVERS.entries()) {
      const server = await LanHost.make(`toserver${index}`, network);
      t.teardown(() => server.close());
      listening.push(once(server.start(SERVER).stdout!, "data"));
    }
    await Promise.all(listening);
    const socket = join(temporaryFolder(t), "control.sock");
    const rules = join(temporaryFolder(t), "rules");
    writeFileSync(rules, RULES.trimStart());
    const words = ["up", "--web", "0", "--rules", rules, "--socket", socket];
    const said = await startUipvs(t, words).printed("Page: ");
    return new Stage(socket, /Page: (\S+)/.exec(said)![1]!, client);
  }

  /** The page's address, without its token. */
  get origin(): string {
    return new URL(this.url).origin;
  }

  get token(): string {
    return new URL(this.url).searchParams.get("token")!;
  }

  /** Has clients ask until the process is killed. */
  async traffic(): Promise<ChildProcess> {
    const child = this.#client.start(CLIENT);
    await once(child.stdout!, "data");
    return child;
  }

  /** Has as many connections opened, each with a template; what got lost on the way is sent again. */
  async manyConnections(count: number): Promise<void> {
    for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
      await once(this.#client.startProgram("python3", ["-c", MANY(count)]), "close");
      const { stdout } = await uipvs(["status", "--json", "--socket", this.socket]);
      if ((JSON.parse(stdout) as { connections: number }).connections > count) return;
    }
    throw new Error(`${count} connections could not be opened`);
  }

  /** Runs `ipvsadm` on the director, and returns what it prints. */
  async ipvsadm(...words: string[]): Promise<string> {
    const env = { UIPVS_SOCKET: this.socket };
    const { status, stdout, stderr } = await uipvs(["ipvsadm", ...words], { env });
    if (status !== 0) throw new Error(stderr);
    return stdout;
  }

  /** Asks the page's server. */
  get(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { Authorization: `Bearer ${this.token}`, ...init.headers };
    return fetch(`${this.origin}${path}`, { ...init, headers });
  }
}
