import fc from "fast-check";
import t from "tap";
import { crc32c } from "../../src/wire/crc32c.ts";
import { bytesOf, hex, crc32c as plain } from "../support/packet.ts";

function crcOf(bytes: Uint8Array): number {
  return crc32c(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
}

t.test("crc32c() gives the check value of its definition", async (t) => {
  t.equal(crcOf(bytesOf("123456789")), 0xe3069283);
  t.equal(crcOf(new Uint8Array(0)), 0);
});

t.test("crc32c() agrees with the examples of RFC 3720 appendix B.4", async (t) => {
  t.equal(crcOf(new Uint8Array(32)), 0x8a9136aa, "zeros");
  t.equal(crcOf(new Uint8Array(32).fill(0xff)), 0x62a8ab43, "ones");
  const rising = Uint8Array.from({ length: 32 }, (_unused, index) => index);
  t.equal(crcOf(rising), 0x46dd794e, "rising");
  t.equal(crcOf(rising.reverse()), 0x113fdb5c, "falling");
  const command = hex(`01c00000 00000000 00000000 00000000 14000000 00000400 00000014 00000018
    28000000 00000000 02000000 00000000`);
  t.equal(crcOf(command), 0xd9963a56, "a SCSI read command");
});

t.test("crc32c() equals the loop bit by bit, at any place in memory", async () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 100 }),
      fc.nat(9),
      fc.nat(9),
      (bytes, before, behind) => {
        const at = Math.min(before, bytes.length);
        const end = Math.max(at, bytes.length - behind);
        return crc32c(new DataView(bytes.buffer), at, end) === plain(bytes.subarray(at, end));
      },
    ),
  );
});
