/**
 * Two directors in namespaces, one of which tells the other of its connections: by groups of both families,
 * and by several ports.
 *
 *     client ---+--- first      has the virtual addresses
 *               +--- second
 */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import t, { type Test } from "tap";
import { startProgram } from "../../src/lab/host-program.ts";
import type { NamespaceHost } from "../../src/lab/namespace-host.ts";
import { type HostPlan, Topology } from "../../src/lab/topology.ts";
import { everyPacket, HostCapture } from "./host-capture.ts";
import { UIPVS } from "./laboratory.ts";
import { lackOfLaboratory } from "./requirements.ts";

const VIRTUAL = "192.168.1.100";
const VIRTUAL6 = "2001:db8:1::100";
const SERVER = "192.168.1.20";
const SERVER6 = "2001:db8:1::20";
const CONNECTIONS = 16;
const PORTS = 4;
const BUFFER = 50_000;
/** How often, and every how many ms, is looked whether records have come: a message is up to 3 s old when it leaves. */
const LOOKS = 40;
const LOOK = 250;
const LINK_LOCAL = /^fe80:.*/;

const own = (octet: number) => [`192.168.1.${octet}/24`, `2001:db8:1::${octet}/64 nodad`];

const HOSTS: readonly HostPlan[] = [
  { name: "client", links: [{ name: "eth0", segment: "lan", addresses: own(10) }] },
  {
    name: "first",
    links: [
      {
        name: "eth0",
        segment: "lan",
        addresses: [...own(2), `${VIRTUAL}/32`, `${VIRTUAL6}/128 nodad`],
      },
    ],
  },
  { name: "second", links: [{ name: "eth0", segment: "lan", addresses: own(3) }] },
];

const RULES = [
  `-A -u ${VIRTUAL}:53 -s rr`,
  `-a -u ${VIRTUAL}:53 -r ${SERVER}:53 -g`,
  `-A -u [${VIRTUAL6}]:53 -s rr`,
  `-a -u [${VIRTUAL6}]:53 -r [${SERVER6}]:53 -g`,
];

/** Sends a datagram from each of some ports to an IPv4 address, and to an IPv6 one. */
const ASK = `
const [first, count, ...addresses] = process.argv.slice(1);
for (const [index, address] of addresses.entries()) {
  for (let port = 0; port < count; port++) {
    const type = index === 0 ? "udp4" : "udp6";
    const socket = require("node:dgram").createSocket({ type, ipv6Only: index > 0 });
    const sent = (error) => {
      if (error) throw error;
      socket.close();
    };
    socket.bind(Number(first) + port, () => socket.send("?", 53, address, sent));
  }
}`;

interface Group {
  readonly address: string;
  readonly port: number;
  readonly ttl: number;
  /** What its datagrams come from; `fe80::` for any address of the link. */
  readonly source: string;
}

const skip = await lackOfLaboratory("tcpdump", "tshark", "ss");

function socketOf(host: NamespaceHost): string {
  return join(host.folder, "control.sock");
}

/** Holds a port, for itself alone, until its input ends. */
const HOLD = `
const socket = require("node:dgram").createSocket("udp4");
socket.bind(Number(process.argv[1]), () => console.log("held"));
process.stdin.on("close", () => process.exit()).resume();`;

function uipvsadm(host: NamespaceHost, words: string, stdin = ""): Promise<string> {
  const env = { UIPVS_SOCKET: socketOf(host) };
  return host.mustRun([...UIPVS, "ipvsadm", ...words.split(" ")], { env, stdin });
}

async function startDirector(host: NamespaceHost): Promise<void> {
  const variables = [`sync_ports=${PORTS}`, `sync_sock_size=${BUFFER}`, "sync_threshold=0 1"];
  const words = variables.flatMap((variable) => ["--sysctl", variable]);
  await startProgram(host, [...UIPVS, "up", "--socket", socketOf(host), ...words], "guarded");
  await uipvsadm(host, "-R", `${RULES.join("\n")}\n`);
}

/** Waits until a host may use the link-local addresses it has made itself (RFC 4862, section 5.4). */
async function addressesUsable(host: NamespaceHost): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    if ((await host.mustRun(["ip", "-6", "addr", "show", "tentative"])) === "") return;
    await pause(LOOK);
  }
}

/** Returns the connections a director lists of some ports of the client, sorted, without the time left. */
async function listed(host: NamespaceHost, first: number): Promise<readonly string[]> {
  const lines = (await uipvsadm(host, "-Lnc")).split("\n");
  const from = (line: string) => Number(/10\]?:(\d+) /.exec(line)?.[1]) - first;
  return lines
    .filter((line) => from(line) >= 0 && from(line) < CONNECTIONS)
    .map((line) => line.replace(/ +\d+:\d\d +/, " "))
    .sort();
}

/** Has the first director tell the second of connections by a group, and looks at what comes. */
async function tell(
  t: Test,
  topology: Topology,
  { address, port, ttl, source }: Group,
): Promise<void> {
  const [client, first, second] = ["client", "first", "second"].map((name) => topology.host(name));
  const where = `--mcast-interface eth0 --mcast-group ${address} --mcast-port ${port}`;
  await uipvsadm(second!, `--start-daemon backup ${where}`);
  await uipvsadm(first!, `--start-daemon master ${where} --mcast-ttl ${ttl}`);
  const capture = await HostCapture.start(t, second!, "eth0", `udp and dst host ${address}`);
  const ask = [process.execPath, "-e", ASK, "--", String(port), String(CONNECTIONS / 2)];
  await client!.mustRun([...ask, VIRTUAL, VIRTUAL6]);

  let heard: readonly string[] = [];
  for (let look = 0; look < LOOKS && heard.length < CONNECTIONS; look++) {
    await pause(LOOK);
    heard = await listed(second!, port);
  }
  t.equal(heard.length, CONNECTIONS, "connections the backup has");
  t.same(heard, await listed(first!, port), "as the master has them");

  for (const host of [first!, second!]) {
    const sockets = (await host.mustRun(["ss", "-Huanm"])).split("\n");
    // The kernel takes twice as much, for what it keeps beside the data.
    const size = host === first ? `tb${2 * BUFFER}` : `rb${2 * BUFFER}`;
    t.equal(sockets.filter((line) => line.includes(`${size},`)).length, PORTS, size);
  }

  const packets = await capture.stop();
  const ports = Array.from({ length: PORTS }, (_unused, index) => port + index);
  t.same([...new Set(packets.map(({ dstPort }) => Number(dstPort)))].sort(), ports, "ports");
  t.same(
    [...new Set(packets.map(({ from }) => from.replace(LINK_LOCAL, "fe80::")))],
    [source],
    "source",
  );
  everyPacket(t, packets, { to: address, ttl: String(ttl) }, "is for the group");
  await uipvsadm(first!, "--stop-daemon master");
  await uipvsadm(second!, "--stop-daemon backup");
}

t.test("connections reach the other director", { skip, timeout: 120_000 }, async (t) => {
  const topology = await Topology.build({ hosts: HOSTS });
  t.teardown(() => topology.stop());
  const directors = ["first", "second"].map((name) => topology.host(name));
  await Promise.all(directors.map(startDirector));
  await Promise.all(directors.map(addressesUsable));
  // Nobody asks who the real servers are: they are not there.
  await directors[0]!.ip([
    `neigh replace ${SERVER} lladdr 02:00:00:00:00:20 dev eth0`,
    `neigh replace ${SERVER6} lladdr 02:00:00:00:00:20 dev eth0`,
  ]);
  for (const group of [
    { address: "ff02::81", port: 9000, ttl: 7, source: "fe80::" },
    { address: "239.1.2.3", port: 9100, ttl: 5, source: "192.168.1.2" },
  ]) {
    await t.test(`by ${group.address}`, (t) => tell(t, topology, group));
  }

  await t.test("a port that is taken is told of", async (t) => {
    const second = topology.host("second");
    await startProgram(second, [process.execPath, "-e", HOLD, "--", "9201"]);
    const start = "--start-daemon backup --mcast-interface eth0 --mcast-port 9200";
    await t.rejects(uipvsadm(second, start), { message: /Address already in use/ });
    t.equal(await uipvsadm(second, "-L --daemon"), "");
  });

  await t.test("an interface without an address of the group's family is told of", async (t) => {
    const first = topology.host("first");
    await first.mustRun(["ip", "-6", "addr", "flush", "dev", "eth0"]);
    const start = "--start-daemon master --mcast-interface eth0 --mcast-group ff02::81";
    await t.rejects(uipvsadm(first, start), { message: /Cannot assign requested address/ });
    t.equal(await uipvsadm(first, "-L --daemon"), "");
  });
});
