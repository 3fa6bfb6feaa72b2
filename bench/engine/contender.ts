/**
 * The common part of what runs in a process of its own: reads commands as lines, hands packets over in
 * batches, and answers with times of the processor.
 *
 * The commands are those of `bench/limit/limit.c`, and some more for the director.
 *
 * @module
 */
import { createInterface } from "node:readline";
import { Frame, HEADROOM } from "../../src/wire/frame.ts";
import { ACK, BATCH, Draws, fill, SYN } from "./crowd.ts";

/** Room for a packet and what a tunnel puts before it. */
const CAPACITY = HEADROOM + 128;

/** What takes packets. */
export interface Contender {
  /** Takes the first `count` frames of a batch, all from clients. */
  take(batch: readonly Frame[], count: number): void;
}

/** Hands packets over and takes the time. */
export class Player {
  readonly #contender: Contender;
  readonly #connections: number;
  readonly #batch = Array.from({ length: BATCH }, () => new Frame(CAPACITY));
  readonly #draws = new Draws();

  constructor(contender: Contender, connections: number) {
    this.#contender = contender;
    this.#connections = connections;
  }

  /** Opens all connections; returns ns of the processor for each. */
  open(): number {
    const fills = this.#time(() => this.#openAll(false));
    return (this.#time(() => this.#openAll(true)) - fills) / this.#connections;
  }

  /** Opens all connections, a batch a turn; `turn` runs what it is given. */
  openInTurns(turn: (work: () => void) => void): void {
    const batch = this.#batch;
    for (let first = 0; first < this.#connections; first += BATCH) {
      const count = Math.min(BATCH, this.#connections - first);
      for (let at = 0; at < count; at++) fill(batch[at]!, first + at, SYN);
      turn(() => this.#contender.take(batch, count));
    }
  }

  /** Sends packets of connections drawn at random; returns ns of the processor for each. */
  run(packets: number): number {
    const { state } = this.#draws;
    const fills = this.#time(() => this.#send(packets, false));
    this.#draws.state = state;
    return (this.#time(() => this.#send(packets, true)) - fills) / packets;
  }

  #openAll(hand: boolean): void {
    const batch = this.#batch;
    for (let first = 0; first < this.#connections; first += BATCH) {
      const count = Math.min(BATCH, this.#connections - first);
      for (let at = 0; at < count; at++) fill(batch[at]!, first + at, SYN);
      if (hand) this.#contender.take(batch, count);
    }
  }

  #send(packets: number, hand: boolean): void {
    const batch = this.#batch;
    for (let done = 0; done < packets; done += BATCH) {
      for (let at = 0; at < BATCH; at++) fill(batch[at]!, this.#draws.next(this.#connections), ACK);
      if (hand) this.#contender.take(batch, BATCH);
    }
  }

  #time(work: () => void): number {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) * 1000;
  }
}

/** Obeys command lines until there are no more: a command's words to the line that answers it. */
export async function obey(
  commands: Readonly<Record<string, (argument: number) => number | object>>,
): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const [name = "", argument = "0"] = line.split(" ");
    const answer = commands[name]?.(Number(argument));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}
