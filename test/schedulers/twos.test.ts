import t from "tap";
import { twos } from "../../schedulers/twos.ts";
import type { Random } from "../../src/base/random.ts";
import type { SchedulerContext } from "../../src/engine/scheduler.ts";
import { FakeService, request, TICKS_PER_SECOND, tally } from "./support.ts";

/** Returns the choice of twos for two draws, and the bounds it drew them with. */
function choose(service: FakeService, ...draws: readonly number[]): [string, readonly number[]] {
  const bounds: number[] = [];
  const random: Random = {
    uint32: () => 0,
    below: (bound) => draws[bounds.push(bound) - 1]!,
  };
  const context: SchedulerContext = {
    random,
    ticksPerSecond: TICKS_PER_SECOND,
    now: () => 0,
    lblcExpiration: 0,
    lblcrExpiration: 0,
    cacheLimit: 0,
  };
  return [twos.bind(service, context).schedule(request())?.name ?? "-", bounds];
}

t.test("twos draws from 0 to the sum of usable weights, and walks the list with it", async (t) => {
  const service = new FakeService(twos).fill("A1", "B2", "X0", "C3");
  const expected: readonly string[] = ["C", "C", "C", "C", "B", "B", "A"];
  for (const [draw, name] of expected.entries()) {
    t.same(choose(service, draw, draw), [name, [7, 7]], `draw ${draw}`);
  }
});

t.test("twos leaves the unusable out of sum and walk", async (t) => {
  const service = new FakeService(twos).fill("A1", "B2", "C3");
  service.named("C").overloaded = true;
  t.same(choose(service, 2, 2), ["B", [4, 4]]);
  service.named("B").overloaded = true;
  service.edit("A", 0);
  t.same(choose(service, 0, 0), ["-", []]);
});

t.test("twos picks the lighter of two, the first draw of equals", async (t) => {
  const service = new FakeService(twos).fill("A1", "B2");
  service.load("A", 1);
  service.load("B", 2);
  t.equal(choose(service, 3, 0)[0], "A", "a tie");
  t.equal(choose(service, 0, 3)[0], "B", "a tie");
  service.load("B", 2, 1);
  t.equal(choose(service, 3, 0)[0], "A");
  t.equal(choose(service, 0, 3)[0], "A");
});

t.test("twos multiplies in 32 bits", async (t) => {
  const service = new FakeService(twos).fill("A65536", "B65536");
  // 65536 · 65536 is 0 in 32 bits, 65536 · 1 is more.
  service.named("A").totalConnections = 65536;
  service.named("B").totalConnections = 1;
  t.equal(choose(service, 65537, 0)[0], "A");
  t.equal(choose(service, 0, 65537)[0], "A");
});

t.test("twos sums up weights in 32 bits", async (t) => {
  const service = new FakeService(twos).fill("A2147483647", "B2147483647");
  t.same(choose(service, 1, 1), ["B", [4294967295, 4294967295]]);
  t.same(choose(service, 2147483647, 4294967294), ["B", [4294967295, 4294967295]]);
  service.fill("C1");
  t.same(choose(service), ["C", []], "a range of 2^32 counts as empty, every draw as 0");
});

t.test("twos spreads by weight and repeats itself for a seed", async (t) => {
  const picks = () =>
    new FakeService(twos, { seed: 42 }).fill("A1", "B2", "C5").picks(4000).split(" ");
  t.same(picks(), picks());
  const counts = tally(picks());
  t.ok(counts.get("C")! > counts.get("B")! && counts.get("B")! > counts.get("A")!);
});
