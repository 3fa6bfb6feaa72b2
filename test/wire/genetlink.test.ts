import t from "tap";
import {
  CONTROLLER_POLICY,
  familyRequest,
  OPERATION_FLAG,
  parseGeneric,
  readFamily,
  writeFamily,
  writeGeneric,
} from "../../src/wire/genetlink.ts";
import { messageAt } from "../../src/wire/netlink.ts";
import { Attributes } from "../../src/wire/netlink-attributes.ts";
import { MessageWriter } from "../../src/wire/netlink-writer.ts";
import { bytesOf } from "../control/support.ts";

const FAMILY = {
  id: 0x20,
  name: "IPVS",
  version: 1,
  maxAttribute: 6,
  operations: [{ command: 4, flags: OPERATION_FLAG.do | OPERATION_FLAG.dump }],
};

/** The attributes that describe `FAMILY`. */
const DESCRIPTION = bytesOf(
  "0900 0200 4950565300 000000",
  "0600 0100 2000 0000",
  "0800 0300 01000000",
  "0800 0400 00000000",
  "0800 0500 06000000",
  "1800 0600 1400 0100 0800 0100 04000000 0800 0200 06000000",
);

t.test("familyRequest() asks nlctrl for a family by its name", async (t) => {
  t.same(
    familyRequest({ flags: 5, sequence: 1, port: 0 }, "IPVS"),
    bytesOf("20000000 1000 0500 01000000 00000000 03010000 0900 0200 4950565300 000000"),
  );
});

t.test("writeFamily() describes a family in the kernel's order", async (t) => {
  const writer = new MessageWriter();
  writeFamily(writer, FAMILY);
  t.same(writer.take(), DESCRIPTION);
});

t.test("readFamily() finds number and version", async (t) => {
  t.same(readFamily(DESCRIPTION), { id: 0x20, version: 1 });
  t.equal(readFamily(DESCRIPTION.subarray(0, 12)), undefined, "no number");
});

t.test("parseGeneric() reads the header and refuses a short one", async (t) => {
  t.same(parseGeneric(bytesOf("03020000 aabb")), {
    command: 3,
    version: 2,
    attributes: bytesOf("aabb"),
  });
  t.same(parseGeneric(bytesOf("03020000")), {
    command: 3,
    version: 2,
    attributes: new Uint8Array(0),
  });
  for (let length = 0; length < 4; length++) {
    t.equal(parseGeneric(new Uint8Array(length)), undefined, `${length} bytes`);
  }
});

t.test("writeGeneric() and parseGeneric() agree", async (t) => {
  const writer = new MessageWriter();
  const header = { type: 0x20, flags: 1, sequence: 2, port: 3 };
  writeGeneric(writer, header, 255, 9, () => void writer.u8(1, 1));
  const generic = parseGeneric(messageAt(writer.take(), 0)!.payload);
  t.same(generic, { command: 255, version: 9, attributes: bytesOf("0500 0100 01000000") });
});

t.test("a family name of more than 15 bytes is refused", async (t) => {
  const name = (length: number) => new MessageWriter().text(2, "x".repeat(length)).take();
  t.equal(Attributes.parse(name(15), CONTROLLER_POLICY).text(2), "x".repeat(15));
  t.throws(() => Attributes.parse(name(16), CONTROLLER_POLICY), { code: "EINVAL" });
});
