import fc from "fast-check";
import t from "tap";
import { roundedDeadline, TimerWheel } from "../../src/base/timer-wheel.ts";

t.test("roundedDeadline() rounds up by the unit of the distance", async (t) => {
  t.equal(roundedDeadline(1000, 1000), 1001, "a deadline of now fires at the next tick");
  t.equal(roundedDeadline(1000, 1062), 1063);
  t.equal(roundedDeadline(1000, 1063), 1064, "units of 8 ticks from 63 ticks on");
  t.equal(roundedDeadline(1000, 1100), 1104);
  t.equal(roundedDeadline(0, 900 * 250), 55 * 4096, "900 s at 250 ticks/s in units of 16.384 s");
});

t.test("roundedDeadline() is never early, and late by an eighth at the most", async () => {
  fc.assert(
    fc.property(fc.nat(2 ** 40), fc.nat(10 ** 9), (now, distance) => {
      const fires = roundedDeadline(now, now + distance);
      return fires > now + distance && fires - (now + distance) <= Math.max(1, distance / 7);
    }),
  );
});

t.test("advance() fires every entry at its rounded deadline, once", async (t) => {
  fc.assert(
    fc.property(
      fc.nat(2 ** 33),
      fc.array(fc.nat(300000), { minLength: 1, maxLength: 60 }),
      fc.array(fc.nat(40000), { minLength: 1, maxLength: 20 }),
      (start, distances, steps) => {
        const wheel = new TimerWheel(start);
        const expected = distances.map((distance) => roundedDeadline(start, start + distance));
        expected.forEach((at, entry) => {
          wheel.arm(entry, at);
        });
        const fired = new Map<number, number>();
        const due = (entry: number) => {
          if (fired.has(entry)) throw new Error(`entry ${entry} fired twice`);
          fired.set(entry, wheel.now);
        };
        for (const step of steps) wheel.advance(wheel.now + step, due);
        wheel.advance(start + 1_000_000, due);
        return expected.every((at, entry) => fired.get(entry) === at);
      },
    ),
  );
  t.pass("held for random deadlines and steps");
});

t.test("nextDeadline() is the tick of the first entry to fire", async (t) => {
  const wheel = new TimerWheel(5);
  t.equal(wheel.nextDeadline(), Number.POSITIVE_INFINITY);
  wheel.arm(0, 5000);
  wheel.arm(1, 60);
  t.equal(wheel.nextDeadline(), 60);
  wheel.disarm(1);
  const later = wheel.nextDeadline();
  t.ok(later >= 5000 && later < 5700, `${later}`);
});

t.test("an entry may arm itself again while it fires", async (t) => {
  const wheel = new TimerWheel(0);
  const ticks: number[] = [];
  wheel.arm(3, 10);
  wheel.advance(100, (entry) => {
    ticks.push(wheel.now);
    if (ticks.length < 3) wheel.arm(entry, wheel.now + 10);
  });
  t.same(ticks, [10, 20, 30]);
});

t.test(
  "an entry armed for the next turn of the slot it fires from waits for that turn",
  async (t) => {
    const wheel = new TimerWheel(0);
    const ticks: number[] = [];
    wheel.arm(0, 64);
    wheel.advance(200, (entry) => {
      ticks.push(wheel.now);
      if (ticks.length < 2) wheel.arm(entry, wheel.now + 64);
    });
    t.same(ticks, [64, 128]);
  },
);

t.test("arm() of an entry already armed moves it", async (t) => {
  const wheel = new TimerWheel(0);
  const fired: number[] = [];
  wheel.arm(1, 50);
  wheel.arm(2, 50);
  wheel.arm(1, 20);
  wheel.advance(60, (entry) => {
    fired.push(entry, wheel.now);
  });
  t.same(fired, [1, 20, 2, 50]);
});

t.test("entries far apart in number share the wheel", async (t) => {
  const wheel = new TimerWheel(0);
  const fired: number[] = [];
  wheel.arm(100_000, 3);
  wheel.arm(0, 4);
  wheel.advance(10, (entry) => {
    fired.push(entry);
  });
  t.same(fired, [100_000, 0]);
});
