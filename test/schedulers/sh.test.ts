import t from "tap";
import { sh } from "../../schedulers/sh.ts";
import { hash32 } from "../../src/base/hash.ts";
import { formatAddress, ipv4Address } from "../../src/net/address.ts";
import { AH, SCTP, TCP, UDP } from "../../src/net/protocol.ts";
import { FakeService, tally } from "./support.ts";

const FALLBACK = 0x8;
const PORT = 0x10;

/** A client of each of the 256 buckets, in order. */
const CLIENTS = clientsByBucket();

function clientsByBucket(): readonly string[] {
  const byBucket = new Map<number, string>();
  for (let value = 0x0a090000; byBucket.size < 256; value++) {
    byBucket.set(hash32(value, 8), formatAddress(ipv4Address(value)));
  }
  return Array.from({ length: 256 }, (_, bucket) => byBucket.get(bucket)!);
}

/** Returns whose each bucket is. */
function table(service: FakeService): readonly string[] {
  return CLIENTS.map((client) => service.pick({ client }));
}

/** Returns a service in which each bucket has a destination of its own. */
function oneEach(flags: number): FakeService {
  const service = new FakeService(sh, { flags });
  for (let bucket = 255; bucket >= 0; bucket--) service.fill(`${letterOf(bucket)}1`);
  return service;
}

/** Returns the name, one character, of the destination that has a bucket in `oneEach`. */
function letterOf(bucket: number): string {
  return String.fromCharCode(0x100 + bucket);
}

t.test("sh deals as many buckets in a row as the weight, at least one", async (t) => {
  const service = new FakeService(sh).fill("A0", "B2", "C1");
  const expected = Array.from({ length: 256 }, (_, bucket) => "CBBA"[bucket % 4]!);
  // What lies in A's buckets shows once A has a weight, for which it still gets one bucket.
  service.edit("A", 1);
  t.same(table(service), expected);
  t.same(
    tally(table(service)),
    new Map([
      ["C", 64],
      ["B", 128],
      ["A", 64],
    ]),
  );
});

t.test("sh leaves the buckets of weight 0 unserved", async (t) => {
  const service = new FakeService(sh).fill("A0", "B2", "C1");
  t.same(
    table(service),
    Array.from({ length: 256 }, (_, bucket) => "CBB-"[bucket % 4]),
  );
});

t.test("sh does not scale weights to the table", async (t) => {
  const service = new FakeService(sh).fill("A300", "B200", "C100");
  t.same(
    tally(table(service)),
    new Map([
      ["C", 100],
      ["B", 156],
    ]),
  );
});

t.test("sh finds the bucket of a client", async (t) => {
  const service = oneEach(0);
  const vectors: readonly [client: string, bucket: number][] = [
    ["10.0.0.1", 39],
    ["10.0.0.2", 137],
    ["192.168.1.100", 89],
    ["203.0.113.7", 124],
    ["255.255.255.255", 158],
    ["2001:db8::1", 63],
    ["fd00::a:b", 157],
  ];
  for (const [client, bucket] of vectors) {
    t.equal(service.pick({ client, clientPort: 40000 }), letterOf(bucket), client);
  }
});

t.test("sh-port adds the port of TCP, UDP and SCTP clients", async (t) => {
  const service = oneEach(PORT);
  const vectors: readonly [client: string, clientPort: number, bucket: number][] = [
    ["10.0.0.1", 40000, 203],
    ["192.168.1.100", 51515, 84],
    ["2001:db8::1", 40000, 226],
    ["255.255.255.255", 1, 0],
  ];
  for (const [client, clientPort, bucket] of vectors) {
    for (const protocol of [TCP, UDP, SCTP]) {
      t.equal(service.pick({ client, clientPort, protocol }), letterOf(bucket), client);
    }
  }
  t.equal(service.pick({ client: "10.0.0.1", clientPort: 40000, protocol: AH }), letterOf(39));
});

t.test("sh has nobody in place of a destination that is not usable", async (t) => {
  const service = oneEach(0);
  service.named(letterOf(39)).overloaded = true;
  t.equal(service.pick({ client: "10.0.0.1" }), "-");
});

t.test("sh-fallback starts at twice the bucket", async (t) => {
  const service = oneEach(FALLBACK);
  const picks = () => [service.pick({ client: "10.0.0.1" }), service.pick({ client: "10.0.0.2" })];
  service.named(letterOf(39)).overloaded = true;
  service.named(letterOf(137)).overloaded = true;
  t.same(picks(), [letterOf(78), letterOf(18)], "2 · 39 and 2 · 137 - 256");
  service.named(letterOf(78)).overloaded = true;
  service.named(letterOf(18)).weight = 0;
  t.same(picks(), [letterOf(79), letterOf(19)]);
});

t.test("sh-fallback goes on around the table, and gives up after all of it", async (t) => {
  const service = oneEach(FALLBACK);
  for (const destination of service.destinations) destination.overloaded = true;
  t.equal(service.pick({ client: "10.0.0.1" }), "-");
  service.named(letterOf(77)).overloaded = false;
  t.equal(service.pick({ client: "10.0.0.1" }), letterOf(77), "the last it tries");
});

t.test("sh deals anew after an edit and a removal, and obeys a change of flags", async (t) => {
  const service = new FakeService(sh).fill("A1", "B1");
  service.edit("B", 3);
  t.same(table(service).slice(0, 8), ["B", "B", "B", "A", "B", "B", "B", "A"]);
  service.named("B").overloaded = true;
  t.same(table(service).slice(0, 4), ["-", "-", "-", "A"]);
  service.flags = FALLBACK;
  t.same(table(service).slice(0, 4), ["A", "A", "A", "A"]);
  service.remove("A");
  service.named("B").overloaded = false;
  t.same(tally(table(service)), new Map([["B", 256]]));
  service.remove("B");
  t.same(tally(table(service)), new Map([["-", 256]]));
});
