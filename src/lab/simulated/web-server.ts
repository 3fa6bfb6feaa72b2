/**
 * A web server that exists in memory only.
 *
 * @module
 */
import { formatAddress, ipv4Address } from "../../net/address.ts";
import { ACK, FIN, PSH, RST, SYN } from "../../wire/tcp.ts";
import { formatPage } from "../web-page.ts";
import type { Segment, SegmentEnd } from "./segment.ts";
import { type SendSegment, TcpEnd } from "./tcp-end.ts";

/** What a request says that is the last of its connection. */
export const CLOSE = "connection: close";
/** What ends the head of a request and of an answer. */
export const HEAD_END = "\r\n\r\n";

/** A head that is longer than this, in bytes, is forgotten. */
const LONGEST_HEAD = 16_384;

/** Answers every request with the page of web-page.ts, on whatever address it is asked. */
export class SimulatedWebServer {
  readonly #name: string;
  readonly #send: SendSegment;
  readonly #ends = new Map<string, TcpEnd>();
  /** What has come of requests whose head is not whole yet. */
  readonly #heads = new WeakMap<TcpEnd, string>();
  /** Those that have sent their last segment of their own accord. */
  readonly #closing = new Set<TcpEnd>();

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
    if (payload !== "") this.#read(end, from, payload);
    if ((flags & (FIN | RST)) !== 0) {
      this.#ends.delete(key);
      this.#heads.delete(end);
      if ((flags & FIN) !== 0) end.send(this.#closing.delete(end) ? ACK : ACK | FIN);
    }
  }

  /** Answers the requests that are whole; a request may come in pieces, and several at once. */
  #read(end: TcpEnd, client: SegmentEnd, payload: string): void {
    const heads = ((this.#heads.get(end) ?? "") + payload).split(HEAD_END);
    const rest = heads.pop()!;
    this.#heads.set(end, rest.length > LONGEST_HEAD ? "" : rest);
    for (const head of heads) this.#answer(end, client, head);
  }

  #answer(end: TcpEnd, client: SegmentEnd, request: string): void {
    const page = formatPage(this.#name, formatAddress(ipv4Address(client.address)), client.port);
    const last = request.includes(CLOSE);
    const head = ["HTTP/1.1 200 OK", `content-length: ${page.length}`, ...(last ? [CLOSE] : [])];
    end.send(ACK | PSH, head.join("\r\n") + HEAD_END + page);
    if (!last) return;
    this.#closing.add(end);
    end.send(ACK | FIN);
  }
}
