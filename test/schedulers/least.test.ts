import t from "tap";
import { fo } from "../../schedulers/fo.ts";
import { lc } from "../../schedulers/lc.ts";
import { nq } from "../../schedulers/nq.ts";
import { ovf } from "../../schedulers/ovf.ts";
import { sed } from "../../schedulers/sed.ts";
import { wlc } from "../../schedulers/wlc.ts";
import { FakeService } from "./support.ts";

for (const scheduler of [lc, wlc, sed, nq]) {
  t.test(`${scheduler.name} gives a tie to the newest`, async (t) => {
    const service = new FakeService(scheduler).fill("A2", "B2", "C2");
    t.equal(service.pick(), "C");
    for (const name of ["A", "B", "C"]) service.load(name, 3, 5);
    t.equal(service.pick(), "C");
  });

  t.test(`${scheduler.name} passes over weight 0 and overload`, async (t) => {
    const service = new FakeService(scheduler).fill("A1", "B1", "C0");
    service.load("A", 1000);
    service.named("B").overloaded = true;
    t.equal(service.pick(), "A");
    service.edit("A", 0);
    t.equal(service.pick(), "-");
  });
}

t.test("lc ignores how high a weight is", async (t) => {
  const service = new FakeService(lc).fill("A1000", "B1");
  service.load("A", 2);
  service.load("B", 1, 255);
  t.equal(service.pick(), "B");
  service.load("B", 2, 1);
  t.equal(service.pick(), "A");
});

t.test("an active connection weighs as much as 257 inactive ones", async (t) => {
  for (const scheduler of [lc, wlc]) {
    const service = new FakeService(scheduler).fill("A1", "B1");
    service.load("A", 1);
    service.load("B", 0, 256);
    t.equal(service.pick(), "B", scheduler.name);
    service.load("B", 0, 257);
    t.equal(service.pick(), "B", `${scheduler.name}, a tie`);
    service.load("B", 0, 258);
    t.equal(service.pick(), "A", scheduler.name);
  }
});

t.test("lc compares overheads as unsigned, wlc as signed 32-bit numbers", async (t) => {
  for (const [scheduler, expected] of [
    [lc, "A"],
    [wlc, "B"],
  ] as const) {
    const service = new FakeService(scheduler).fill("A1", "B1");
    service.load("A", 1);
    service.load("B", 2 ** 23);
    t.equal(service.pick(), expected, scheduler.name);
  }
});

t.test("wlc divides overhead by weight", async (t) => {
  const service = new FakeService(wlc).fill("A1", "B3");
  service.load("A", 1);
  service.load("B", 3);
  t.equal(service.pick(), "B", "a tie");
  service.load("B", 3, 1);
  t.equal(service.pick(), "A");
});

t.test("wlc tells apart loads that differ beyond the precision of a double", async (t) => {
  const service = new FakeService(wlc).fill("A2147483646", "B2147483645");
  service.named("A").totalConnections = 2147483647;
  service.named("B").totalConnections = 2147483646;
  // (n - 1)² is one more than n · (n - 2).
  t.equal(2147483646 * 2147483646, 2147483647 * 2147483645, "equal as doubles");
  t.equal(service.pick(), "A", "although B is newer");
});

t.test("sed counts the connection to come, and no inactive ones", async (t) => {
  const service = new FakeService(sed).fill("A1", "B3");
  service.load("B", 1, 1000);
  t.equal(service.pick(), "B", "2/3 against 1/1");
  service.load("B", 2, 1000);
  t.equal(service.pick(), "B", "a tie");
  service.load("B", 3);
  t.equal(service.pick(), "A", "4/3 against 1/1");
});

t.test("sed leaves a light idle destination aside, nq does not", async (t) => {
  for (const [scheduler, expected] of [
    [sed, "B"],
    [nq, "A"],
  ] as const) {
    const service = new FakeService(scheduler).fill("A1", "B10");
    service.load("B", 3);
    t.equal(service.pick(), expected, scheduler.name);
  }
});

t.test("nq picks the newest idle destination, else as sed", async (t) => {
  const service = new FakeService(nq).fill("A9", "B1", "C1");
  service.load("C", 1);
  service.load("B", 0, 50);
  t.equal(service.pick(), "B");
  service.load("B", 1);
  service.load("A", 8);
  t.equal(service.pick(), "A");
});

t.test("fo picks the highest weight while it is usable", async (t) => {
  const service = new FakeService(fo).fill("A5", "B9", "C9", "D1");
  t.equal(service.picks(2), "C C");
  service.load("C", 1000);
  t.equal(service.pick(), "C");
  service.named("C").overloaded = true;
  t.equal(service.pick(), "B");
  service.edit("B", 0);
  t.equal(service.pick(), "A");
  service.remove("A");
  t.equal(service.pick(), "D");
  service.edit("D", 0);
  t.equal(service.pick(), "-");
});

t.test(
  "ovf picks the highest weight that has no more active connections than weight",
  async (t) => {
    const service = new FakeService(ovf).fill("A5", "B9", "C1");
    service.load("B", 9, 1000);
    t.equal(service.pick(), "B", "as many as its weight");
    service.load("B", 10);
    t.equal(service.pick(), "A", "one more");
    service.named("A").overloaded = true;
    t.equal(service.pick(), "C");
    service.load("C", 2);
    t.equal(service.pick(), "-");
  },
);
