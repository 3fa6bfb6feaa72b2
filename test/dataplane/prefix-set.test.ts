import fc from "fast-check";
import t from "tap";
import { PrefixSet } from "../../dataplane/prefix-set.ts";
import { addressFromBytes, type Family, parseAddress } from "../../src/net/address.ts";
import type { Prefix } from "../../src/wire/rtnetlink.ts";

function prefix(text: string): Prefix {
  const [address = "", length] = text.split("/");
  return { address: parseAddress(address), length: Number(length) };
}

/** Compares bit by bit. */
function naive({ address, length }: Prefix, words: Readonly<Uint32Array>): boolean {
  for (let bit = 0; bit < length; bit++) {
    const word = bit >>> 5;
    const mask = 1 << (31 - (bit & 31));
    if ((address.words[word]! & mask) !== (words[word]! & mask)) return false;
  }
  return true;
}

t.test("contains() knows single addresses and networks", (t) => {
  const set = new PrefixSet(4, ["127.0.0.0/8", "10.0.0.1/32", "255.255.255.255/32"].map(prefix));
  for (const inside of ["127.0.0.0", "127.255.255.255", "10.0.0.1", "255.255.255.255"]) {
    t.ok(set.contains(parseAddress(inside).words), inside);
  }
  for (const outside of ["126.255.255.255", "128.0.0.0", "10.0.0.0", "10.0.0.2", "0.0.0.0"]) {
    t.notOk(set.contains(parseAddress(outside).words), outside);
  }
  t.end();
});

t.test("contains() passes over prefixes of the other family, and an empty set has nothing", (t) => {
  const set = new PrefixSet(6, ["0.0.0.0/0", "2001:db8::/33"].map(prefix));
  t.ok(set.contains(parseAddress("2001:db8:7fff::1").words));
  t.notOk(set.contains(parseAddress("2001:db8:8000::1").words));
  t.notOk(new PrefixSet(6, []).contains(parseAddress("::").words));
  t.ok(new PrefixSet(6, [prefix("::/0")]).contains(parseAddress("ff02::1").words));
  t.end();
});

t.test("contains() agrees with a comparison bit by bit", (t) => {
  const anyPrefix = (family: Family) => {
    const size = family === 4 ? 4 : 16;
    // Few different bytes, so that questions hit.
    const byte = fc.constantFrom(0, 1, 0x7f, 0x80, 0xff);
    const bytes = fc.array(byte, { minLength: size, maxLength: size });
    return fc.record({
      address: bytes.map((array) => addressFromBytes(Uint8Array.from(array))),
      length: fc.integer({ min: 0, max: size * 8 }),
    });
  };
  for (const family of [4, 6] as const) {
    fc.assert(
      fc.property(fc.array(anyPrefix(family)), anyPrefix(family), (prefixes, { address }) => {
        const expected = prefixes.some((one) => naive(one, address.words));
        return new PrefixSet(family, prefixes).contains(address.words) === expected;
      }),
    );
  }
  t.end();
});
