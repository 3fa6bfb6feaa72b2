/**
 * One end of a TCP connection that exists in memory only.
 *
 * It speaks just enough TCP: no loss, no reordering, one segment at a time.
 *
 * @module
 */
import { ACK, FIN, SYN } from "../../wire/tcp.ts";
import type { Segment, SegmentEnd } from "./segment.ts";

/** Takes a segment that is sent. */
export type SendSegment = (segment: Segment) => void;

/** First sequence number of every end: chance would only make transcripts differ. */
const FIRST_SEQUENCE = 1000;

/** One end of a connection. */
export class TcpEnd {
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
