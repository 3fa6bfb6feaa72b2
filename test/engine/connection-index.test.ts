/** The index beside a plain list of entries, with many of one hash and many of one bucket. */
import fc from "fast-check";
import t from "tap";
import { ConnectionIndex } from "../../src/engine/connection-index.ts";
import { NO_CONNECTION } from "../../src/engine/connection-records.ts";

interface Entry {
  readonly hash: number;
  readonly handle: number;
}

/** All entries of a hash, as `seek` and `step` tell them. */
function found(index: ConnectionIndex, hash: number): readonly number[] {
  const handles: number[] = [];
  index.seek(hash);
  for (let handle = index.step(); handle !== NO_CONNECTION; handle = index.step()) {
    handles.push(handle);
  }
  return handles;
}

/** The same, of a list, the oldest first. */
function listed(entries: readonly Entry[], hash: number): readonly number[] {
  return entries
    .filter((entry) => entry.hash === hash)
    .map(({ handle }) => handle)
    .reverse();
}

function everything(index: ConnectionIndex): readonly number[] {
  const handles: number[] = [];
  for (let bucket = 0; bucket < index.buckets; bucket++)
    index.gather(bucket, handles, handles.length);
  return handles.sort((one, other) => one - other);
}

t.test("tells the entries of a hash, the newest first, whatever came and went", async (t) => {
  // Hashes that are alike in their low bits share a bucket, and some of them for many rounds.
  const hash = fc.oneof(
    fc.constantFrom(5, 5, 5 | (1 << 10), 5 | (1 << 12), 5 | (1 << 31)),
    fc.integer(),
  );
  const change = fc.oneof(
    { weight: 2, arbitrary: fc.record({ hash, times: fc.integer({ min: 1, max: 30 }) }) },
    { weight: 1, arbitrary: fc.record({ take: fc.nat(), times: fc.integer({ min: 1, max: 20 }) }) },
    // So many come that buckets are dealt out.
    { weight: 1, arbitrary: fc.record({ many: fc.integer({ min: 500, max: 4000 }) }) },
  );
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 40 }), (changes) => {
      const index = new ConnectionIndex();
      const entries: Entry[] = [];
      let last = 0;
      const add = (hash: number): void => {
        entries.push({ hash, handle: ++last });
        index.add(hash, last);
      };
      for (const change of changes) {
        if ("hash" in change) {
          for (let time = 0; time < change.times; time++) add(change.hash);
        } else if ("many" in change) {
          for (let time = 0; time < change.many; time++) add(Math.imul(last + 1, 0x9e3779b1));
        } else {
          for (let time = 0; time < change.times && entries.length > 0; time++) {
            const at = (change.take + time * 7) % entries.length;
            const [{ hash, handle }] = entries.splice(at, 1) as [Entry];
            index.remove(hash, handle);
          }
        }
      }
      t.equal(index.size, entries.length);
      const hashes = [...new Set([5, 5 | (1 << 31), ...entries.map(({ hash }) => hash)])];
      t.same(
        hashes.slice(0, 300).map((hash) => found(index, hash)),
        hashes.slice(0, 300).map((hash) => listed(entries, hash)),
      );
      t.same(
        everything(index),
        entries.map(({ handle }) => handle),
      );
    }),
    { numRuns: 30 },
  );
});

t.test("grows by buckets, each of them of the hashes it says", async (t) => {
  const index = new ConnectionIndex();
  const before = index.buckets;
  for (let handle = 1; handle <= 20_000; handle++) index.add(Math.imul(handle, 0x9e3779b1), handle);
  t.ok(index.buckets > before * 4, `${index.buckets} buckets`);
  for (let bucket = 0; bucket < index.buckets; bucket++) {
    const handles: number[] = [];
    index.gather(bucket, handles, handles.length);
    const others = handles.filter(
      (handle) => index.bucketOf(Math.imul(handle, 0x9e3779b1)) !== bucket,
    );
    if (others.length > 0) t.fail(`bucket ${bucket} has ${others}`);
  }
});

t.test("a bucket is filled and emptied again and again", async (t) => {
  const index = new ConnectionIndex();
  const handles = Array.from({ length: 100 }, (_, at) => at + 1);
  for (let round = 0; round < 20; round++) {
    for (const handle of handles) index.add(7, handle);
    t.same(found(index, 7), [...handles].reverse());
    for (const handle of handles) index.remove(7, handle);
    t.same(found(index, 7), []);
  }
  t.equal(index.size, 0);
});
