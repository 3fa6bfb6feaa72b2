import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import t from "tap";
import { NamespaceHost } from "../../src/lab/namespace-host.ts";
import { Topology, type TopologyPlan } from "../../src/lab/topology.ts";
import { ROOT } from "../support/files.ts";
import { noNamespaces } from "../support/namespaces.ts";

const skip = await noNamespaces();

// A folder for temporary files of this test alone: what is left in it was left by a laboratory.
const TEMPORARY = mkdtempSync(join(tmpdir(), "uipvs-topology-test-"));
process.env.TMPDIR = TEMPORARY;
t.teardown(() => rmSync(TEMPORARY, { recursive: true }));

const PLAN: TopologyPlan = {
  hosts: [
    {
      name: "one",
      links: [{ name: "eth0", segment: "left", addresses: ["10.9.1.1/24"] }],
      routes: ["10.9.2.0/24 via 10.9.1.2"],
    },
    {
      name: "two",
      links: [
        { name: "eth0", segment: "left", addresses: ["10.9.1.2/24"] },
        { name: "eth1", segment: "right", addresses: ["10.9.2.2/24"] },
      ],
      sysctls: { "net/ipv4/ip_forward": 1 },
    },
    {
      name: "three",
      links: [
        { name: "eth0", segment: "right", addresses: ["10.9.2.3/24"] },
        { name: "eth1", segment: "left", addresses: ["10.9.1.3/24"], down: true },
      ],
      loopback: ["10.9.9.9/32"],
      routes: ["default via 10.9.2.2"],
    },
  ],
};

t.test(
  "build() makes hosts that reach each other over their segments and a router",
  {
    skip,
  },
  async (t) => {
    const topology = await Topology.build(PLAN);
    t.teardown(() => topology.stop());
    const server = await listen(topology.host("three"));
    t.equal(await connect(topology.host("one"), "10.9.2.3"), "hello\n");
    t.equal(await connect(topology.host("two"), "10.9.2.3"), "hello\n");
    t.match(await connect(topology.host("one"), "10.9.1.3"), /EHOSTUNREACH/, "a link that is down");
    server.stdin.end();
    t.throws(
      () => topology.host("four"),
      new RangeError(`Unknown host "four": must be one of one, two, three`),
    );
  },
);

t.test("build() says which command was refused, and leaves nothing", { skip }, async (t) => {
  const plan: TopologyPlan = {
    hosts: [{ name: "one", links: [], routes: ["default via 10.9.9.1"] }],
  };
  await t.rejects(Topology.build(plan), /"ip route add default via 10.9.9.1" on "one"/);
  t.strictSame(readdirSync(TEMPORARY), []);
});

t.test("stop() leaves no process, no namespace and no folder", { skip }, async (t) => {
  const topology = await Topology.build(PLAN);
  await listen(topology.host("three"));
  const networks = topology.hosts.map((host) => networkOf(host.pid));
  t.not(inhabitants(networks).length, 0);
  t.equal(readdirSync(TEMPORARY).length, 4, "a folder for each host and the switch");
  await topology.stop();
  await topology.stop();
  t.strictSame(inhabitants(networks), []);
  t.strictSame(readdirSync(TEMPORARY), []);
});

t.test("a killed parent leaves no process, no namespace and no folder", { skip }, async (t) => {
  const program = join(ROOT, "dist", "test", "support", "lab-parent.js");
  const parent = spawn(process.execPath, [program, JSON.stringify(PLAN)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(parent.stdout, "data");
  const networks = (JSON.parse(String(line)) as readonly number[]).map(networkOf);
  t.equal(networks.length, 3);
  t.not(inhabitants(networks).length, 0);
  parent.kill("SIGKILL");
  await once(parent, "exit");
  const left = () => [...inhabitants(networks), ...readdirSync(TEMPORARY)];
  for (let turn = 0; turn < 500 && left().length > 0; turn++) await setTimeout(10);
  t.strictSame(left(), []);
});

t.test("start() tells why namespaces were refused", { skip }, async (t) => {
  const path = process.env.PATH;
  process.env.PATH = "/nowhere";
  t.teardown(() => {
    process.env.PATH = path;
  });
  await t.rejects(NamespaceHost.start("one"), { code: "ENOENT" });
});

/** Starts a server on port 8080 that greets, inside `host`; it says when it listens. */
async function listen(host: NamespaceHost) {
  const program = `
    require("node:net").createServer((socket) => socket.end("hello\\n"))
      .listen(8080, "0.0.0.0", () => console.log("ready"));
    process.stdin.resume().once("end", () => process.exit());`;
  const server = host.spawn([process.execPath, "-e", program]);
  await new Promise((resolve) => server.stdout.once("data", resolve));
  return server;
}

/** Returns what the server at `address` says, or the error code of the attempt. */
function connect(host: NamespaceHost, address: string): Promise<string> {
  const program = `
    require("node:net").connect(8080, "${address}")
      .on("error", (error) => console.log(error.code)).pipe(process.stdout);`;
  return host.mustRun([process.execPath, "-e", program]);
}

/** Returns the name of the network namespace a process is in. */
function networkOf(pid: number | string): string {
  return readlinkSync(`/proc/${pid}/ns/net`);
}

/** Returns the numbers of the processes in any of `networks`. */
function inhabitants(networks: readonly string[]): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return networks.includes(networkOf(pid));
    } catch {
      return false; // It ended meanwhile.
    }
  });
}
