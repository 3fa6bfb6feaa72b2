import fc from "fast-check";
import t from "tap";
import { IpvsError } from "../../src/base/error.ts";
import {
  isFramed,
  isLast,
  MESSAGE_FLAG,
  MESSAGE_TYPE,
  messageAt,
  messagesIn,
  outcomeOf,
} from "../../src/wire/netlink.ts";
import { type AttributePolicy, Attributes } from "../../src/wire/netlink-attributes.ts";
import { MAX_VALUE, MessageWriter } from "../../src/wire/netlink-writer.ts";
import { bytesOf } from "../control/support.ts";

const HEADER = { type: 0x1234, flags: 0x0305, sequence: 0x01020304, port: 0x0a0b0c0d };

/** Two messages; the first has 2 bytes of payload and as many of padding. */
const TWO = bytesOf(
  "12000000 3412 0503 04030201 0d0c0b0a aabb 0000",
  "10000000 0300 0200 07000000 00000000",
);

t.test("messagesIn() reads the fields of every message", async (t) => {
  const [first, second, ...others] = [...messagesIn(TWO)];
  t.match(first, HEADER);
  t.same(first?.payload, bytesOf("aabb"));
  t.same(first?.bytes, TWO.subarray(0, 18));
  t.match(second, { type: 3, flags: 2, sequence: 7, port: 0 });
  t.same(second?.payload, new Uint8Array(0));
  t.same(others, []);
});

t.test("message() writes the fields, and the padding behind", async (t) => {
  const writer = new MessageWriter();
  writer.message(HEADER, () => void writer.raw(bytesOf("aabb")));
  writer.message({ type: 3, flags: 2, sequence: 7, port: 0 }, () => {});
  t.same(writer.take(), TWO);
  t.equal(writer.length, 0, "the writer begins anew");
});

t.test("messageAt() refuses a message that is cut short", async (t) => {
  for (let length = 0; length < 18; length++) {
    t.equal(messageAt(TWO.subarray(0, length), 0), undefined, `${length} bytes`);
  }
  t.ok(messageAt(TWO.subarray(0, 18), 0), "padding is no part of it");
});

t.test("messagesIn() ends at an impossible length", async (t) => {
  for (const length of [0, 1, 15, 17, 0x7fffffff, 0xffffffff]) {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setUint32(0, length, true);
    t.same([...messagesIn(bytes)], [], `length ${length}`);
    t.equal(isFramed(bytes, 0), length >= 16);
  }
  t.ok(isFramed(new Uint8Array(3), 0), "a length that has not all arrived may be right");
});

t.test("messages survive writing and reading", async () => {
  const message = fc.record({
    type: fc.nat(0xffff),
    flags: fc.nat(0xffff),
    sequence: fc.nat(0xffffffff),
    port: fc.nat(0xffffffff),
    payload: fc.uint8Array({ maxLength: 700 }),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
      const writer = new MessageWriter();
      for (const { payload, ...header } of messages) {
        writer.message(header, () => void writer.raw(payload));
      }
      const read = [...messagesIn(writer.take())].map(({ bytes, ...rest }) => ({
        ...rest,
        payload: [...rest.payload],
        whole: bytes.length,
      }));
      const expected = messages.map((one) => ({
        ...one,
        payload: [...one.payload],
        whole: 16 + one.payload.length,
      }));
      return JSON.stringify(read, order(read)) === JSON.stringify(expected, order(read));
    }),
  );
});

/** Makes two objects with the same keys in another order give the same text. */
function order(of: readonly object[]): string[] {
  return [...Object.keys(of[0] ?? {}), ...of.keys()].map(String).sort();
}

t.test("random bytes are read without an end in sight being missed", async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      let at = 0;
      for (const message of messagesIn(bytes)) at += message.bytes.length;
      return at <= bytes.length;
    }),
  );
});

const POLICY: AttributePolicy = {
  1: "u8",
  2: "u16",
  3: "u32",
  4: "u64",
  5: "nested",
  6: { text: 3 },
  7: { atMost: 4 },
  8: { atLeast: 4 },
};

t.test("attributes read the fields in their byte order", async (t) => {
  const read = Attributes.parse(
    bytesOf(
      "0500 0100 ff 000000",
      "0600 0200 0102 0000",
      "0800 0300 fffffffe",
      "0c00 0400 0100000000000080",
      "0700 0600 726f00 00",
      "0600 0700 aabb 0000",
    ),
    POLICY,
  );
  t.equal(read.u8(1), 255);
  t.equal(read.u16(2), 0x0201);
  t.equal(read.u16Net(2), 0x0102);
  t.equal(read.u32(3), 0xfeffffff);
  t.equal(read.s32(3), -0x1000001);
  t.equal(read.u32Net(3), 0xfffffffe);
  t.equal(read.u64(4), 0x8000000000000001n);
  t.equal(read.text(6), "ro");
  t.same(read.bytes(7), bytesOf("aabb"));
  t.same(read.padded(7, 4), bytesOf("aabb0000"));
  t.ok(read.has(1, 2, 3));
  t.notOk(read.has(1, 5), "all of them must be there");
  t.equal(read.u32(9), undefined);
});

t.test("attributes are read as leniently as the kernel reads them", async (t) => {
  const marked = Attributes.parse(bytesOf("0800 03c0 01000000"), POLICY);
  t.equal(marked.u32(3), 1, "flag bits are no part of the number");
  const twice = Attributes.parse(bytesOf("0800 0300 01000000 0800 0300 02000000"), POLICY);
  t.equal(twice.u32(3), 2, "the last one counts");
  const long = Attributes.parse(bytesOf("0c00 0300 05000000 ffffffff"), POLICY);
  t.equal(long.u32(3), 5, "the first bytes of a long number count");
  const unknown = Attributes.parse(bytesOf("0400 6300 0800 0300 09000000"), POLICY);
  t.equal(unknown.u32(3), 9, "unknown ones are passed over");
  for (const length of ["0000", "0300", "0900", "ffff"]) {
    const broken = Attributes.parse(bytesOf(`0800 0300 05000000 ${length} 0100 00000000`), POLICY);
    t.equal(broken.u32(3), 5, `what comes before a length of ${length} counts`);
    t.notOk(broken.has(1));
  }
});

t.test("attributes that are not what they must be are refused", async (t) => {
  const refused = (value: string, number: string, code: string) => {
    const length = (4 + value.length / 2).toString(16).padStart(2, "0");
    const bytes = bytesOf(`${length}00 ${number}00 ${value}`);
    t.throws(() => Attributes.parse(bytes, POLICY), { code }, `${number}: ${value}`);
  };
  refused("", "01", "ERANGE");
  refused("00", "02", "ERANGE");
  refused("000000", "03", "ERANGE");
  refused("00000000000000", "04", "ERANGE");
  refused("000000", "05", "ERANGE");
  refused("", "06", "EINVAL");
  refused("616263", "06", "EINVAL");
  refused("6162636400", "06", "EINVAL");
  refused("616200616161", "06", "ERANGE");
  refused("0000000000", "07", "ERANGE");
  refused("000000", "08", "ERANGE");
});

t.test("nested() refuses whatever is malformed inside with EINVAL", async (t) => {
  const inside = Attributes.parse(bytesOf("0c00 0500 0600 0300 01000000"), POLICY);
  t.throws(() => inside.nested(5, POLICY), { code: "EINVAL" });
  t.throws(() => inside.nested(4, POLICY), { code: "EINVAL" }, "missing");
  const good = Attributes.parse(bytesOf("0c00 0500 0800 0300 01000000"), POLICY);
  t.equal(good.nested(5, POLICY).u32(3), 1);
  const empty = Attributes.parse(bytesOf("0400 0500"), POLICY);
  t.notOk(empty.nested(5, POLICY).has(3));
});

t.test("attributes are written with length, number and padding", async (t) => {
  const writer = new MessageWriter()
    .u8(1, 255)
    .u16(2, 0x0201)
    .u16Net(2, 0x0201)
    .u32(3, -1)
    .u32Net(3, 0x01020304)
    .u64(4, 0x0102030405060708n)
    .text(6, "ro")
    .bytes(7, bytesOf("aabbcc"));
  writer.nest(5, () => void writer.u8(1, 1));
  t.same(
    writer.take(),
    bytesOf(
      "0500 0100 ff 000000",
      "0600 0200 0102 0000",
      "0600 0200 0201 0000",
      "0800 0300 ffffffff",
      "0800 0300 01020304",
      "0c00 0400 0807060504030201",
      "0700 0600 726f00 00",
      "0700 0700 aabbcc 00",
      "0c00 0500 0500 0100 01000000",
    ),
  );
});

t.test("attributes survive writing and reading while the buffer grows", async () => {
  const values = fc.array(fc.tuple(fc.nat(0x3ffd), fc.uint8Array({ maxLength: 3000 })), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(values, fc.nat(0xffffffff), (pairs, number) => {
      const writer = new MessageWriter();
      for (const [index, value] of pairs) writer.bytes(index, value).u32(0x3ffe, number);
      const policy = Object.fromEntries(pairs.map(([index]) => [index, { atMost: 3000 }]));
      const read = Attributes.parse(writer.take(), { ...policy, 16382: "u32" });
      const last = new Map(pairs);
      return (
        [...last].every(([index, value]) => same(read.bytes(index), value)) &&
        (pairs.length === 0 || read.u32(0x3ffe) === number)
      );
    }),
  );
});

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && a.length === b.length && a.every((byte, index) => byte === b[index]);
}

t.test("random bytes are read as attributes or refused", async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      try {
        const read = Attributes.parse(bytes, POLICY);
        for (let number = 0; number < 10; number++) {
          read.u8(number);
          read.u64(number);
          read.text(number);
          read.padded(number, 16);
        }
        return true;
      } catch (error) {
        return error instanceof IpvsError && ["EINVAL", "ERANGE"].includes(error.code);
      }
    }),
  );
});

t.test(
  "the writer refuses a value no attribute can hold, and keeps what came before",
  async (t) => {
    const writer = new MessageWriter();
    writer.message(HEADER, () => void writer.bytes(1, new Uint8Array(MAX_VALUE)));
    const before = writer.length;
    const tooLong = () => writer.bytes(1, new Uint8Array(MAX_VALUE + 1));
    t.throws(() => writer.message(HEADER, () => void tooLong()), RangeError);
    const nested = () => writer.nest(1, () => void writer.bytes(1, new Uint8Array(MAX_VALUE)));
    t.throws(() => writer.message(HEADER, () => void nested()), RangeError);
    t.equal(writer.length, before);
    t.equal([...messagesIn(writer.take())].length, 1);
  },
);

t.test("outcome() quotes the request, and says why", async (t) => {
  const [request] = [...messagesIn(TWO)];
  const failed = messageAt(new MessageWriter().outcome(request!, 22, "no").take(), 0)!;
  t.match(failed, { type: MESSAGE_TYPE.error, sequence: HEADER.sequence, port: HEADER.port });
  t.same(
    failed.payload,
    bytesOf("eaffffff 12000000 3412 0503 04030201 0d0c0b0a aabb 0000 0700 0100 6e6f00 00"),
  );
  t.equal(failed.flags, MESSAGE_FLAG.attributes);
  t.equal(outcomeOf(failed)?.errno, 22);
  t.same(outcomeOf(failed)?.attributes, bytesOf("0700 0100 6e6f00 00"));

  const done = messageAt(new MessageWriter().outcome(request!, 0).take(), 0)!;
  t.equal(done.flags, MESSAGE_FLAG.capped);
  t.same(done.payload, bytesOf("00000000 12000000 3412 0503 04030201 0d0c0b0a"));
  t.same(outcomeOf(done), { errno: 0, attributes: new Uint8Array(0) });
  t.ok(isLast(done));
});

t.test("done() ends a list", async (t) => {
  const bytes = new MessageWriter().done(HEADER, 2).take();
  t.same(bytes, bytesOf("14000000 0300 0200 04030201 0d0c0b0a feffffff"));
  t.equal(outcomeOf(messageAt(bytes, 0)!)?.errno, 2);
  t.ok(isLast(messageAt(bytes, 0)!));
});

t.test(
  "outcomeOf() refuses what is too short and takes no positive number for success",
  async (t) => {
    const short = messageAt(bytesOf("13000000 0200 0000 00000000 00000000 000000"), 0)!;
    t.equal(outcomeOf(short), undefined);
    const bare = messageAt(bytesOf("14000000 0200 0000 00000000 00000000 00000000"), 0)!;
    t.equal(outcomeOf(bare), undefined, "an error message quotes at least a header");
    const odd = messageAt(bytesOf("14000000 0300 0000 00000000 00000000 01000000"), 0)!;
    t.not(outcomeOf(odd)?.errno, 0);
  },
);
