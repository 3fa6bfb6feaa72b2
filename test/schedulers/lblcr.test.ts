import t from "tap";
import { lblcr } from "../../schedulers/lblcr.ts";
import { formatAddress, ipv4Address } from "../../src/net/address.ts";
import { FakeService, TICKS_PER_SECOND } from "./support.ts";

const MINUTE = 60 * TICKS_PER_SECOND;

/** Returns a service with expiration after ten minutes. */
function serviceOf(...entries: readonly string[]): FakeService {
  return new FakeService(lblcr, { expiration: 10 * MINUTE }).fill(...entries);
}

/** Makes the set of the usual address {A, B}, A the newest member; all loads are then 0. */
function withSetOfTwo(): FakeService {
  const service = serviceOf("A4", "B4");
  service.pick();
  service.load("B", 5);
  service.pick();
  service.load("B", 0);
  return service;
}

t.test("lblcr picks the same again for an address, else the least loaded", async (t) => {
  const service = serviceOf("A1", "B1");
  t.equal(service.pick({ destination: "10.9.0.1" }), "B");
  service.load("B", 1);
  t.equal(service.pick({ destination: "10.9.0.1" }), "B");
  t.equal(service.pick({ destination: "10.9.0.2" }), "A");
});

t.test("lblcr gives an address whose server is overwhelmed one more", async (t) => {
  const service = serviceOf("A4", "B4", "C4");
  t.equal(service.pick(), "C");
  service.load("C", 5);
  service.load("B", 2);
  service.load("A", 1);
  t.equal(service.pick(), "A");
  service.load("B", 0);
  t.equal(service.pick(), "A", "the least loaded member");
  service.load("A", 4);
  t.equal(service.pick(), "A", "not overwhelmed");
  service.load("C", 3);
  t.equal(service.pick(), "C", "still a member");
});

t.test("lblcr gives a tie to the member that joined last", async (t) => {
  t.equal(withSetOfTwo().pick(), "A", "although B is first in list order");
});

t.test("lblcr passes over members that are overloaded, of weight 0 or removed", async (t) => {
  const changes: readonly ((service: FakeService) => void)[] = [
    (service) => {
      service.named("A").overloaded = true;
    },
    (service) => service.edit("A", 0),
    (service) => service.remove("A"),
  ];
  for (const change of changes) {
    const service = withSetOfTwo();
    change(service);
    service.fill("C9");
    t.equal(service.pick(), "B");
  }
});

t.test("lblcr picks from the service when no member is usable, and adds it", async (t) => {
  const service = serviceOf("A1", "B1");
  t.equal(service.pick(), "B");
  service.named("B").overloaded = true;
  t.equal(service.pick(), "A");
  service.named("B").overloaded = false;
  t.equal(service.pick(), "A", "the newest member");
  service.load("A", 1);
  t.equal(service.pick(), "B");
  for (const destination of service.destinations) destination.overloaded = true;
  t.equal(service.pick(), "-");
});

t.test(
  "lblcr drops the most loaded member of a set long unchanged, after it served once more",
  async (t) => {
    const service = withSetOfTwo();
    service.now = 10 * MINUTE;
    service.load("A", 1);
    t.equal(service.pick(), "B");
    service.load("A", 0);
    service.load("B", 1);
    t.equal(service.pick(), "A", "a member while the set is not older than the expiration time");
    service.now++;
    service.load("A", 1);
    service.load("B", 0);
    t.equal(service.pick(), "B", "A leaves");
    service.load("A", 0);
    service.load("B", 1);
    t.equal(service.pick(), "B");
  },
);

t.test("lblcr may drop the very member it picks", async (t) => {
  const service = withSetOfTwo();
  service.now = 10 * MINUTE + 1;
  service.load("A", 1);
  service.named("B").overloaded = true;
  service.load("B", 0);
  t.equal(service.pick(), "A", "the only usable member, and the most loaded");
  service.named("B").overloaded = false;
  service.load("B", 3);
  t.equal(service.pick(), "B", "A has left");
});

t.test("lblcr drops one member a period, and never the last", async (t) => {
  const service = serviceOf("A4", "B4", "C4");
  service.pick();
  service.load("C", 5);
  service.pick();
  service.load("B", 5);
  service.pick();
  service.load("B", 2);
  service.load("C", 3);
  service.load("A", 1);
  const least = () => service.pick();
  service.now = 11 * MINUTE;
  t.equal(least(), "A");
  service.now = 12 * MINUTE;
  t.equal(least(), "A");
  service.load("A", 4);
  service.load("C", 0);
  t.equal(least(), "B", "only C has left");
  service.now = 22 * MINUTE;
  t.equal(least(), "B", "now A leaves");
  service.now = 40 * MINUTE;
  service.load("A", 0);
  t.equal(least(), "B");
});

t.test("lblcr never drops a member of weight 0 as the most loaded", async (t) => {
  const service = withSetOfTwo();
  service.now = 10 * MINUTE + 1;
  service.edit("A", 0);
  service.load("A", 100);
  service.fill("C9");
  t.equal(service.pick(), "B", "B leaves as the only one of a weight");
  t.equal(service.pick(), "C");
});

t.test("lblcr knows a removed member again when it is back", async (t) => {
  const service = withSetOfTwo();
  const removed = service.remove("A");
  t.equal(service.pick(), "B");
  service.add(removed);
  t.equal(service.pick(), "A");
});

t.test("lblcr tells whom it remembers, so that the removed among them are kept", async (t) => {
  const service = withSetOfTwo();
  service.remove("A");
  t.same(service.remembered(), ["A", "B"]);
});

t.test(
  "lblcr forgets what was unused for the expiration time, at the next 30th minute",
  async (t) => {
    const service = serviceOf("A1", "B1");
    const [used, unused] = [{ destination: "10.9.0.1" }, { destination: "10.9.0.2" }];
    t.equal(service.pick(used), "B");
    t.equal(service.pick(unused), "B");
    service.load("B", 1);
    service.passMinutes(29);
    t.equal(service.pick(used), "B");
    service.passMinutes(1);
    t.equal(service.pick(used), "B");
    t.equal(service.pick(unused), "A");
  },
);

t.test("lblcr remembers no more than the limit, but goes on picking", async (t) => {
  const service = new FakeService(lblcr, { cacheLimit: 10 }).fill("A1", "B1");
  const destination = (index: number) => formatAddress(ipv4Address(0x0a090000 + index));
  for (let index = 0; index < 12; index++) {
    t.equal(service.pick({ destination: destination(index) }), "B");
  }
  service.load("B", 1);
  t.equal(service.pick({ destination: destination(9) }), "B");
  t.equal(service.pick({ destination: destination(10) }), "A");
});
