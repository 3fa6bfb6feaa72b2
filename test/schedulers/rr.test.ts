import t from "tap";
import { rr } from "../../schedulers/rr.ts";
import { FakeService, picksUpTo } from "./support.ts";

t.test("rr goes round the list, newest first", async (t) => {
  const service = new FakeService(rr).fill("A1", "B1", "C1");
  t.equal(service.picks(7), "C B A C B A C");
});

t.test("rr serves a destination added in mid-round after the round is over", async (t) => {
  const service = new FakeService(rr).fill("A1", "B1", "C1");
  t.equal(service.picks(5), "C B A C B");
  service.fill("D1");
  t.equal(service.picks(6), "A D C B A D");
});

t.test("rr goes on from the predecessor of a removed destination", async (t) => {
  const service = new FakeService(rr).fill("A1", "B1", "C1");
  t.equal(service.picks(2), "C B");
  service.remove("B");
  t.equal(service.picks(4), "A C A C");
});

t.test(
  "rr starts again at the head when the first destination was its last and is removed",
  async (t) => {
    const service = new FakeService(rr).fill("A1", "B1", "C1");
    t.equal(service.picks(4), "C B A C");
    service.remove("C");
    t.equal(service.picks(3), "B A B");
  },
);

t.test("rr keeps its place when a destination before or behind it is removed", async (t) => {
  const service = new FakeService(rr).fill("A1", "B1", "C1", "D1");
  t.equal(service.picks(2), "D C");
  service.remove("D");
  t.equal(service.picks(1), "B");
  service.remove("A");
  t.equal(service.picks(3), "C B C");
});

t.test("rr ignores how high a weight is, but not that it is 0", async (t) => {
  const service = new FakeService(rr).fill("A1", "B0", "C100");
  t.equal(service.picks(4), "C A C A");
  service.edit("C", 0);
  t.equal(service.picks(2), "A A");
  service.edit("A", 0);
  t.equal(service.picks(2), "- -");
});

t.test("rr keeps its place while nobody is usable", async (t) => {
  const service = new FakeService(rr).fill("A1", "B1", "C1");
  t.equal(service.picks(2), "C B");
  for (const destination of service.destinations) destination.overloaded = true;
  t.equal(service.picks(2), "- -");
  for (const destination of service.destinations) destination.overloaded = false;
  t.equal(service.picks(2), "A C");
});

t.test("rr starts at the head of a service that had destinations before", async (t) => {
  const service = new FakeService(rr).fill("A1", "B1", "C1");
  t.equal(service.picks(2), "C B");
  service.rebind(rr);
  t.equal(service.picks(4), "C B A C");
});

t.test(
  "rr goes on past destinations as thresholds take them out, as a kernel was seen to",
  async (t) => {
    const service = new FakeService(rr).fill("A50", "B7", "C3", "D1000");
    const thresholds = { A: 4, B: 9, C: 6, D: 3 };
    t.equal(picksUpTo(thresholds, service, 24), "D C B A D C B A D C B A C B A C B C B B B B - -");
  },
);
