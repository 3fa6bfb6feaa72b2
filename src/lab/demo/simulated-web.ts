/**
 * A web client that exists in memory only.
 *
 * What it sends is handed to a function at once; what arrives is handed to `receive`.
 *
 * @module
 */
import { ACK, FIN, PSH, RST, SYN } from "../../wire/tcp.ts";
import type { Segment, SegmentEnd } from "../simulated/segment.ts";
import { type SendSegment, TcpEnd } from "../simulated/tcp-end.ts";
import { CLOSE, HEAD_END } from "../simulated/web-server.ts";
import { parsePage, type WebPage } from "../web-page.ts";

/** One connection of a web client. */
export class SimulatedWebConnection {
  readonly #end: TcpEnd;
  #open = false;
  #closed = false;
  #page: WebPage | undefined;

  constructor(local: SegmentEnd, server: SegmentEnd, send: SendSegment) {
    this.#end = new TcpEnd(local, server, send);
  }

  /** Whether the server, or the way to it, has ended the connection. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Asks for the page, opening the connection first where it is not open yet.
   *
   * @param last whether the connection ends with the answer
   * @returns the page, or `undefined` when none has arrived
   */
  ask(last: boolean): WebPage | undefined {
    this.#page = undefined;
    if (!this.#open) this.#end.send(SYN);
    if (!this.#open || this.#closed) return undefined;
    const head = ["GET / HTTP/1.1", "host: lab", ...(last ? [CLOSE] : [])];
    this.#end.send(ACK | PSH, head.join("\r\n") + HEAD_END);
    return this.#page;
  }

  receive(segment: Segment): void {
    const { flags, payload } = segment;
    this.#end.heard(segment);
    if ((flags & RST) !== 0) this.#closed = true;
    if ((flags & SYN) !== 0) {
      this.#open = true;
      this.#end.send(ACK);
    }
    if (payload !== "") {
      this.#page = parsePage(payload.slice(payload.indexOf(HEAD_END) + HEAD_END.length));
      this.#end.send(ACK);
    }
    if ((flags & FIN) !== 0) {
      this.#closed = true;
      this.#end.send(ACK | FIN);
    }
  }
}
