import t from "tap";
import { type Stats, StatsTable } from "../../src/engine/stats.ts";

/** Returns statistics, and what estimates them. */
function made(): readonly [Stats, estimate: () => void] {
  const table = new StatsTable();
  const stats = table.add();
  stats.estimated(true);
  return [stats, () => table.estimate()];
}

t.test("rates climb and fall as a kernel's do", async (t) => {
  const [stats, estimate] = made();
  const rising: bigint[] = [];
  for (let tick = 0; tick < 12; tick++) {
    for (let count = 0; count < 100; count++) stats.countConnection();
    stats.countIn(200_000);
    estimate();
    rising.push(stats.snapshot().cps);
  }
  t.same(rising, [12n, 22n, 29n, 34n, 38n, 41n, 43n, 45n, 46n, 47n, 48n, 48n]);
  t.equal(stats.snapshot().inBps, 96832n);
  for (let tick = 0; tick < 60; tick++) {
    for (let count = 0; count < 100; count++) stats.countConnection();
    estimate();
  }
  const falling: bigint[] = [];
  for (let tick = 0; tick < 16; tick++) {
    estimate();
    falling.push(stats.snapshot().cps);
  }
  t.same(falling, [37n, 28n, 21n, 16n, 12n, 9n, 7n, 5n, 4n, 3n, 2n, 2n, 1n, 1n, 1n, 0n]);
});

t.test("byte rates climb as a kernel's do", async (t) => {
  const [stats, estimate] = made();
  const seen: bigint[] = [];
  for (let tick = 0; tick < 12; tick++) {
    stats.countIn(200_000);
    estimate();
    seen.push(stats.snapshot().inBps);
  }
  t.same(seen, [
    25000n,
    43750n,
    57812n,
    68359n,
    76270n,
    82202n,
    86652n,
    89989n,
    92491n,
    94369n,
    95776n,
    96832n,
  ]);
});

t.test("what is visible is a snapshot, and zeroing counts from it", async (t) => {
  const [stats, estimate] = made();
  stats.countIn(100);
  stats.countOut(40);
  t.equal(stats.snapshot().inPackets, 0n, "nothing before the first estimation");
  estimate();
  t.equal(stats.snapshot().inBytes, 100n);
  stats.countIn(60);
  stats.zero();
  t.same(
    [stats.snapshot().inBytes, stats.snapshot().outBytes, stats.snapshot().inBps],
    [0n, 0n, 0n],
  );
  estimate();
  t.equal(stats.snapshot().inBytes, 60n, "what came after the snapshot stays visible");
  t.equal(stats.live().inBytes, 160n);
});

t.test(
  "statistics that are not estimated keep what is visible, and catch up when they are again",
  async (t) => {
    const [stats, estimate] = made();
    stats.countConnection();
    estimate();
    stats.estimated(false);
    stats.countConnection();
    estimate();
    t.equal(stats.snapshot().conns, 1n);
    stats.estimated(true);
    estimate();
    t.equal(stats.snapshot().conns, 2n);
  },
);

t.test(
  "statistics of many are estimated each by itself, and begin at 0 when taken again",
  async (t) => {
    const table = new StatsTable();
    const many = Array.from({ length: 200 }, () => table.add());
    for (const [index, stats] of many.entries()) {
      stats.estimated(true);
      for (let count = 0; count < index; count++) stats.countIn(10);
    }
    table.estimate();
    for (const [index, stats] of many.entries()) {
      t.equal(stats.snapshot().inPackets, BigInt(index));
      t.equal(stats.live().inBytes, BigInt(10 * index));
    }
    table.release(many[150]!);
    const again = table.add();
    t.equal(again.live().inBytes, 0n);
    again.countIn(1);
    table.estimate();
    t.equal(again.snapshot().inPackets, 0n, "not estimated");
  },
);

t.test("what destinations count, their services and the director count as well", async (t) => {
  const table = new StatsTable();
  const [web, mail, first, second] = Array.from({ length: 4 }, () => table.add());
  for (const stats of [web!, mail!, first!, second!]) stats.estimated(true);
  first!.countFor(web!);
  second!.countFor(web!);
  first!.countIn(100);
  second!.countOut(40);
  second!.countConnection();
  const sums = (): readonly unknown[] =>
    [web!, mail!, table.total].map((stats) => {
      const { conns, inBytes, outBytes } = stats.live();
      return [conns, inBytes, outBytes];
    });
  t.same(sums(), [
    [1n, 100n, 40n],
    [0n, 0n, 0n],
    [1n, 100n, 40n],
  ]);
  table.estimate();
  t.equal(web!.snapshot().inPackets, 1n);
  t.equal(table.total.snapshot().outPackets, 0n, "the total is estimated when it is asked to be");

  first!.countIn(1);
  first!.countFor(mail!);
  first!.countIn(10);
  t.same(sums(), [
    [1n, 101n, 40n],
    [0n, 10n, 0n],
    [1n, 111n, 40n],
  ]);
  first!.countIn(1000);
  table.release(first!);
  t.same(sums()[1], [0n, 1010n, 0n], "what was counted stays");
  t.equal(table.add().live().inBytes, 0n);
  t.equal(table.total.live().inBytes, 1111n);
});
