import t from "tap";
import {
  recordLength,
  SYNC_HEADER,
  type SyncProblem,
  SyncReader,
  SyncRecord,
  type SyncVersion,
  writeHeader,
  writeRecord,
} from "../../src/wire/ipvs-sync.ts";

/** A NAT connection of syncid 5, and a template with what a Call-ID told, as a kernel sent them. */
const CONNECTION =
  "0005002c01010000 0006002400000000 000103e800500050 0000000000000384 0a0102030a000064c0a80a0b";
const TEMPLATE =
  "00c8003d01010000 0011003500001100 0000000013c413c4 000000000000003c 0a0102030a000066c0a80a0e" +
  "020a616263646540686f7374 0303736970";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}

/** Reads a message; returns what was wrong, message and records in one. */
function problems(message: Uint8Array, syncId = 0): readonly (SyncProblem | "taken")[] {
  const reader = new SyncReader();
  const problem = reader.open(message, syncId);
  if (problem !== undefined) return [problem];
  const seen: (SyncProblem | "taken")[] = [];
  while (reader.hasMore) seen.push(reader.next() ?? "taken");
  return seen;
}

/** Returns the message with bytes put in its place from `at` on, its length told. */
function changed(hex: string, at: number, ...values: readonly number[]): Uint8Array {
  const message = bytes(hex);
  message.set(values, at);
  return message;
}

t.test("messages of a kernel are read, and written again as they were", async (t) => {
  for (const hex of [CONNECTION, TEMPLATE]) {
    const message = bytes(hex);
    const reader = new SyncReader();
    t.equal(reader.open(message, 0), undefined);
    t.equal(reader.next(), undefined);
    t.notOk(reader.hasMore);
    const length = SYNC_HEADER[1] + recordLength(1, reader.record);
    const written = new Uint8Array(length);
    const view = new DataView(written.buffer);
    writeHeader(view, 1, message[1]!, 1, length);
    t.equal(writeRecord(view, SYNC_HEADER[1], 1, reader.record), length);
    t.same(written, message);
  }
});

t.test("a record says what it says, in both versions and families", async (t) => {
  const record = new SyncRecord();
  Object.assign(record, { protocol: 6, flags: 0x783, state: 4, clientPort: 1, virtualPort: 2 });
  Object.assign(record, { destinationPort: 3, hasSequence: true });
  record.client[0] = 0x0a000001;
  record.sequence.set([1, 2, 3, 4, 5, 0xffffffff]);
  for (const [version, family] of [
    [0, 4],
    [1, 4],
    [1, 6],
  ] satisfies readonly (readonly [SyncVersion, 4 | 6])[]) {
    record.family = family;
    record.client[3] = family === 6 ? 9 : 0;
    record.mark = version === 1 ? 7 : 0;
    record.timeout = version === 1 ? 60 : 0;
    const length = SYNC_HEADER[version] + recordLength(version, record);
    const message = new Uint8Array(length);
    const view = new DataView(message.buffer);
    writeHeader(view, version, 3, 1, length);
    writeRecord(view, SYNC_HEADER[version], version, record);
    const reader = new SyncReader();
    t.equal(reader.open(message, 3), undefined);
    t.equal(reader.version, version);
    t.equal(reader.next(), undefined);
    t.same({ ...reader.record }, { ...record }, `version ${version}, IPv${family}`);
  }
});

t.test("what is malformed is refused, and why is told", async (t) => {
  t.same(problems(bytes("000500")), ["wrong-size"]);
  t.same(problems(bytes(`${CONNECTION}00`)), ["wrong-size"]);
  t.same(problems(bytes(CONNECTION), 5), ["taken"]);
  t.same(problems(bytes(CONNECTION), 6), ["other-syncid"]);
  // Two records told, one there.
  t.same(problems(changed(CONNECTION, 4, 2)), ["taken", "truncated-record"]);
  t.same(problems(changed(CONNECTION, 11, 0x25)), ["truncated-record"]);
  t.same(problems(changed(CONNECTION, 11, 0x23)), ["truncated-record"]);
  t.same(problems(changed(CONNECTION, 10, 0x10)), ["unknown-record"]);
  t.same(problems(changed(CONNECTION, 8, 2)), ["unknown-record"]);
  t.same(problems(changed(CONNECTION, 8, 1)), ["truncated-record"], "no room for IPv6");
  t.same(problems(changed(CONNECTION, 14, 0x20)), ["bad-flags"], "one packet");
  t.same(problems(changed(CONNECTION, 14, 0x18)), ["bad-flags"], "template without client port");
  t.same(problems(changed(TEMPLATE, 45, 0)), ["bad-option"], "empty");
  t.same(problems(changed(TEMPLATE, 45, 40)), ["bad-option"], "too long");
  t.same(problems(changed(TEMPLATE, 56, 2)), ["bad-option"], "twice");
  t.same(problems(changed(TEMPLATE, 44, 1)), ["bad-option"], "sequence of 10 bytes");
  t.same(problems(changed(TEMPLATE, 44, 4)), ["unknown-option"]);
  t.same(problems(changed(TEMPLATE, 44, 0x44)), ["taken"], "unknown and optional");
});
