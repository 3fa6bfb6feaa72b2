import { readFileSync } from "node:fs";
import fc from "fast-check";
import t from "tap";
import { bytesSource, CaptureError, type CaptureRecord } from "../../src/wire/capture.ts";
import { LINK_TYPE } from "../../src/wire/link.ts";
import { readCapture } from "../../src/wire/pcap.ts";
import { fixture } from "../support/files.ts";
import { concat, hex } from "../support/packet.ts";
import { pcapngBuilder } from "../support/pcapng.ts";

function recordsOf(...parts: readonly Uint8Array[]): CaptureRecord[] {
  const records = [];
  for (const record of readCapture(bytesSource(concat(...parts)))) {
    records.push({ ...record, data: record.data.slice() });
  }
  return records;
}

function errorOf(...parts: readonly Uint8Array[]): unknown {
  try {
    recordsOf(...parts);
  } catch (error) {
    return error;
  }
  return undefined;
}

const [BIG, LITTLE] = [pcapngBuilder(false), pcapngBuilder(true)];

for (const [name, file] of [["big", BIG] as const, ["little", LITTLE] as const]) {
  t.test(`a ${name}-endian section is read`, async (t) => {
    const records = recordsOf(
      file.section(),
      file.interface(1, 96),
      file.enhanced(0, 1_700_000_000_123_456n, hex("aabbcc")),
      file.enhanced(0, 1_700_000_000_123_457n, hex("aabb"), 1500),
    );
    t.same(records, [
      {
        number: 1,
        offset: 48,
        linkType: 1,
        time: 1_700_000_000_123_456_000n,
        data: hex("aabbcc"),
        originalLength: 3,
        truncated: false,
      },
      {
        number: 2,
        offset: 84,
        linkType: 1,
        time: 1_700_000_000_123_457_000n,
        data: hex("aabb"),
        originalLength: 1500,
        truncated: true,
      },
    ]);
  });

  t.test(`${name}-endian options set resolution and offset of the times`, async (t) => {
    const timeOf = (options: readonly (readonly [number, Uint8Array])[], units: bigint) =>
      recordsOf(
        file.section(),
        file.interface(1, 0, options),
        file.enhanced(0, units, hex("aa")),
      )[0]?.time;
    t.equal(timeOf([[9, hex("09")]], 1_000_000_001n), 1_000_000_001n, "nanoseconds");
    t.equal(timeOf([[9, hex("03")]], 1_001n), 1_001_000_000n, "milliseconds");
    t.equal(timeOf([[9, hex("8a")]], 1_025n), 1_000_976_562n, "1/1024 s");
    t.equal(timeOf([[9, hex("0c")]], 1_999n), 1n, "picoseconds are cut");
    const shifted = [
      [2, new TextEncoder().encode("eth0x")],
      [14, file.uint64(-5n)],
    ] as const;
    t.equal(timeOf(shifted, 7_000_000n), 2_000_000_000n, "5 s earlier");
  });
}

t.test("several interfaces and sections of both byte orders are read", async (t) => {
  const records = recordsOf(
    LITTLE.section(),
    LITTLE.interface(1),
    LITTLE.interface(101, 0, [[9, hex("09")]]),
    LITTLE.enhanced(1, 5n, hex("01")),
    LITTLE.enhanced(0, 5n, hex("02")),
    BIG.section(),
    BIG.interface(113),
    BIG.enhanced(0, 6n, hex("03")),
    LITTLE.section(),
    LITTLE.interface(276),
    LITTLE.enhanced(0, 7n, hex("04")),
  );
  t.same(
    records.map(({ number, linkType, time }) => [number, linkType, time]),
    [
      [1, 101, 5n],
      [2, 1, 5000n],
      [3, 113, 6000n],
      [4, 276, 7000n],
    ],
  );
});

t.test(
  "a simple packet has the time of the one before and the interface's snap length",
  async (t) => {
    const records = recordsOf(
      LITTLE.section(),
      LITTLE.interface(101, 4),
      LITTLE.enhanced(0, 9n, hex("01")),
      LITTLE.simple(hex("01020304"), 60),
    );
    t.match(records[1], {
      time: 9000n,
      data: hex("01020304"),
      originalLength: 60,
      truncated: true,
    });
  },
);

t.test("a file mergecap(1) made of two captures is read", async (t) => {
  const file = readFileSync(fixture("two-interfaces.pcapng"));
  t.same(
    recordsOf(file).map(({ linkType, time, data }) => [linkType, time, data.length]),
    [
      [LINK_TYPE.ethernet, 1_700_000_000_000_000_000n, 54],
      [LINK_TYPE.ethernet, 1_700_000_000_000_100_000n, 54],
      [LINK_TYPE.raw, 1_700_000_000_123_456_789n, 40],
      [LINK_TYPE.raw, 1_700_000_000_123_456_795n, 32],
    ],
  );
});

t.test("old packet blocks are read, other blocks passed over", async (t) => {
  const records = recordsOf(
    LITTLE.section(),
    LITTLE.block(0x0bad, new Uint8Array(300_000)),
    LITTLE.interface(101),
    LITTLE.old(0, 3n, hex("0102")),
    LITTLE.block(5, new Uint8Array(8)),
  );
  t.match(records, [{ time: 3000n, data: hex("0102") }]);
});

const START = concat(LITTLE.section(), LITTLE.interface(101, 4));
const BROKEN: readonly (readonly [
  name: string,
  bytes: Uint8Array,
  offset: number,
  says: string,
])[] = [
  [
    "a section without magic",
    hex("0a0d0d0a 0000001c 11223344 0001 0000 0000"),
    8,
    "found 0x11223344, expected the byte-order magic 0x1a2b3c4d",
  ],
  [
    "a section cut short",
    LITTLE.section().subarray(0, 12),
    0,
    "found the end of the file after 12 bytes, expected a section header of 28 bytes",
  ],
  [
    "another version",
    concat(hex("0a0d0d0a 0000001c 1a2b3c4d 0002 0000"), new Uint8Array(12)),
    12,
    "found pcapng version 2, expected version 1",
  ],
  [
    "a block length that is no multiple of 4",
    concat(START, hex("06000000 21000000")),
    52,
    "found a block length of 33, expected a multiple of 4, 12 or more",
  ],
  [
    "a block length below 12",
    concat(START, hex("06000000 08000000")),
    52,
    "found a block length of 8, expected a multiple of 4, 12 or more",
  ],
  [
    "a block cut short",
    concat(START, LITTLE.simple(hex("01")).subarray(0, 14)),
    48,
    "found the end of the file after 14 bytes, expected a block of 20 bytes",
  ],
  [
    "a large block cut short",
    concat(START, hex("05000000 00000f00"), new Uint8Array(900)),
    48 + 0x0f0000 - 4,
    "found the end of the file, expected the length that ends the block",
  ],
  [
    "two lengths that differ",
    concat(START, hex("05000000 0c000000 10000000")),
    56,
    "found a block length of 16, expected 12, the length the block begins with",
  ],
  [
    "a packet of an unknown interface",
    concat(START, LITTLE.enhanced(1, 0n, hex("01"))),
    56,
    "found a packet of interface 1, expected one of the 1 interfaces described before",
  ],
  [
    "a packet longer than its block",
    concat(START, LITTLE.simple(hex(""), 3)),
    56,
    "found a packet of 3 bytes, expected 0 at most",
  ],
  [
    "a packet block that is too short",
    concat(START, LITTLE.block(6, new Uint8Array(8))),
    52,
    "found a block length of 20, expected 32 or more for a packet block",
  ],
  [
    "an impossible resolution",
    concat(LITTLE.section(), LITTLE.interface(1, 0, [[9, hex("7f")]])),
    48,
    "found a time resolution of 0x7f, expected at most 2^-63 s",
  ],
  [
    "an option longer than its block",
    concat(LITTLE.section(), LITTLE.block(1, hex("0100 0000 00000000 0200 0900"))),
    46,
    "found an option of 9 bytes, expected 0 at most",
  ],
];

for (const [name, bytes, offset, says] of BROKEN) {
  t.test(`${name} is refused with the offset and what was expected`, async (t) => {
    const error = errorOf(bytes);
    t.type(error, CaptureError);
    t.match(error, { offset, message: `Cannot read the capture at offset ${offset}: ${says}` });
  });
}

t.test("any damage to a good file gives records or a CaptureError", async () => {
  const good = concat(
    LITTLE.section(),
    LITTLE.interface(1, 0, [[9, hex("09")]]),
    LITTLE.enhanced(0, 5n, hex("0102")),
    LITTLE.simple(hex("01")),
  );
  const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(changes, fc.integer({ min: 4, max: good.length }), (changed, end) => {
      const bytes = good.slice(0, end);
      for (const [at, value] of changed) if (at < end) bytes[at] = value;
      const error = errorOf(bytes);
      return error === undefined || error instanceof CaptureError;
    }),
    { numRuns: 2000 },
  );
});
