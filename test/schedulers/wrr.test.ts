import t from "tap";
import { wrr } from "../../schedulers/wrr.ts";
import { FakeService, picksUpTo, tally } from "./support.ts";

const VECTORS: readonly [setup: string, picks: string][] = [
  ["A1 B1 C1", "C B A C B A C"],
  ["A4 B3 C2", "C B A A B A C B A C B A A B A C B A C B A"],
  ["A3 B1", "B A A A B A A A B A A A"],
  ["A1 B3", "B A B B B A B B B A B B"],
  ["A5 B1 C1", "C B A A A A A C B A A A A A C"],
  ["A100 B200 C300", "C B A C C B C B A C C B C B A"],
  ["A2 B0", "A A A A"],
];

for (const [setup, picks] of VECTORS) {
  t.test(`wrr over ${setup} begins with one plain round, then goes by weight`, async (t) => {
    const service = new FakeService(wrr).fill(...setup.split(" "));
    t.equal(service.picks(picks.split(" ").length), picks);
  });
}

t.test("wrr starts at the head after an edit", async (t) => {
  const service = new FakeService(wrr).fill("A4", "B2");
  t.equal(service.picks(8), "B A A B A A B A");
  service.edit("B", 0);
  t.equal(service.picks(4), "A A A A");
  service.edit("B", 4);
  t.equal(service.picks(8), "B A B A B A B A");
});

t.test("wrr bound to a filled service begins with the heaviest", async (t) => {
  const service = new FakeService(wrr).fill("A3", "B1");
  service.rebind(wrr);
  t.equal(service.picks(8), "A A B A A A B A");
});

t.test("wrr goes by the weights left after a removal", async (t) => {
  const service = new FakeService(wrr).fill("A2", "B4", "C6");
  service.remove("C");
  t.equal(service.picks(7), "B A B B A B B");
});

t.test("wrr picks nobody while all weights are 0, and recovers", async (t) => {
  const service = new FakeService(wrr).fill("A0", "B0");
  t.equal(service.picks(2), "- -");
  service.edit("A", 7);
  t.equal(service.picks(3), "A A A");
});

t.test("wrr picks nobody while all are overloaded, and goes on where it was", async (t) => {
  const service = new FakeService(wrr).fill("A3", "B1");
  t.equal(service.picks(3), "B A A");
  for (const destination of service.destinations) destination.overloaded = true;
  t.equal(service.picks(3), "- - -");
  for (const destination of service.destinations) destination.overloaded = false;
  t.same(
    tally(service.picks(40).split(" ")),
    new Map([
      ["A", 30],
      ["B", 10],
    ]),
  );
});

t.test(
  "wrr finds the light destination below a heavy overloaded one without counting down",
  async (t) => {
    // One round for each step of the bar would be two thousand million of them.
    const service = new FakeService(wrr).fill("A2147483647", "B1");
    service.named("A").overloaded = true;
    t.equal(service.picks(5), "B B B B B");
    service.named("B").overloaded = true;
    t.equal(service.picks(2), "- -");
    service.named("B").overloaded = false;
    t.equal(service.picks(2), "B B");
  },
);

t.test(
  "wrr goes on past destinations as thresholds take them out, as a kernel was seen to",
  async (t) => {
    const service = new FakeService(wrr).fill("A50", "B7", "C3", "D1000");
    const thresholds = { A: 4, B: 9, C: 6, D: 3 };
    t.equal(picksUpTo(thresholds, service, 24), "D C B A D D A A A B B B B C B C B C B B C C - -");
  },
);

t.test("wrr in vain from mid-list ends where it began, with the bar as it was", async (t) => {
  const service = new FakeService(wrr).fill("A3", "B1");
  t.equal(service.pick(), "B");
  for (const destination of service.destinations) destination.overloaded = true;
  t.equal(service.pick(), "-");
  for (const destination of service.destinations) destination.overloaded = false;
  t.equal(service.picks(6), "A A A B A A");
});
