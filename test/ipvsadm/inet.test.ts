import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import t from "tap";
import { inetAton, inetPton4, inetPton6 } from "../../src/ipvsadm/inet.ts";
import { type Address, formatAddress, sameAddress } from "../../src/net/address.ts";

const text = (address: Address | undefined) => address && formatAddress(address);

t.test("inetAton() reads one to four parts in three bases", async (t) => {
  t.equal(text(inetAton("192.0.2.1")), "192.0.2.1");
  t.equal(text(inetAton("192.0.513")), "192.0.2.1");
  t.equal(text(inetAton("192.513")), "192.0.2.1");
  t.equal(text(inetAton("3221225985")), "192.0.2.1");
  t.equal(text(inetAton("0xC0000201")), "192.0.2.1");
  t.equal(text(inetAton("0300.0.02.1")), "192.0.2.1");
  t.equal(text(inetAton("24")), "0.0.0.24");
});

t.test("inetAton() ignores what follows white space, and nothing else", async (t) => {
  t.equal(text(inetAton("192.0.2.1 x")), "192.0.2.1");
  t.equal(text(inetAton("192.0.2.1\ny")), "192.0.2.1");
  for (const bad of ["", " 1", "1.", ".1", "1..2", "1.2.3.4.5", "256.1", "1.2.3.256", "0x", "08"]) {
    t.equal(inetAton(bad), undefined, bad);
  }
  for (const bad of ["4294967296", "1.16777216", "1.2.65536", "1.2.3.4/8", "*", "1e1"]) {
    t.equal(inetAton(bad), undefined, bad);
  }
});

t.test("inetPton4() and inetPton6() accept what the system accepts, and no more", async (t) => {
  const group = fc.oneof(
    fc.constantFrom(
      "",
      "0",
      "1",
      "ffff",
      "10000",
      "00001",
      "1.2.3.4",
      "01.2.3.4",
      "256.0.0.1",
      "g",
    ),
    fc.stringMatching(/^[\da-fA-F]{1,4}$/),
  );
  const candidates = fc.oneof(
    fc.array(group, { maxLength: 9 }).map((groups) => groups.join(":")),
    fc
      .array(fc.constantFrom("0", "1", "01", "255", "256", ""), { maxLength: 5 })
      .map((p) => p.join(".")),
    fc.ipV4(),
    fc.ipV6().filter((address) => !address.includes("%")),
  );
  fc.assert(
    fc.property(
      candidates,
      (candidate) =>
        (inetPton4(candidate) !== undefined) === isIPv4(candidate) &&
        (inetPton6(candidate) !== undefined) === isIPv6(candidate),
    ),
    { numRuns: 2000 },
  );
  t.equal(inetPton6("fe80::1%lo"), undefined);
});

t.test("inetPton6() finds the address", async (t) => {
  const word = fc.oneof(fc.constantFrom(0, 1, 0xffff), fc.nat(0xffffffff));
  fc.assert(
    fc.property(fc.tuple(word, word, word, word), (words) => {
      const address: Address = { family: 6, words: Uint32Array.from(words) };
      const found = inetPton6(formatAddress(address));
      return found !== undefined && sameAddress(found, address);
    }),
    { numRuns: 1000 },
  );
  t.equal(text(inetPton6("::192.0.2.1")), "::192.0.2.1");
  t.equal(text(inetPton6("1:2:3:4:5:6:7::")), "1:2:3:4:5:6:7:0");
  t.equal(text(inetPton6("::ffff:192.0.2.1")), "::ffff:192.0.2.1");
});
