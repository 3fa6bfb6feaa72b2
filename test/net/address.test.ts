import fc from "fast-check";
import t from "tap";
import {
  addressBytes,
  addressFromBytes,
  fold,
  formatAddress,
  parseAddress,
  sameAddress,
} from "../../src/net/address.ts";

t.test("parseAddress() and formatAddress() agree with inet_pton(3) and inet_ntop(3)", async (t) => {
  const texts: readonly [text: string, printed: string][] = [
    ["192.0.2.1", "192.0.2.1"],
    ["2001:DB8::1", "2001:db8::1"],
    ["2001:db8:0:1::", "2001:db8:0:1::"],
    ["2001:db8:0:0:f000:0:0:1", "2001:db8::f000:0:0:1"],
    ["1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0"],
    ["::", "::"],
    ["::1", "::1"],
    ["::1:2", "::0.1.0.2"],
    ["::192.0.2.1", "::192.0.2.1"],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
    ["::ffff:c000:201", "::ffff:192.0.2.1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ];
  for (const [text, printed] of texts) t.equal(formatAddress(parseAddress(text)), printed, text);
});

t.test("parseAddress() refuses what is no address, and quotes it", async (t) => {
  for (const text of [
    "",
    "192.0.2",
    "192.0.2.256",
    "192.0.2.01",
    "0x7f.1",
    "1:2:3",
    ":::",
    "fe80::1%eth0",
    "::1.2.3",
    "::1.2.3.400",
    "::010.0.0.1",
    "[::1]",
    "host",
  ]) {
    t.throws(
      () => parseAddress(text),
      new SyntaxError(`Cannot parse address "${text}": must be an IPv4 or IPv6 address`),
    );
  }
});

t.test("text and bytes round-trip", async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc
      .array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
      .map((octets) => Uint8Array.from(octets)),
  );
  fc.assert(
    fc.property(bytes, (octets) => {
      const address = addressFromBytes(octets);
      const again = parseAddress(formatAddress(address));
      return sameAddress(address, again) && Buffer.compare(addressBytes(again), octets) === 0;
    }),
  );
});

t.test("addressFromBytes() takes 4 or 16 bytes only", async (t) => {
  t.throws(() => addressFromBytes(new Uint8Array(5)), RangeError);
});

t.test("fold() is the XOR of the words, which of IPv4 is the address", async (t) => {
  t.equal(fold(parseAddress("10.0.0.1").words), 0x0a000001);
  t.equal(fold(parseAddress("2001:db8::1").words), 0x20010db9);
  t.equal(fold(parseAddress("fd00::a:b").words), 0xfd0a000b);
});
