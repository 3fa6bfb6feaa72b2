/**
 * A capture's packets meet a director, at the capture's own times.
 *
 * First everything is checked, rules and capture to the last byte, and nothing is written; then the
 * packets are decided one by one and what leaves becomes another capture. The same files give the
 * same bytes: time is the capture's, chance is seeded.
 *
 * The host around the director is simulated: every address that a service has is its own, everything
 * else is one hop away with an MTU of 1500. It sends tunnelled packets from the address of the first
 * service of the tunnel's family. Packets carry no firewall mark, as captures have none.
 *
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { openCapture, PcapFileDevice, refuseUnknownLink } from "../../dataplane/pcap-file.ts";
import { Pump } from "../../dataplane/pump.ts";
import type { ManualClock } from "../base/clock.ts";
import type { Decision } from "../engine/decision.ts";
import type { Director } from "../engine/director.ts";
import type { Host } from "../engine/host.ts";
import type { Profile } from "../engine/profile.ts";
import type { ReasonName } from "../engine/verdict.ts";
import { CaptureError } from "../wire/capture.ts";
import { readCapture } from "../wire/pcap.ts";
import { type DecisionRecord, decisionRecord } from "./decision-line.ts";
import { type SimulationOptions, simulatedDirector } from "./simulated-director.ts";

/** Packets decided before other events get their turn. */
const TURNS = 4096;

/** What a replay is made from. */
export interface ReplayOptions extends SimulationOptions {
  /** Path of the rules, in any form `readRules` takes. */
  readonly rules: string;
  /** Path of the capture. */
  readonly input: string;
  /** Kernel release to decide like. */
  readonly profile: Profile;
}

/** Where the results of a run go. */
export interface ReplayRun {
  /** Path of the capture of what leaves; not written without it. */
  readonly output?: string | undefined;
  readonly onDecision?: ((record: DecisionRecord) => void) | undefined;
  /** Told of each packet, before `onDecision`: the decision, to be read at once, and the capture's time in ms. */
  readonly onPacket?: ((decision: Decision, time: number) => void) | undefined;
  /** Told now and then how many records of how many are done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What became of the packets. */
export interface ReplaySummary {
  readonly packets: number;
  /** Records that hold no IP packet. */
  readonly skipped: number;
  /** Packets lost at the files, by reason: too long to read, of a time that cannot be written. */
  readonly drops: Readonly<Record<string, number>>;
  /** Packets by reason of their verdict. */
  readonly reasons: Readonly<Record<ReasonName, number>>;
}

/** A capture that cannot be replayed. */
export class ReplayError extends Error {
  override readonly name = "ReplayError";
}

/** A replay that is ready to run. */
export class Replay {
  readonly #input: string;
  readonly #records: number;
  readonly #clock: ManualClock;
  readonly #host: Host;
  readonly #director: Director;

  private constructor(
    input: string,
    records: number,
    clock: ManualClock,
    host: Host,
    director: Director,
  ) {
    this.#input = input;
    this.#records = records;
    this.#clock = clock;
    this.#host = host;
    this.#director = director;
  }

  /**
   * Reads and checks rules and capture.
   *
   * @throws RulesError when a rule is broken or refused: with file, line and text; WantedError or
   *   KeepalivedError for a document or a configuration that is broken
   * @throws ReplayError when the capture is broken: with file and offset
   * @throws the system's error when a file cannot be read
   */
  static async prepare(options: ReplayOptions): Promise<Replay> {
    const { input, profile, rules, ...simulation } = options;
    const { clock, host, director } = await simulatedDirector(rules, profile, simulation);
    return new Replay(input, await countRecords(input), clock, host, director);
  }

  /** Decides all packets. A replay runs once, as the director remembers. */
  async run(run: ReplayRun = {}): Promise<ReplaySummary> {
    const device = new PcapFileDevice({ input: this.#input, output: run.output });
    try {
      return await this.#runOn(device, run);
    } finally {
      device.close();
    }
  }

  async #runOn(device: PcapFileDevice, run: ReplayRun): Promise<ReplaySummary> {
    const { decision } = this.#director;
    let packets = 0;
    let done = 0;
    const pump = new Pump(this.#director, device, this.#host, (frame) => {
      const { number, time } = device.origin(frame)!;
      packets++;
      done = number;
      run.onPacket?.(decision, frame.time);
      run.onDecision?.(decisionRecord(number, time, decision));
    });
    for (let turn = 1; device.nextTime !== undefined; turn++) {
      this.#clock.advanceTo(device.nextTime);
      pump.turn();
      if (turn % TURNS === 0) {
        run.onProgress?.(done, this.#records);
        await setImmediate();
      }
    }
    const { tooLong, timeOutOfRange } = device.drops;
    return {
      packets,
      skipped: device.skipped,
      drops: { tooLong, timeOutOfRange },
      reasons: this.#director.counters(),
    };
  }
}

/**
 * Reads a capture to its end and returns how many records it has.
 *
 * @throws ReplayError when the capture is broken: with file and offset
 * @throws the system's error when it cannot be read
 */
export async function countRecords(path: string): Promise<number> {
  const file = openCapture(path);
  let count = 0;
  try {
    for (const record of readCapture(file)) {
      if (count === 0) refuseUnknownLink(record);
      count++;
      if (count % TURNS === 0) await setImmediate();
    }
    return count;
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    throw new ReplayError(`Cannot replay "${path}": at offset ${error.offset}, ${error.reason}`);
  } finally {
    file.close();
  }
}
