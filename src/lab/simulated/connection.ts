/**
 * A client's end of a TCP connection between simulated hosts.
 *
 * @module
 */
import { ACK, FIN, PSH, RST, SYN } from "../../wire/tcp.ts";
import type { Segment, SegmentEnd } from "./segment.ts";
import { type SendSegment, TcpEnd } from "./tcp-end.ts";

/** Whom a connection tells what happens to it. */
export interface ConnectionEvents {
  readonly opened: () => void;
  readonly received: (text: string) => void;
  /** The other side has closed it. */
  readonly ended: () => void;
  /** It was refused or reset; `reason` is what programs say then. */
  readonly failed: (reason: string) => void;
}

/** Largest payload of a segment, in bytes. */
const MAX_SEGMENT = 1400;

/** One connection. */
export class SimulatedConnection {
  readonly local: SegmentEnd;
  readonly remote: SegmentEnd;
  readonly #end: TcpEnd;
  readonly #events: ConnectionEvents;
  #state: "new" | "open" | "closed" = "new";

  constructor(local: SegmentEnd, remote: SegmentEnd, send: SendSegment, events: ConnectionEvents) {
    this.local = local;
    this.remote = remote;
    this.#end = new TcpEnd(local, remote, send);
    this.#events = events;
  }

  /** Sends the first segment. */
  open(): void {
    this.#end.send(SYN);
  }

  /** Sends text; nothing once the connection is closed. */
  write(text: string): void {
    for (let at = 0; at < text.length && this.#state === "open"; at += MAX_SEGMENT) {
      this.#end.send(ACK | PSH, text.slice(at, at + MAX_SEGMENT));
    }
  }

  /** Closes this side. */
  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closed";
    this.#end.send(ACK | FIN);
  }

  receive(segment: Segment): void {
    const { flags, payload } = segment;
    this.#end.heard(segment);
    if ((flags & RST) !== 0) {
      this.fail(this.#state === "new" ? "Connection refused" : "Connection reset by peer");
      return;
    }
    if ((flags & SYN) !== 0 && this.#state === "new") {
      this.#state = "open";
      this.#end.send(ACK);
      this.#events.opened();
    }
    if (payload !== "") {
      this.#end.send(ACK);
      this.#events.received(payload);
    }
    if ((flags & FIN) !== 0) this.#closed();
  }

  /** Takes note that an error has come for it. */
  fail(reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#events.failed(reason);
  }

  #closed(): void {
    // Of a connection this side has closed first, only the last acknowledgement is left.
    const first = this.#state === "open";
    this.#state = "closed";
    this.#end.send(first ? ACK | FIN : ACK);
    if (first) this.#events.ended();
  }
}
