import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import t from "tap";
import { bytesSource, CaptureError, type CaptureRecord } from "../../src/wire/capture.ts";
import { fileHeader, readCapture, recordHeader } from "../../src/wire/pcap.ts";
import { concat, hex, udp } from "../support/packet.ts";
import { tcpdump } from "../support/tcpdump.ts";

const PACKET = udp({ from: "10.1.2.3:53", to: "10.0.0.1:53", payload: "abcd" });

/** Returns the records of a capture, their bytes copied. */
function recordsOf(...parts: readonly Uint8Array[]): CaptureRecord[] {
  const records = [];
  for (const record of readCapture(bytesSource(concat(...parts)))) {
    records.push({ ...record, data: record.data.slice() });
  }
  return records;
}

const HEADERS = {
  "big-endian microseconds": hex("a1b2c3d4 0002 0004 00000000 00000000 0000ffff 00000001"),
  "little-endian microseconds": hex("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000"),
  "big-endian nanoseconds": hex("a1b23c4d 0002 0004 00000000 00000000 0000ffff 00000001"),
  "little-endian nanoseconds": hex("4d3cb2a1 0200 0400 00000000 00000000 ffff0000 01000000"),
};

for (const [name, header] of Object.entries(HEADERS)) {
  t.test(`a ${name} file is read`, async (t) => {
    const little = name.startsWith("little");
    const record = little
      ? hex("01000000 02000000 03000000 05000000 aabbcc")
      : hex("00000001 00000002 00000003 00000005 aabbcc");
    const second = little
      ? hex("02000000 00000000 00000000 00000000")
      : hex("00000002 00000000 00000000 00000000");
    t.same(recordsOf(header, record, second), [
      {
        number: 1,
        offset: 24,
        linkType: 1,
        time: name.endsWith("microseconds") ? 1_000_002_000n : 1_000_000_002n,
        data: hex("aabbcc"),
        originalLength: 5,
        truncated: true,
      },
      {
        number: 2,
        offset: 43,
        linkType: 1,
        time: 2_000_000_000n,
        data: new Uint8Array(0),
        originalLength: 0,
        truncated: false,
      },
    ]);
  });
}

t.test("a file without records is read", async (t) => {
  t.same(recordsOf(fileHeader(101)), []);
});

t.test("the bits about frame checksums are no part of the link type", async (t) => {
  const header = hex("a1b2c3d4 0002 0004 00000000 00000000 0000ffff 24000001");
  t.equal(recordsOf(header, hex("00000001 00000002 00000000 00000000"))[0]?.linkType, 1);
});

t.test("fileHeader() and recordHeader() write the bytes of the format", async (t) => {
  t.same(fileHeader(101), hex("4d3cb2a1 0200 0400 00000000 00000000 00000400 65000000"));
  t.same(
    fileHeader(1, "microseconds"),
    hex("d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000"),
  );
  t.same(recordHeader(1_000_002_003n, 3, 5), hex("01000000 d3070000 03000000 05000000"));
  t.same(
    recordHeader(1_000_002_003n, 3, 5, "microseconds"),
    hex("01000000 02000000 03000000 05000000"),
  );
});

t.test("recordHeader() refuses what the format cannot say", async (t) => {
  t.throws(
    () => recordHeader(-1n, 0),
    new RangeError("Cannot write time -1 ns to a capture: must be in 1970–2106"),
  );
  t.throws(() => recordHeader(0x1_0000_0000n * 1_000_000_000n, 0), RangeError);
  t.throws(() => recordHeader(0n, 262145), /262145 bytes: must be 262144 or less$/);
});

const arbitraryRecord = fc.record({
  time: fc.bigInt(0n, 0xffffffffn * 1_000_000_000n),
  data: fc.uint8Array({ maxLength: 40 }),
  cut: fc.nat(9),
});

t.test("what was written is read back", async () => {
  fc.assert(
    fc.property(fc.array(arbitraryRecord, { maxLength: 8 }), fc.nat(400), (written, linkType) => {
      const parts = written.flatMap(({ time, data, cut }) => [
        recordHeader(time, data.length, data.length + cut),
        data,
      ]);
      const read = recordsOf(fileHeader(linkType), ...parts);
      return (
        read.length === written.length &&
        read.every((record, index) => {
          const { time, data, cut } = written[index]!;
          return (
            record.time === time &&
            record.linkType === linkType &&
            record.truncated === cut > 0 &&
            record.originalLength === data.length + cut &&
            Buffer.compare(record.data, data) === 0
          );
        })
      );
    }),
  );
});

t.test("a file larger than the window is read from the first to the last record", async (t) => {
  const parts = [fileHeader(101)];
  for (let index = 0; index < 300; index++) {
    const data = new Uint8Array(1000 + index).fill(index);
    parts.push(recordHeader(BigInt(index), data.length), data);
  }
  const large = new Uint8Array(200_000).fill(7);
  parts.push(recordHeader(300n, large.length), large);
  const records = recordsOf(...parts);
  t.equal(records.length, 301);
  t.ok(
    records.every(
      ({ data }, index) => index === 300 || data.every((byte) => byte === (index & 255)),
    ),
  );
  t.same(records[300]?.data, large);
});

t.test("a source that gives little at a time is read like any other", async (t) => {
  const bytes = concat(fileHeader(101), recordHeader(5n, PACKET.length), PACKET);
  const slow = {
    read(into: Uint8Array, position: number) {
      const part = bytes.subarray(position, position + Math.min(7, into.length));
      into.set(part);
      return part.length;
    },
  };
  const [record] = readCapture(slow);
  t.same(record?.data, PACKET);
});

const HEADER = fileHeader(1);
const BROKEN: readonly (readonly [
  name: string,
  bytes: Uint8Array,
  offset: number,
  says: string,
])[] = [
  [
    "nothing",
    hex(""),
    0,
    "found the end of the file, expected the magic number of a pcap or pcapng file",
  ],
  [
    "two bytes",
    hex("a1b2"),
    0,
    "found the end of the file after 2 bytes, expected the magic number of a pcap or pcapng file",
  ],
  [
    "text",
    new TextEncoder().encode("hello world"),
    0,
    "found the bytes 68 65 6c 6c, expected the magic number of a pcap or pcapng file",
  ],
  [
    "a header cut short",
    HEADER.subarray(0, 23),
    0,
    "found the end of the file after 23 bytes, expected a file header of 24 bytes",
  ],
  [
    "another version",
    concat(hex("a1b2c3d4 0003"), new Uint8Array(18)),
    4,
    "found pcap version 3, expected version 2",
  ],
  [
    "a record header cut short",
    concat(HEADER, new Uint8Array(15)),
    24,
    "found the end of the file after 15 bytes, expected a record header of 16 bytes",
  ],
  [
    "a record cut short",
    concat(HEADER, recordHeader(0n, 10), new Uint8Array(9)),
    24,
    "found the end of the file after 25 bytes, expected a record of 26 bytes",
  ],
  [
    "an impossible length",
    concat(HEADER, hex("00000000 00000000 ffffffff ffffffff")),
    32,
    "found a captured length of 4294967295 bytes, expected 262144 at most",
  ],
];

for (const [name, bytes, offset, says] of BROKEN) {
  t.test(`${name} is refused with the offset and what was expected`, async (t) => {
    const error = thrownBy(() => recordsOf(bytes));
    t.type(error, CaptureError);
    t.match(error, { offset, message: `Cannot read the capture at offset ${offset}: ${says}` });
  });
}

function thrownBy(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

t.test("records before a broken one are delivered", async (t) => {
  const bytes = concat(HEADER, recordHeader(0n, 1), hex("aa"), recordHeader(0n, 9), hex("bb"));
  const records = readCapture(bytesSource(bytes));
  t.same(records.next().value?.data, hex("aa"));
  t.throws(() => records.next(), { name: "CaptureError", offset: 41 });
});

t.test("any bytes give records or a CaptureError", async () => {
  const start = fc.constantFrom(...Object.values(HEADERS), hex(""), hex("0a0d0d0a"));
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 120 }), (header, bytes) => {
      const error = thrownBy(() => recordsOf(header, bytes));
      return error === undefined || error instanceof CaptureError;
    }),
    { numRuns: 2000 },
  );
});

t.test("any damage to a good file gives records or a CaptureError", async () => {
  const good = concat(
    fileHeader(101),
    recordHeader(1n, PACKET.length),
    PACKET,
    recordHeader(2n, PACKET.length),
    PACKET,
  );
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, value, end) => {
      const bytes = good.slice(0, end);
      if (at < end) bytes[at] = value;
      const error = thrownBy(() => recordsOf(bytes));
      return error === undefined || error instanceof CaptureError;
    }),
    { numRuns: 1000 },
  );
});

t.test("tcpdump reads what was written", { skip: tcpdump.lacking }, async (t) => {
  const file = join(t.testdir(), "written.pcap");
  const time = 1_700_000_000_123_456_789n;
  writeFileSync(file, concat(fileHeader(101), recordHeader(time, PACKET.length), PACKET));
  const args = ["-n", "-tt", "--time-stamp-precision=nano", "-r", file];
  t.match(
    execFileSync(...tcpdump.command(args)),
    /^1700000000\.123456789 IP 10\.1\.2\.3\.53 > 10\.0\.0\.1\.53: /,
  );
});
