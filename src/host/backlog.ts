/**
 * Packets that wait until the one at hand is done with: of the host to itself, and such as arrive or are to
 * be sent meanwhile.
 *
 * Bounded, as Linux's own queue is (net.core.netdev_max_backlog).
 *
 * @module
 */
import { Frame, MAX_PACKET } from "../wire/frame.ts";

/** Packets kept. */
const CAPACITY = 128;

/** What is to be done with a packet that waits. */
export type WaitingKind = "receive" | "send" | "loop" | "group";

/** A packet that waits. */
export interface Waiting {
  kind: WaitingKind;
  /** Where it arrived, or for a group leaves. */
  interfaceName: string;
  readonly frame: Frame;
}

/** A queue that uses its frames again. */
export class Backlog {
  readonly #waiting: Waiting[] = [];
  readonly #free: Waiting[] = [];

  /** Puts a copy of a packet at the end; `false` when there is no room. */
  put(kind: WaitingKind, interfaceName: string, frame: Frame): boolean {
    if (this.#waiting.length === CAPACITY || frame.length > MAX_PACKET) return false;
    const slot = this.#free.pop() ?? { kind, interfaceName, frame: new Frame() };
    slot.kind = kind;
    slot.interfaceName = interfaceName;
    slot.frame.load(frame.packet());
    slot.frame.mark = frame.mark;
    slot.frame.time = frame.time;
    this.#waiting.push(slot);
    return true;
  }

  /** Takes the first packet, or `undefined` when none waits; it is to be given back. */
  take(): Waiting | undefined {
    return this.#waiting.shift();
  }

  /** Takes a packet back that is done with. */
  giveBack(slot: Waiting): void {
    this.#free.push(slot);
  }
}
