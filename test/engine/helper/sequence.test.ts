import fc from "fast-check";
import t from "tap";
import { adjustSequence, SequenceShift } from "../../../src/engine/helper/sequence.ts";

const ACK = 0x10;

/** A TCP header with these numbers, and SACK blocks behind `padding` options of one byte. */
function header(
  sequence: number,
  acknowledgment: number,
  flags = ACK,
  blocks: readonly number[] = [],
  padding = 2,
): DataView {
  const options = padding + (blocks.length > 0 ? 2 + blocks.length * 4 : 0);
  const length = 20 + Math.ceil(options / 4) * 4;
  const view = new DataView(new ArrayBuffer(length));
  view.setUint32(4, sequence);
  view.setUint32(8, acknowledgment);
  view.setUint8(12, (length / 4) << 4);
  view.setUint8(13, flags);
  for (let at = 20; at < 20 + padding; at++) view.setUint8(at, 1);
  if (blocks.length > 0) {
    view.setUint8(20 + padding, 5);
    view.setUint8(21 + padding, 2 + blocks.length * 4);
    for (const [index, edge] of blocks.entries()) view.setUint32(22 + padding + index * 4, edge);
  }
  return view;
}

function numbers(view: DataView): readonly number[] {
  return [view.getUint32(4), view.getUint32(8)];
}

t.test("a shift displaces what is behind the change, and not what is before", async (t) => {
  const shift = new SequenceShift();
  t.equal(shift.isNeeded, false);
  shift.resized(1000, -3);
  t.equal(shift.isNeeded, true);
  t.equal(shift.toReceiver(900), 900);
  t.equal(shift.toReceiver(1000), 1000, "the segment itself begins where it began");
  t.equal(shift.toReceiver(1051), 1048);
  t.equal(shift.toSender(1000), 1000);
  t.equal(shift.toSender(1048), 1051);
  shift.resized(2000, 10);
  t.equal(shift.toReceiver(1051), 1048);
  t.equal(shift.toReceiver(2000), 1997);
  t.equal(shift.toReceiver(2050), 2057);
  t.equal(shift.toSender(1997), 2000);
  t.equal(shift.toSender(2057), 2050);
});

t.test("a shift told twice of one segment counts it once", async (t) => {
  const shift = new SequenceShift();
  shift.resized(1000, -3);
  shift.resized(1000, -3);
  t.equal(shift.toReceiver(1100), 1097);
  shift.resized(900, 7);
  t.equal(shift.toReceiver(1100), 1097, "an older segment is none the more");
});

t.test("a shift counts beyond the largest number", async (t) => {
  const shift = new SequenceShift();
  shift.resized(0xfffffff0, 20);
  t.equal(shift.toReceiver(0xfffffff0), 0xfffffff0);
  t.equal(shift.toReceiver(0x10), 0x24);
  t.equal(shift.toSender(0x24), 0x10);
  t.equal(shift.toReceiver(0xfffffff5), 9);
});

t.test("adjustSequence() rewrites both numbers and the blocks of SACK options", async (t) => {
  const own = new SequenceShift();
  const other = new SequenceShift();
  own.resized(100, 5);
  other.resized(1000, -3);
  for (const padding of [0, 1, 2, 3]) {
    const view = header(200, 2000, ACK, [2010, 2020, 900, 1000], padding);
    adjustSequence(view, 0, view.byteLength, own, other);
    t.same(numbers(view), [205, 2003]);
    const edges = [0, 4, 8, 12].map((at) => view.getUint32(22 + padding + at));
    t.same(edges, [2013, 2023, 900, 1000], `${padding} bytes before`);
  }
});

t.test("adjustSequence() leaves the second number where nothing is acknowledged", async (t) => {
  const shift = new SequenceShift();
  shift.resized(0, 5);
  const view = header(200, 2000, 0x04);
  adjustSequence(view, 0, view.byteLength, shift, shift);
  t.same(numbers(view), [205, 2000]);
});

t.test("adjustSequence() stays within the header", async () => {
  const shift = new SequenceShift();
  shift.resized(0, 5);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 60 }), (bytes) => {
      const padded = new Uint8Array(80).fill(0xaa);
      padded.set(bytes);
      adjustSequence(new DataView(padded.buffer), 0, bytes.length, shift, shift);
      return padded.subarray(bytes.length).every((byte) => byte === 0xaa);
    }),
  );
});

/** One end of a simulated connection: what it has sent and received, in order and out of it. */
class End {
  readonly #first: number;
  /** Segments sent: offset in the stream, text, and what it is to become on the way. */
  readonly #sent: { offset: number; text: string; becomes: string }[] = [];
  #length = 0;
  #acknowledged = 0;
  received = "";

  constructor(first: number) {
    this.#first = first;
  }

  get everythingAcknowledged(): boolean {
    return this.#acknowledged === this.#length;
  }

  queue(text: string, becomes: string): void {
    this.#sent.push({ offset: this.#length, text, becomes });
    this.#length += text.length;
  }

  /** The oldest segment not acknowledged. */
  next(): { sequence: number; text: string; becomes: string } | undefined {
    const segment = this.#sent.find(({ offset }) => offset >= this.#acknowledged);
    if (segment === undefined) return undefined;
    return { ...segment, sequence: (this.#first + segment.offset) >>> 0 };
  }

  /** Takes an acknowledgment of bytes of its own; tells whether it can be one. */
  acknowledge(number: number): boolean {
    const offset = (number - this.#first) >>> 0;
    if (offset > this.#length) return false;
    if (offset !== 0 && !this.#sent.some((s) => s.offset + s.text.length === offset)) return false;
    this.#acknowledged = Math.max(this.#acknowledged, offset);
    return true;
  }

  /** Takes a segment of the other end, whose numbers begin with `first`. */
  receive(first: number, sequence: number, text: string): boolean {
    const offset = (sequence - first) >>> 0;
    if (offset > this.received.length) return false;
    const known = this.received.slice(offset, offset + text.length);
    if (known !== text.slice(0, known.length)) return false;
    this.received += text.slice(known.length);
    return true;
  }
}

/** A segment: what it carries, what that becomes, and whether it, or its acknowledgment, is lost at first. */
const segment = fc.record({
  fromClient: fc.boolean(),
  text: fc.string({ minLength: 1, maxLength: 12 }),
  becomes: fc.option(fc.string({ minLength: 0, maxLength: 20 }), { nil: undefined }),
  lost: fc.boolean(),
  acknowledgmentLost: fc.boolean(),
});

t.test("a stream whose segments grow and shrink comes out whole at both ends", async (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.array(segment, { maxLength: 30 }),
      (clientFirst, serverFirst, segments) => {
        const ends = { client: new End(clientFirst), server: new End(serverFirst) };
        const shifts = { client: new SequenceShift(), server: new SequenceShift() };
        const firsts = { client: clientFirst, server: serverFirst };
        const wanted = { client: "", server: "" };

        /** Carries the next segment of `from` across, and its acknowledgment back; both may be lost. */
        const carry = (from: "client" | "server", lost: boolean, unheard: boolean): boolean => {
          const to = from === "client" ? "server" : "client";
          const next = ends[from].next();
          if (next === undefined) return true;
          const change = next.becomes.length - next.text.length;
          if (change !== 0) shifts[from].resized(next.sequence, change);
          const view = header(next.sequence, 0, 0);
          adjustSequence(view, 0, view.byteLength, shifts[from], shifts[to]);
          if (lost) return true;
          if (!ends[to].receive(firsts[from], view.getUint32(4), next.becomes)) return false;
          const acknowledgment = (firsts[from] + ends[to].received.length) >>> 0;
          const back = header(0, acknowledgment);
          adjustSequence(back, 0, back.byteLength, shifts[to], shifts[from]);
          return unheard || ends[from].acknowledge(back.getUint32(8));
        };

        for (const { fromClient, text, becomes, lost, acknowledgmentLost } of segments) {
          const from = fromClient ? "client" : "server";
          // A receiver cannot acknowledge what has become nothing.
          const changed = becomes === undefined || becomes === "" ? text : becomes;
          ends[from].queue(text, changed);
          wanted[fromClient ? "server" : "client"] += changed;
          if (lost && !carry(from, true, true)) return false;
          if (acknowledgmentLost && !carry(from, false, true)) return false;
          if (!carry(from, false, false)) return false;
        }
        return (
          ends.client.everythingAcknowledged &&
          ends.server.everythingAcknowledged &&
          ends.client.received === wanted.client &&
          ends.server.received === wanted.server
        );
      },
    ),
    { numRuns: 500 },
  );
  t.pass();
});
