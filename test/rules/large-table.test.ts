/**
 * Ten thousand random services, through real processes and real sockets: what was saved is there again
 * when it is restored.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import t from "tap";
import type { Director } from "../../src/engine/director.ts";
import { formatEndpoint } from "../../src/net/endpoint.ts";
import { type DestinationConfig, SERVICE_FLAG, TUNNEL_TYPE } from "../../src/wire/ipvs-objects.ts";
import { uipvs } from "../cli/support.ts";
import { idleDirector } from "../ipvsadm/idle-director.ts";
import { execute } from "../ipvsadm/processes.ts";
import { serveDirector } from "../ipvsadm/served-director.ts";
import { ROOT } from "../support/files.ts";
import { isSayable, isSayableServer, manyServices, type RandomService } from "./random-table.ts";

const COUNT = 10_000;
const IPVSADM = join(ROOT, "bin", "uipvsadm.js");

function directorWith(services: readonly RandomService[]): Director {
  const director = idleDirector();
  for (const { id, config, servers } of services) {
    director.addService(id, config);
    for (const server of servers) director.addDestination(id, server.id, server.config);
  }
  return director;
}

/** Returns the table as one line a service, with its real servers newest first. */
function linesOf(director: Director): readonly string[] {
  return director.services().map(({ id, config }) => {
    const servers = director
      .destinations(id)
      .map((server) => `${formatEndpoint(server.id)} ${JSON.stringify(server.config)}`);
    const identity = `${id.family} ${id.protocol} ${formatEndpoint(id)} ${id.fwmark}`;
    return [identity, JSON.stringify(config), ...servers].join("\n");
  });
}

/** Returns the lines without an order: saved rules are sorted. */
function sorted(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.split("\n").sort().join("\n")).sort();
}

/** Returns the first few lines that are in one table only. */
function differences(a: readonly string[], b: readonly string[]): readonly string[] {
  const [inA, inB] = [new Set(a), new Set(b)];
  return [...a.filter((line) => !inB.has(line)), ...b.filter((line) => !inA.has(line))].slice(0, 5);
}

/**
 * Whether what the original saves can be restored: it writes larger marks as negative numbers, and no
 * name for the third flag of these schedulers.
 */
function isRestorable(service: RandomService): boolean {
  const { scheduler, flags } = service.config;
  const nameless = ["sh", "mh"].includes(scheduler) && (flags & SERVICE_FLAG.scheduler3) !== 0;
  return isSayable(service) && service.id.fwmark <= 0x7fffffff && !nameless;
}

/** Returns a service without settings that mean nothing beside its others. */
function usedOnly({ id, config, servers }: RandomService): RandomService {
  const persistent = (config.flags & SERVICE_FLAG.persistent) !== 0;
  const everybody = id.family === 4 ? 0xffffffff : 128;
  return {
    id,
    config: persistent ? config : { ...config, timeout: 0, netmask: everybody },
    servers: servers.map((server) => ({ id: server.id, config: tunnelUsedOnly(server.config) })),
  };
}

function tunnelUsedOnly(config: DestinationConfig): DestinationConfig {
  const tunnelType = config.method === "tunnel" ? config.tunnelType : TUNNEL_TYPE.ipip;
  return {
    ...config,
    tunnelType,
    tunnelPort: tunnelType === TUNNEL_TYPE.gue ? config.tunnelPort : 0,
    tunnelFlags: tunnelType === TUNNEL_TYPE.ipip ? 0 : config.tunnelFlags,
  };
}

/** Returns what saved rules tell of a service: the original does not write thresholds. */
function saved(service: RandomService): RandomService {
  const servers = service.servers
    .filter((server) => isSayableServer(service, server))
    .map(({ id, config }) => ({ id, config: { ...config, upperThreshold: 0, lowerThreshold: 0 } }));
  return { ...service, servers };
}

t.test("uipvsadm -Sn | uipvsadm -R gives back a table of 10,000 services", async (t) => {
  const services = manyServices(3 * COUNT)
    .map(usedOnly)
    .map(saved)
    .filter(isRestorable)
    .slice(0, COUNT);
  t.equal(services.length, COUNT);
  const original = directorWith(services);
  const copy = idleDirector();
  const [from, to] = [await serveDirector(t, original), await serveDirector(t, copy)];
  const program = `${process.execPath} ${IPVSADM}`;
  const pipe = `UIPVS_SOCKET=${from} ${program} -Sn | UIPVS_SOCKET=${to} ${program} -R`;
  const failure = await new Promise((resolve) => {
    execFile("sh", ["-c", pipe], (error, _stdout, stderr) => resolve(stderr || error?.code || 0));
  });
  t.equal(failure, 0);
  t.equal(copy.services().length, COUNT);
  t.same(differences(sorted(linesOf(copy)), sorted(linesOf(original))), []);
});

t.test("nothing of 10,000 services is lost through --json and uipvs apply", async (t) => {
  const original = directorWith(manyServices(COUNT).map(usedOnly));
  original.setTimeouts({ tcp: 1000, tcpFin: 100, udp: 10 });
  const copy = idleDirector();
  const [from, to] = [await serveDirector(t, original), await serveDirector(t, copy)];
  const { stdout: document } = await execute(IPVSADM, ["-Ln", "--json"], from);
  const applied = await uipvs(["apply", "--socket", to, "-"], { input: document });
  t.same(applied, { status: 0, stdout: "", stderr: "" });
  t.same(copy.timeouts(), original.timeouts());
  t.same(differences(linesOf(copy), linesOf(original)), []);
  const rest = await uipvs(["diff", "--socket", to, "-"], { input: document });
  t.same(rest, { status: 0, stdout: "", stderr: "" });
});
