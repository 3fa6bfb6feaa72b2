import fc from "fast-check";
import t from "tap";
import { TimerWheel } from "../../src/base/timer-wheel.ts";
import { DueConnections } from "../../src/engine/due-connections.ts";

t.test("what is due is taken in order, equals as they were gathered", async (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat(5), { maxLength: 5000, size: "max" }), (ranks) => {
      const order = (a: number, b: number) => ranks[a]! - ranks[b]!;
      const due = new DueConnections(order);
      for (let handle = 0; handle < ranks.length; handle++) due.add(handle);
      while (due.sortRun() > 0);
      const taken: number[] = [];
      while (!due.isEmpty) taken.push(due.take());
      t.same(taken, [...ranks.keys()].sort(order));
    }),
    { numRuns: 20 },
  );
});

t.test("what is not put in order is taken as it was gathered", async (t) => {
  const due = new DueConnections(() => 0);
  for (let handle = 0; handle < 3000; handle++) due.add(handle);
  const taken: number[] = [];
  while (!due.isEmpty) taken.push(due.take());
  t.same(taken, [...Array(3000).keys()]);
});

t.test("a wheel that goes on in portions fires what one does that goes at once", async (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(2000), { maxLength: 60 }),
      fc.integer({ min: 1, max: 7 }),
      (deadlines, most) => {
        const fired = (portion: number) => {
          const wheel = new TimerWheel(0);
          for (const [entry, at] of deadlines.entries()) wheel.arm(entry, at);
          const seen: (readonly [number, number])[] = [];
          while (!wheel.advance(3000, (entry) => seen.push([wheel.now, entry]), portion)) {
            t.equal(wheel.nextDeadline(), wheel.now);
          }
          return seen;
        };
        t.same(fired(most), fired(Number.POSITIVE_INFINITY));
      },
    ),
    { numRuns: 60 },
  );
});
