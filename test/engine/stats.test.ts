import t from "tap";
import { Stats } from "../../src/engine/stats.ts";

t.test("rates climb and fall as a kernel's do", async (t) => {
  const stats = new Stats();
  const rising: bigint[] = [];
  for (let tick = 0; tick < 12; tick++) {
    for (let count = 0; count < 100; count++) stats.countConnection();
    stats.countIn(200_000);
    stats.estimate();
    rising.push(stats.snapshot().cps);
  }
  t.same(rising, [12n, 22n, 29n, 34n, 38n, 41n, 43n, 45n, 46n, 47n, 48n, 48n]);
  t.equal(stats.snapshot().inBps, 96832n);
  for (let tick = 0; tick < 60; tick++) {
    for (let count = 0; count < 100; count++) stats.countConnection();
    stats.estimate();
  }
  const falling: bigint[] = [];
  for (let tick = 0; tick < 16; tick++) {
    stats.estimate();
    falling.push(stats.snapshot().cps);
  }
  t.same(falling, [37n, 28n, 21n, 16n, 12n, 9n, 7n, 5n, 4n, 3n, 2n, 2n, 1n, 1n, 1n, 0n]);
});

t.test("byte rates climb as a kernel's do", async (t) => {
  const stats = new Stats();
  const seen: bigint[] = [];
  for (let tick = 0; tick < 12; tick++) {
    stats.countIn(200_000);
    stats.estimate();
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
  const stats = new Stats();
  stats.countIn(100);
  stats.countOut(40);
  t.equal(stats.snapshot().inPackets, 0n, "nothing before the first estimation");
  stats.estimate();
  t.equal(stats.snapshot().inBytes, 100n);
  stats.countIn(60);
  stats.zero();
  t.same(
    [stats.snapshot().inBytes, stats.snapshot().outBytes, stats.snapshot().inBps],
    [0n, 0n, 0n],
  );
  stats.estimate();
  t.equal(stats.snapshot().inBytes, 60n, "what came after the snapshot stays visible");
  t.equal(stats.live().inBytes, 160n);
});
