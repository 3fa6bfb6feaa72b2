/**
 * A web server and a web client that exist in memory only.
 *
 * They speak just enough TCP and HTTP for a request: no loss, no reordering, one segment at a time.
 * What one end sends is handed to a function at once; what arrives is handed to `receive`.
 *
 * @module
 */
import { formatAddress, ipv4Address } from "../../net/address.ts";
import { ACK, FIN, PSH, RST, SYN } from "../../wire/tcp.ts";
import { formatPage, parsePage, type WebPage } from "../web-page.ts";
import type { Segment, SegmentEnd } from "./segment.ts";

/** Takes a segment that is sent. */
export type SendSegment = (segment: Segment) => void;

const CLOSE = "connection: close";
const HEAD_END = "\r\n\r\n";

/** First sequence number of every end: chance would only make transcripts differ. */
const FIRST_SEQUENCE = 1000;

/** One end of a connection. */
class TcpEnd {
  readonly #local: SegmentEnd;
  readonly #peer: SegmentEnd;
  readonly #send: SendSegment;
  #next = FIRST_SEQUENCE;
  #expected = 0;

  constructor(local: SegmentEnd, peer: SegmentEnd, send: SendSegment) {
    this.#local = local;
    this.#peer = peer;
    this.#send = send;
  }

  /** Notes what a segment of the peer takes of its sequence numbers. */
  heard(segment: Segment): void {
    this.#expected = (segment.sequence + lengthOf(segment)) >>> 0;
  }

  send(flags: number, payload = ""): void {
    const segment: Segment = {
      from: this.#local,
      to: this.#peer,
      flags,
      sequence: this.#next,
      acknowledgment: (flags & ACK) === 0 ? 0 : this.#expected,
      payload,
    };
    this.#next = (this.#next + lengthOf(segment)) >>> 0;
    this.#send(segment);
  }
}

/** Sequence numbers a segment takes: its bytes, and one each for SYN and FIN. */
function lengthOf({ flags, payload }: Segment): number {
  return payload.length + ((flags & SYN) === 0 ? 0 : 1) + ((flags & FIN) === 0 ? 0 : 1);
}

/** Answers every request with the page of web-page.ts, on whatever address it is asked. */
export class SimulatedWebServer {
  readonly #name: string;
  readonly #send: SendSegment;
  readonly #ends = new Map<string, TcpEnd>();

  constructor(name: string, send: SendSegment) {
    this.#name = name;
    this.#send = send;
  }

  receive(segment: Segment): void {
    const { from, to, flags, payload } = segment;
    const key = `${from.address}:${from.port}:${to.address}:${to.port}`;
    if ((flags & SYN) !== 0) this.#ends.set(key, new TcpEnd(to, from, this.#send));
    const end = this.#ends.get(key);
    if (end === undefined) return;
    end.heard(segment);
    if ((flags & SYN) !== 0) end.send(SYN | ACK);
    if (payload !== "") this.#answer(end, from, payload);
    if ((flags & (FIN | RST)) !== 0) {
      this.#ends.delete(key);
      if ((flags & FIN) !== 0) end.send(ACK);
    }
  }

  #answer(end: TcpEnd, client: SegmentEnd, request: string): void {
    const page = formatPage(this.#name, formatAddress(ipv4Address(client.address)), client.port);
    const last = request.includes(CLOSE);
    const head = ["HTTP/1.1 200 OK", `content-length: ${page.length}`, ...(last ? [CLOSE] : [])];
    end.send(ACK | PSH, head.join("\r\n") + HEAD_END + page);
    if (last) end.send(ACK | FIN);
  }
}

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
