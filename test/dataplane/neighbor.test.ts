import t from "tap";
import { derivedMac, NeighborCache } from "../../dataplane/neighbor.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { type Address, parseAddress } from "../../src/net/address.ts";
import { formatMac } from "../../src/wire/ethernet.ts";
import { concat, hex, udp } from "../support/packet.ts";

const MAC = 0x020000000a01;
const HOST = parseAddress("10.0.0.1");
const HOST6 = parseAddress("2001:db8::1");

function find(cache: NeighborCache, { family, words }: Address): number | undefined {
  return cache.find(family, words);
}

function learnFrom(cache: NeighborCache, ...parts: readonly Uint8Array[]): void {
  const bytes = concat(...parts);
  cache.learnFrom(new DataView(bytes.buffer), 0, bytes.length);
}

t.test("what was learned is found, by family and address", async (t) => {
  const cache = new NeighborCache();
  cache.learn(4, HOST.words, MAC);
  t.equal(find(cache, HOST), MAC);
  t.equal(find(cache, parseAddress("10.0.0.2")), undefined);
  t.equal(cache.find(6, HOST.words), undefined, "the same words in the other family");
  cache.learn(4, HOST.words, MAC + 1);
  t.equal(find(cache, HOST), MAC + 1, "the last one counts");
});

t.test("senders of ARP messages and of packets of both families are learned", async (t) => {
  const cache = new NeighborCache();
  const arp = hex("0001 0800 06 04 0001 020000000a09 0a000009 000000000000 0a000002");
  learnFrom(cache, hex("ffffffffffff 020000000a09 0806"), arp);
  t.equal(find(cache, parseAddress("10.0.0.9")), 0x020000000a09);
  const v4 = udp({ from: "10.0.0.1:53", to: "10.0.0.2:53" });
  learnFrom(cache, hex("020000000a02 020000000a01 8100 0005 0800"), v4);
  t.equal(find(cache, HOST), MAC);
  t.equal(find(cache, parseAddress("10.0.0.2")), undefined, "nobody learns receivers");
  const v6 = udp({ from: "[2001:db8::1]:53", to: "[2001:db8::2]:53" });
  learnFrom(cache, hex("020000000a02 020000000a06 86dd"), v6);
  t.equal(find(cache, HOST6), 0x020000000a06);
  t.equal(cache.size, 3);
});

t.test("addresses no host can have are passed over", async (t) => {
  const cache = new NeighborCache();
  cache.learn(4, HOST.words, 0);
  cache.learn(4, HOST.words, 0xffffffffffff);
  cache.learn(4, HOST.words, 0x01005e000001);
  for (const text of ["0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1"]) {
    const { family, words } = parseAddress(text);
    cache.learn(family, words, MAC);
  }
  t.equal(cache.size, 0);
});

t.test("frames that are cut short teach nothing", async (t) => {
  const cache = new NeighborCache();
  const v4 = udp({ from: "10.0.0.1:53", to: "10.0.0.2:53" });
  const whole = concat(hex("020000000a02 020000000a01 0800"), v4);
  for (let end = 0; end < 14 + 16; end++) learnFrom(cache, whole.subarray(0, end));
  t.equal(cache.size, 0);
  learnFrom(cache, whole.subarray(0, 14 + 16));
  t.equal(cache.size, 1);
});

t.test("the neighbour not needed for longest is forgotten first", async (t) => {
  const cache = new NeighborCache({ limit: 2 });
  const [a, b, c] = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map(parseAddress);
  cache.learn(4, a!.words, 0x02_0000_0000_01);
  cache.learn(4, b!.words, 0x02_0000_0000_02);
  find(cache, a!);
  cache.learn(4, c!.words, 0x02_0000_0000_03);
  t.same(
    [a, b, c].map((address) => find(cache, address!) !== undefined),
    [true, false, true],
  );
});

t.test("a neighbour is believed for its lifetime after it was last learned", async (t) => {
  const clock = new ManualClock();
  const cache = new NeighborCache({ lifetime: { duration: 1000, clock } });
  cache.learn(4, HOST.words, MAC);
  clock.advance(900);
  t.equal(find(cache, HOST), MAC);
  cache.learn(4, HOST.words, MAC);
  clock.advance(900);
  t.equal(find(cache, HOST), MAC);
  clock.advance(200);
  t.equal(find(cache, HOST), undefined);
});

t.test("derivedMac() makes a locally administered address of the neighbour's", async (t) => {
  t.equal(formatMac(derivedMac(HOST.words)), "02:00:0a:00:00:01");
  t.equal(formatMac(derivedMac(HOST6.words)), "02:00:20:01:0d:b9");
});
