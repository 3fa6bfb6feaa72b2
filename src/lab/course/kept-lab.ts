/**
 * A lab in network namespaces, as its keeper has it: hosts, their programs, and the note about them.
 *
 * @module
 */
import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { insideUserNamespace } from "../ground.ts";
import { programWords, startProgram } from "../host-program.ts";
import type { NamespaceHost } from "../namespace-host.ts";
import { type HostPlan, Topology } from "../topology.ts";
import { LabError } from "./lab-error.ts";
import type { Lab } from "./lab-folder.ts";
import { DIRECTOR, furnishHosts, runOnHost } from "./lab-hosts.ts";
import { type LabNote, ownIdentity, writeNote } from "./lab-note.ts";
import type { LabHost } from "./lab-schema.ts";
import { labSocket, otherSocket } from "./run-folder.ts";

/** Where the commands of the package are. */
const BIN = join(dirname(createRequire(import.meta.url).resolve("uipvs/package.json")), "bin");

/** Hosts in namespaces, and everything that runs on them. */
export class KeptLab {
  readonly #topology: Topology;

  private constructor(topology: Topology) {
    this.#topology = topology;
  }

  /**
   * Builds a lab, and leaves the note about it in its folder, in the place of the claim to it.
   *
   * @throws Error when something is refused; nothing is left then but the folder
   */
  static async build(folder: string, lab: Lab): Promise<KeptLab> {
    const { hosts } = lab.plan;
    const plans = Object.entries(hosts).map(([name, host]) => hostPlan(name, host));
    const topology = await Topology.build({ hosts: plans });
    try {
      furnishHosts(folder, kindHere());
      const starts = Object.entries(hosts).map(([name, host]) =>
        startPrograms(topology.host(name), host, folder),
      );
      await Promise.all(starts);
      const note = noteOf(folder, lab, topology);
      await setUpHosts(folder, note, lab);
      writeNote(folder, note);
      return new KeptLab(topology);
    } catch (error) {
      await topology.stop();
      throw error;
    }
  }

  /** Ends all hosts with everything in them. */
  stop(): Promise<void> {
    return this.#topology.stop();
  }
}

function hostPlan(name: string, host: LabHost): HostPlan {
  const links = Object.entries(host.links).map(([link, plan]) => ({ name: link, ...plan }));
  const sysctls = Object.entries(host.sysctls).map(([key, value]) => [sysctlPath(key), value]);
  const { loopback, routes } = host;
  return { name, links, loopback, routes, sysctls: Object.fromEntries(sysctls) };
}

/** Returns the path of a variable below /proc/sys. */
function sysctlPath(key: string): string {
  return key.replaceAll(".", "/");
}

async function startPrograms(host: NamespaceHost, plan: LabHost, folder: string): Promise<void> {
  const { name } = host;
  if (plan.web.length > 0) {
    await startProgram(host, programWords("web-server", name, ...plan.web.map(String)));
  }
  if (plan.tunnel !== undefined) await makeTunnel(host, plan.tunnel);
  const socket = socketOf(name, plan, folder);
  if (socket !== undefined) {
    const words = ["up", "--socket", socket, "--device", "tun"];
    await startProgram(host, [process.execPath, join(BIN, "uipvs.js"), ...words], "guarded");
  }
}

/** Returns the control socket of the director on a host, if one runs there. */
function socketOf(name: string, { director }: LabHost, folder: string): string | undefined {
  if (name === DIRECTOR) return labSocket(folder);
  return director ? otherSocket(folder, name) : undefined;
}

/** Makes an interface at which tunnels end: the kernel's, or else one a program of ours unpacks for. */
async function makeTunnel(host: NamespaceHost, name: string): Promise<void> {
  const exists = async () => (await host.run(["ip", "link", "show", name])).status === 0;
  if (await exists()) return;
  // Loading the driver may make it.
  const made = await host.run(["ip", "link", "add", name, "type", "ipip", "local", "any"]);
  if (made.status === 0 || (await exists())) return;
  await startProgram(host, programWords("decapsulator", name));
}

function noteOf(folder: string, lab: Lab, topology: Topology): LabNote {
  return {
    name: lab.name,
    source: lab.folder,
    kind: kindHere(),
    startedAt: new Date().toISOString(),
    standing: true,
    ...ownIdentity(),
    hosts: topology.hosts.map(({ name, pid }) => ({
      name,
      pid,
      network: networkOf(pid),
      socket: socketOf(name, lab.plan.hosts[name]!, folder),
    })),
  };
}

function kindHere(): LabNote["kind"] {
  return insideUserNamespace() ? "user-namespace" : "namespaces";
}

function networkOf(pid: number): number {
  return statSync(`/proc/${pid}/ns/net`).ino;
}

/** Does on the hosts of a lab what is done before the student comes. @throws LabError when something of it fails */
export async function setUpHosts(folder: string, note: LabNote, { plan }: Lab): Promise<void> {
  for (const { on, run } of plan.setup) await setUp(folder, note, on, run);
}

async function setUp(folder: string, note: LabNote, on: string, run: string): Promise<void> {
  const { status, stdout, stderr } = await runOnHost(folder, note, on, run);
  if (status === 0) return;
  const said = (stderr.trim() || stdout.trim() || `exit status ${status}`).split("\n").join("; ");
  throw new LabError(`Cannot set up host "${on}" with "${run}": ${said}`);
}
