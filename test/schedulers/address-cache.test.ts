import fc from "fast-check";
import t from "tap";
import { AddressCache } from "../../schedulers/address-cache.ts";
import { hash32 } from "../../src/base/hash.ts";
import { ipv4Address } from "../../src/net/address.ts";

/** Ticks of a minute at one tick a second. */
const MINUTE = 60;
const CROWDED = 16384;

function address(value: number): Uint32Array {
  return Uint32Array.from(ipv4Address(value).words);
}

/** Returns a cache at one tick a second. */
function makeCache(limit = 24576, expiration = 86400): AddressCache<number> {
  return new AddressCache<number>({ limit, expiration, ticksPerSecond: 1 });
}

/** Returns how many of the addresses `[from, to)` the cache knows, marking them used. */
function known(cache: AddressCache<number>, from: number, to: number, now: number): number {
  let count = 0;
  for (let value = from; value < to; value++) {
    if (cache.use(address(value), now) === value) count++;
  }
  return count;
}

function fill(cache: AddressCache<number>, from: number, to: number, now: number): void {
  for (let value = from; value < to; value++) cache.set(address(value), value, now);
}

t.test("set() keeps one value an address, all four words counting", async (t) => {
  const cache = makeCache();
  // All four have the same fold, so the same bucket.
  const addresses = [0, 1, 2, 3].map((word) =>
    Uint32Array.from([0, 0, 0, 0]).fill(7, word, word + 1),
  );
  for (const [value, address] of addresses.entries()) cache.set(address, value, 0);
  t.same(
    addresses.map((address) => cache.use(address, 0)),
    [0, 1, 2, 3],
  );
  cache.set(addresses[2]!, 20, 0);
  t.same(
    addresses.map((address) => cache.use(address, 0)),
    [0, 1, 20, 3],
  );
  t.equal(cache.size, 4);
});

t.test("set() keeps no reference to the words it is given", async (t) => {
  const cache = makeCache();
  const words = address(5);
  cache.set(words, 5, 0);
  words[0] = 6;
  t.equal(cache.use(words, 0), undefined);
  t.equal(cache.use(address(5), 0), 5);
});

t.test("the cache behaves as a map under any sequence of calls", async () => {
  const step = fc.record({ key: fc.nat({ max: 200 }), value: fc.nat(), write: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.nat({ max: 150 }), (steps, limit) => {
      const cache = makeCache(limit);
      const model = new Map<number, number>();
      for (const { key, value, write } of steps) {
        if (write) {
          cache.set(address(key), value, 0);
          if (model.has(key) || model.size < limit) model.set(key, value);
        } else if (cache.use(address(key), 0) !== model.get(key)) {
          return false;
        }
      }
      return cache.size === model.size && cache.isFull === model.size >= limit;
    }),
  );
});

t.test("a full cache takes no address, but a new value for one it has", async (t) => {
  const cache = makeCache();
  fill(cache, 0, 24576, 0);
  t.ok(cache.isFull);
  cache.set(address(24576), 24576, 0);
  t.equal(cache.use(address(24576), 0), undefined);
  cache.set(address(9), 10, 0);
  t.equal(cache.use(address(9), 0), 10);
  t.equal(cache.size, 24576);
});

t.test("values() yields each value that is remembered", async (t) => {
  const cache = makeCache();
  fill(cache, 0, 100, 0);
  const values = [...cache.values()].sort((a, b) => a - b);
  t.same(
    values,
    Array.from({ length: 100 }, (_unused, index) => index),
  );
});

t.test("every 30th minute takes what was unused for the expiration time", async (t) => {
  const cache = makeCache(24576, 10 * MINUTE);
  cache.set(address(1), 1, 0);
  cache.set(address(2), 2, 20 * MINUTE + 1);
  cache.set(address(3), 3, 20 * MINUTE);
  for (let minute = 1; minute < 30; minute++) cache.everyMinute(minute * MINUTE);
  t.equal(cache.size, 3, "not before");
  cache.everyMinute(30 * MINUTE);
  t.equal(cache.size, 1);
  t.equal(cache.use(address(3), 0), undefined, "unused for exactly that long");
  t.equal(cache.use(address(2), 0), 2);
  for (let minute = 31; minute < 60; minute++) cache.everyMinute(minute * MINUTE);
  t.equal(cache.size, 1);
  cache.everyMinute(60 * MINUTE);
  t.equal(cache.size, 0);
});

t.test("use() puts off the end of an entry", async (t) => {
  const cache = makeCache(24576, 10 * MINUTE);
  cache.set(address(1), 1, 0);
  cache.use(address(1), 25 * MINUTE);
  for (let minute = 1; minute <= 30; minute++) cache.everyMinute(minute * MINUTE);
  t.equal(cache.size, 1);
});

t.test("a cache of 16384 entries is not swept before the 30th minute", async (t) => {
  const cache = makeCache();
  fill(cache, 0, CROWDED, 0);
  for (let minute = 1; minute < 30; minute++) cache.everyMinute(minute * MINUTE);
  t.equal(cache.size, CROWDED);
});

t.test(
  "a crowded cache loses entries unused for six minutes, in whole buckets, up to a goal",
  async (t) => {
    const cache = makeCache();
    const count = CROWDED + 300;
    fill(cache, 0, count, 0);
    cache.everyMinute(6 * MINUTE - 1);
    t.equal(cache.size, count, "not before");
    cache.everyMinute(6 * MINUTE);
    // The goal is 300 · 4/3 = 400, in buckets 1, 2, 3 and so on until it is reached.
    const perBucket = new Array<number>(1024).fill(0);
    for (let value = 0; value < count; value++) perBucket[hash32(value, 10)]! += 1;
    let removed = 0;
    let last = 0;
    while (removed < 400) removed += perBucket[++last]!;
    t.equal(cache.size, count - removed);
    for (let value = 0; value < count; value++) {
      const bucket = hash32(value, 10);
      const expected = bucket >= 1 && bucket <= last ? undefined : value;
      if (cache.use(address(value), 0) !== expected) t.fail(`address ${value}`);
    }
  },
);

t.test("the next partial sweep begins where the last one ended", async (t) => {
  const cache = makeCache();
  const inBucket = (value: number, from: number, to: number) =>
    hash32(value, 10) >= from && hash32(value, 10) < to;
  fill(cache, 0, CROWDED + 12, 0);
  cache.everyMinute(6 * MINUTE);
  // Goal 16: bucket 1 alone has some 16 entries, at most a few more are needed.
  const gone = (value: number) => cache.use(address(value), 0) === undefined;
  const values = Array.from({ length: CROWDED + 12 }, (_, value) => value);
  const first = values.filter(gone);
  t.ok(first.length >= 16 && first.every((value) => inBucket(value, 1, 4)));
  fill(cache, 100000, 100000 + CROWDED + 12 - cache.size, 6 * MINUTE);
  cache.everyMinute(6 * MINUTE + 1);
  const second = values.filter((value) => gone(value) && !first.includes(value));
  const lastOfFirst = Math.max(...first.map((value) => hash32(value, 10)));
  t.ok(second.length >= 16 - 2);
  t.ok(second.every((value) => inBucket(value, lastOfFirst + 1, lastOfFirst + 5)));
});

t.test("a partial sweep aims at 8192 entries at most, and uses no minute up", async (t) => {
  const cache = makeCache(Number.POSITIVE_INFINITY, 10 * MINUTE);
  fill(cache, 0, 40000, 0);
  cache.everyMinute(MINUTE);
  t.equal(cache.size, 40000);
  cache.everyMinute(6 * MINUTE);
  t.ok(40000 - cache.size >= 8192 && 40000 - cache.size < 8192 + 100, `${cache.size}`);
  while (cache.size > CROWDED) cache.everyMinute(7 * MINUTE);
  const left = cache.size;
  for (let minute = 1; minute < 30; minute++) cache.everyMinute(8 * MINUTE);
  t.equal(cache.size, left, "29 minutes that count");
  cache.everyMinute(10 * MINUTE);
  t.equal(cache.size, 0, "the 30th");
});

t.test("rows given back are used again", async (t) => {
  const cache = makeCache(24576, MINUTE);
  for (let round = 0; round < 3; round++) {
    const start = round * 31 * MINUTE;
    fill(cache, 0, 1000, start);
    t.equal(known(cache, 0, 1000, start), 1000);
    for (let minute = 1; minute <= 30; minute++) cache.everyMinute(start + minute * MINUTE);
    t.equal(cache.size, 0);
    t.equal(known(cache, 0, 1000, start), 0);
  }
});
