/**
 * A lab on simulated hosts, as its keeper has it: the network, the director, and the gate for what a student runs.
 *
 * @module
 */
import { Daemon } from "../../daemon/daemon.ts";
import { MonotonicClock } from "../../daemon/monotonic-clock.ts";
import { DEFAULT_PROFILE } from "../../engine/profile.ts";
import { setUpHosts } from "../course/kept-lab.ts";
import type { Lab } from "../course/lab-folder.ts";
import { DIRECTOR, furnishHosts } from "../course/lab-hosts.ts";
import { type LabNote, ownIdentity, writeNote } from "../course/lab-note.ts";
import { labSocket } from "../course/run-folder.ts";
import { SimulatedEngine } from "./engine.ts";
import { Gate } from "./gate.ts";
import { SimulatedNetwork } from "./network.ts";

/** Hosts in this process. */
export class SimulatedLab {
  readonly #director: Daemon;
  readonly #gate: Gate;

  private constructor(director: Daemon, gate: Gate) {
    this.#director = director;
    this.#gate = gate;
  }

  /**
   * Builds a lab, and leaves the note about it in its folder, in the place of the claim to it.
   *
   * @throws Error when something is refused; nothing is left then but the folder
   */
  static async build(folder: string, lab: Lab): Promise<SimulatedLab> {
    const clock = new MonotonicClock();
    const network = new SimulatedNetwork(lab.plan.hosts, clock);
    const director = await startDirector(network, clock, labSocket(folder));
    const gate = await Gate.open(network);
    const built = new SimulatedLab(director, gate);
    try {
      furnishHosts(folder, "simulated");
      const note = noteOf(folder, lab, network, gate);
      await setUpHosts(folder, note, lab);
      writeNote(folder, note);
      return built;
    } catch (error) {
      await built.stop();
      throw error;
    }
  }

  /** Ends the director, and with it everything. */
  async stop(): Promise<void> {
    await this.#gate.close();
    await this.#director.stop();
  }
}

function startDirector(
  network: SimulatedNetwork,
  clock: MonotonicClock,
  socket: string,
): Promise<Daemon> {
  const host = network.host(DIRECTOR);
  if (host === undefined) throw new Error(`There is no host "${DIRECTOR}"`);
  const profile = DEFAULT_PROFILE;
  const log = (line: string) => console.error(line);
  // It is what the lab is kept for: the keeper goes with it.
  const stopRequested = () => void process.kill(process.pid, "SIGTERM");
  return Daemon.start({
    socket,
    device: "memory",
    profile,
    log,
    openEngine: async () =>
      new SimulatedEngine({ host: host.virtual, clock, profile, socket, log, stopRequested }),
  });
}

function noteOf(folder: string, lab: Lab, network: SimulatedNetwork, { key }: Gate): LabNote {
  const { pid, startTicks } = ownIdentity();
  return {
    name: lab.name,
    source: lab.folder,
    kind: "simulated",
    startedAt: new Date().toISOString(),
    standing: true,
    pid,
    startTicks,
    gate: key,
    hosts: [...network.hosts].map(({ name }) => ({
      name,
      pid,
      ...(name === DIRECTOR && { socket: labSocket(folder) }),
    })),
  };
}
