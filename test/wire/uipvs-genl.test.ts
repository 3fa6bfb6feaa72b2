import fc from "fast-check";
import t from "tap";
import { Attributes } from "../../src/wire/netlink-attributes.ts";
import { MessageWriter } from "../../src/wire/netlink-writer.ts";
import {
  readItem,
  readName,
  readText,
  readTicks,
  readValue,
  readVariables,
  UIPVS_POLICY,
  writeItem,
  writeName,
  writeText,
  writeTicks,
  writeVariables,
} from "../../src/wire/uipvs-genl.ts";
import { hex } from "../support/packet.ts";

function read(fill: (writer: MessageWriter) => void): Attributes {
  const writer = new MessageWriter();
  fill(writer);
  return Attributes.parse(writer.take(), UIPVS_POLICY);
}

t.test("an item is a name with a number or a text", async (t) => {
  const writer = new MessageWriter();
  writeItem(writer, { name: "pid", value: 258n });
  t.same(writer.take(), hex("0800 0100 70696400 0c00 0400 0201000000000000"));
  writeItem(writer, { name: "pid", value: "x" });
  t.same(writer.take(), hex("0800 0100 70696400 0600 0300 7800 0000"));
});

t.test("readItem() refuses an item without name or value", async (t) => {
  t.throws(() => readItem(read((writer) => writeName(writer, "pid"))), { code: "EINVAL" });
  t.throws(() => readItem(read((writer) => writer.u64(4, 1n))), { code: "EINVAL" });
  t.throws(() => readName(read(() => {})), { code: "EINVAL" });
  t.throws(() => readValue(read(() => {})), { code: "EINVAL" });
});

t.test("variables are a list of names with values", async (t) => {
  const writer = new MessageWriter();
  const variables = [
    { name: "a", value: "1" },
    { name: "b", value: "2\t3" },
  ];
  writeVariables(writer, variables);
  const bytes = writer.take();
  t.same(
    bytes,
    hex(
      `2c00 0500
        1400 0100 0600 0100 6100 0000 0600 0300 3100 0000
        1400 0200 0600 0100 6200 0000 0800 0300 32093300`,
    ),
  );
  t.same(readVariables(Attributes.parse(bytes, UIPVS_POLICY)), variables);
  t.same(readVariables(read((to) => to.nest(5, () => {}))), []);
});

t.test("readVariables() refuses a list that is missing or lacks something", async (t) => {
  const refused = (fill: (writer: MessageWriter) => void) =>
    t.throws(() => readVariables(read(fill)), { code: "EINVAL" });
  refused(() => {});
  refused((writer) => writer.nest(5, () => writer.nest(1, () => writeName(writer, "a"))));
  refused((writer) => writer.nest(5, () => writer.bytes(1, hex("0500 0100 61"))));
});

t.test("readTicks() reads what is said, and refuses 0", async (t) => {
  t.equal(readTicks(read((writer) => writeTicks(writer, 250))), 250);
  t.equal(readTicks(read(() => {})), undefined);
  t.throws(() => readTicks(read((writer) => writeTicks(writer, 0))), { code: "EINVAL" });
});

t.test("names, values and numbers have their bounds", async (t) => {
  t.equal(readName(read((writer) => writeName(writer, "n".repeat(63)))), "n".repeat(63));
  const refused = (fill: (writer: MessageWriter) => void, code: string) =>
    t.throws(() => read(fill), { code });
  refused((writer) => writeName(writer, "n".repeat(64)), "EINVAL");
  refused((writer) => writer.text(3, "v".repeat(256)), "EINVAL");
  refused((writer) => writer.bytes(1, hex("6162")), "EINVAL");
  refused((writer) => writer.u32(4, 1), "ERANGE");
});

t.test("items and parts survive writing and reading", async (t) => {
  const text = (max: number) => fc.stringMatching(/^[ -~]*$/, { maxLength: max });
  const value = fc.oneof(text(255), fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }));
  fc.assert(
    fc.property(text(63), value, fc.uint8Array({ maxLength: 3000 }), (name, value, part) => {
      t.same(readItem(read((writer) => writeItem(writer, { name, value }))), { name, value });
      t.same(readText(read((writer) => writeText(writer, part))), part);
    }),
    { numRuns: 50 },
  );
  t.same(readText(read(() => {})), new Uint8Array(0));
});
