import t from "tap";
import { dh } from "../../schedulers/dh.ts";
import { hash32 } from "../../src/base/hash.ts";
import { fold, formatAddress, ipv4Address, parseAddress } from "../../src/net/address.ts";
import { FakeService } from "./support.ts";

/** An address of each of the 256 buckets, in order. */
const ADDRESSES = addressesByBucket();

function addressesByBucket(): readonly string[] {
  const byBucket = new Map<number, string>();
  for (let value = 0x0a090000; byBucket.size < 256; value++) {
    byBucket.set(hash32(value, 8), formatAddress(ipv4Address(value)));
  }
  return Array.from({ length: 256 }, (_, bucket) => byBucket.get(bucket)!);
}

/** Returns whose each bucket is. */
function table(service: FakeService): readonly string[] {
  return ADDRESSES.map((destination) => service.pick({ destination }));
}

t.test("dh deals the buckets in turn, newest first, whatever the weights", async (t) => {
  const service = new FakeService(dh).fill("A1", "B50", "C3");
  t.same(
    table(service),
    Array.from({ length: 256 }, (_, bucket) => "CBA"[bucket % 3]),
  );
});

t.test("dh finds the bucket of an address", async (t) => {
  // Buckets 39, 137, 89, 124, 158, 63, 157: over three destinations 0, 2, 2, 1, 2, 0, 1 in turn.
  const service = new FakeService(dh).fill("A1", "B1", "C1");
  const vectors: readonly [address: string, bucket: number, expected: string][] = [
    ["10.0.0.1", 39, "C"],
    ["10.0.0.2", 137, "A"],
    ["192.168.1.100", 89, "A"],
    ["203.0.113.7", 124, "B"],
    ["255.255.255.255", 158, "A"],
    ["2001:db8::1", 63, "C"],
    ["fd00::a:b", 157, "B"],
  ];
  for (const [destination, bucket, expected] of vectors) {
    t.equal(hash32(fold(parseAddress(destination).words), 8), bucket, destination);
    t.equal(service.pick({ destination }), expected, destination);
  }
});

t.test("dh looks at nothing of the client", async (t) => {
  const service = new FakeService(dh).fill("A1", "B1", "C1");
  for (const client of ["10.0.0.1", "203.0.113.7", "2001:db8::1"]) {
    t.equal(service.pick({ client, clientPort: 7, destination: "10.0.0.2" }), "A");
  }
});

t.test("dh has nobody in place of a destination that is not usable", async (t) => {
  const service = new FakeService(dh).fill("A1", "B1", "C1");
  service.edit("A", 0);
  service.named("B").overloaded = true;
  t.equal(service.pick({ destination: "10.0.0.1" }), "C");
  t.equal(service.pick({ destination: "10.0.0.2" }), "-");
  t.equal(service.pick({ destination: "203.0.113.7" }), "-");
});

t.test("dh deals anew after an addition and a removal", async (t) => {
  const service = new FakeService(dh).fill("A1", "B1");
  t.same(
    table(service),
    Array.from({ length: 256 }, (_, bucket) => "BA"[bucket % 2]),
  );
  service.fill("C1");
  service.remove("B");
  t.same(
    table(service),
    Array.from({ length: 256 }, (_, bucket) => "CA"[bucket % 2]),
  );
  service.remove("C");
  service.remove("A");
  t.same(table(service), Array(256).fill("-"));
});
