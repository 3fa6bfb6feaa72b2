import t from "tap";
import {
  type NameLookup,
  parseAddressAndPort,
  parseGroup,
  parseNetmask,
  parseNumber,
} from "../../src/ipvsadm/values.ts";
import { formatAddress, parseAddress } from "../../src/net/address.ts";
import { TCP } from "../../src/net/protocol.ts";

const LOOKUP: NameLookup = {
  addressOf: async (host) => (host === "vip" ? parseAddress("192.0.2.10") : undefined),
  portOf: async (service, protocol) => (service === "http" && protocol === TCP ? 80 : undefined),
};

/** Returns `ADDRESS PORT`, the port `-` if none was written. */
async function read(text: string, protocol = TCP): Promise<string | undefined> {
  const found = await parseAddressAndPort(text, protocol, LOOKUP);
  return found && `${formatAddress(found.address)} ${found.port ?? "-"}`;
}

t.test("parseNumber() reads what strtol reads, in decimal and to the end", async (t) => {
  t.equal(parseNumber("010", 0, 99), 10);
  t.equal(parseNumber("\t +7", 0, 99), 7);
  t.equal(parseNumber("-0", 0, 99), -0);
  for (const bad of ["", " ", "+", "5s", "5 ", "0x10", "1.5", "1e1", "- 1", "\u00a05"]) {
    t.equal(parseNumber(bad, 0, 99), undefined, JSON.stringify(bad));
  }
  t.equal(parseNumber("100", 0, 99), undefined);
  t.equal(parseNumber("-1", 0, 99), undefined);
});

t.test("parseAddressAndPort() splits at the last colon", async (t) => {
  t.equal(await read("192.0.2.1:80"), "192.0.2.1 80");
  t.equal(await read("192.0.2.1"), "192.0.2.1 -");
  t.equal(await read("1:80"), "0.0.0.1 80");
  t.equal(await read("vip:http"), "192.0.2.10 80");
  t.equal(await read("vip:http", 0), undefined);
  t.equal(await read("vip:"), undefined);
  t.equal(await read("80"), undefined);
  t.equal(await read(""), undefined);
  t.equal(await read(":80"), undefined);
  t.equal(await read("192.0.2.1:65536"), undefined);
});

t.test("parseAddressAndPort() knows brackets, and their traps", async (t) => {
  t.equal(await read("[2001:db8::1]:80"), "2001:db8::1 80");
  t.equal(await read("2001:db8::1:80"), "2001:db8::1:80 -");
  t.equal(await read("[192.0.2.1]:80"), "192.0.2.1 -");
  t.equal(await read("[192.0.2.1:7]:80"), "192.0.2.1 7");
  for (const bad of [
    "[2001:db8::1]",
    "[2001:db8::1]80",
    "[2001:db8::1",
    "[]:80",
    "[fe80::1%lo]:80",
  ]) {
    t.equal(await read(bad), undefined, bad);
  }
});

t.test("parseNetmask() reads a mask for IPv4 and a prefix length for IPv6", async (t) => {
  t.equal(await parseNetmask("255.255.255.0", 4, LOOKUP), 0xffffff00);
  t.equal(await parseNetmask("24", 4, LOOKUP), 24);
  t.equal(await parseNetmask("vip", 4, LOOKUP), 0xc000020a);
  t.equal(await parseNetmask("/24", 4, LOOKUP), undefined);
  t.equal(await parseNetmask(" +64x", 6, LOOKUP), 64);
  t.equal(await parseNetmask("4294967360", 6, LOOKUP), 64);
  for (const bad of ["0", "129", "-1", "", "x"]) {
    t.equal(await parseNetmask(bad, 6, LOOKUP), undefined, bad);
  }
});

t.test("parseGroup() takes multicast addresses only", async (t) => {
  t.same(parseGroup("239.255.255.255"), parseAddress("239.255.255.255"));
  t.same(parseGroup("ff02::81"), parseAddress("ff02::81"));
  for (const bad of ["223.255.255.255", "240.0.0.1", "224.1", "fe80::1", "[ff02::81]", ""]) {
    t.equal(parseGroup(bad), undefined, bad);
  }
});
