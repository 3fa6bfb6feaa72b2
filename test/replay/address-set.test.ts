import t from "tap";
import { parseAddress } from "../../src/net/address.ts";
import { AddressSet } from "../../src/replay/address-set.ts";

t.test("a set has what was added, by family and all words", async (t) => {
  const set = new AddressSet();
  const has = (text: string) => {
    const { family, words } = parseAddress(text);
    return set.has(family, words);
  };
  for (const text of ["10.0.0.1", "2001:db8::1", "2001:db8::2"]) set.add(parseAddress(text));
  t.same(["10.0.0.1", "2001:db8::1", "2001:db8::2"].map(has), [true, true, true]);
  t.same(["10.0.0.2", "2001:db8::3", "2001:db8:1::1", "a00:1::"].map(has), [
    false,
    false,
    false,
    false,
  ]);
});
