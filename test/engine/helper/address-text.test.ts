import fc from "fast-check";
import t from "tap";
import { readAddressText } from "../../../src/engine/helper/address-text.ts";
import { formatAddress, parseAddress } from "../../../src/net/address.ts";

function read(text: string, family: 4 | 6): string | undefined {
  const bytes = Buffer.from(`<${text}>`, "latin1");
  const words = new Uint32Array(4).fill(0xdeadbeef);
  if (!readAddressText(bytes, 1, bytes.length - 1, family, words)) return undefined;
  return formatAddress({ family, words });
}

t.test("readAddressText() reads four decimal octets", async (t) => {
  t.equal(read("10.1.2.3", 4), "10.1.2.3");
  t.equal(read("255.255.255.255", 4), "255.255.255.255");
  t.equal(read("010.001.2.0003", 4), "10.1.2.3", "leading zeros mean nothing");
  for (const text of [
    "",
    ".",
    "10.1.2",
    "10.1.2.3.4",
    "10.1.2.256",
    "10.1..3",
    "10.1.2.3.",
    " 1.1.1.1",
  ]) {
    t.equal(read(text, 4), undefined, JSON.stringify(text));
  }
  for (const text of ["0x0a.1.2.3", "10.1.2.3 ", "10.1.2.3%1", "10,1,2,3", "a.1.2.3", "::1"]) {
    t.equal(read(text, 4), undefined, JSON.stringify(text));
  }
});

/** Each as a running kernel takes it. */
const IPV6 = [
  ["2001:db8:1::9", "2001:db8:1::9"],
  ["2001:DB8:1::9", "2001:db8:1::9"],
  ["2001:0db8:0001::0009", "2001:db8:1::9"],
  ["2001:00db8:1::9", "2001:db8:1::9"],
  ["::", "::"],
  ["1::", "1::"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["::ffff:192.0.2.1", "::ffff:192.0.2.1"],
  ["1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"],
  ["::8:1.2.3.4", "::8:102:304"],
  ["", undefined],
  [":", undefined],
  ["1:2", undefined],
  ["2001:db8:1:::9", undefined],
  ["1::2::3", undefined],
  ["1::2:3:4:5:6:7:8", undefined],
  ["1:2:3:4:5:6:7:8:9", undefined],
  ["1:2:3:4:5:6:7:", undefined],
  [":1:2:3:4:5:6:7", undefined],
  ["1:2:3:4:5:6:7:1.2.3.4", undefined],
  ["1:2:3:4:5:1.2.3.4", undefined],
  ["12345::", undefined],
  ["g::", undefined],
  ["2001:db8:1::9%1", undefined],
  ["::1.2.3.256", undefined],
  ["1.2.3.4", undefined],
] as const;

t.test("readAddressText() reads the forms of RFC 4291", async (t) => {
  for (const [text, wanted] of IPV6) {
    const seen = read(text, 6);
    t.equal(seen, wanted && formatAddress(parseAddress(wanted)), JSON.stringify(text));
  }
});

t.test("readAddressText() reads what formatAddress() writes", async () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const address = parseAddress(text);
      return read(formatAddress(address), 6) === formatAddress(address);
    }),
  );
});

t.test("readAddressText() does not throw", async () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9a-f:.]{0,30}$/), (text) => {
      read(text, 4);
      read(text, 6);
    }),
  );
});
