import t from "tap";
import { lblc } from "../../schedulers/lblc.ts";
import { formatAddress, ipv4Address } from "../../src/net/address.ts";
import { FakeService, TICKS_PER_SECOND } from "./support.ts";

const MINUTE = 60 * TICKS_PER_SECOND;

t.test("lblc picks the same again for an address, else the least loaded", async (t) => {
  const service = new FakeService(lblc).fill("A1", "B1");
  t.equal(service.pick({ destination: "10.9.0.1" }), "B");
  service.load("B", 1);
  t.equal(service.pick({ destination: "10.9.0.1" }), "B");
  t.equal(service.pick({ destination: "10.9.0.2" }), "A");
  service.load("A", 0);
  service.load("B", 0);
  t.equal(service.pick({ destination: "10.9.0.2" }), "A");
  t.equal(service.pick({ destination: "2001:db8::2" }), "B", "another address");
});

t.test("lblc looks at nothing of the client", async (t) => {
  const service = new FakeService(lblc).fill("A1", "B1");
  t.equal(service.pick({ client: "192.168.1.1" }), "B");
  service.load("B", 1);
  t.equal(service.pick({ client: "192.168.1.2", clientPort: 7 }), "B");
});

t.test(
  "lblc leaves an overwhelmed destination only for a service with one half idle",
  async (t) => {
    const service = new FakeService(lblc).fill("A4", "B4");
    t.equal(service.pick(), "B");
    service.load("B", 5);
    service.load("A", 2);
    t.equal(service.pick(), "B", "A has half of its weight");
    service.load("A", 1);
    service.load("B", 4);
    t.equal(service.pick(), "B", "B has no more than its weight");
    service.load("B", 5);
    t.equal(service.pick(), "A");
    service.load("B", 0);
    t.equal(service.pick(), "A", "the cache has changed its mind");
  },
);

t.test("lblc counts a half idle destination that nobody may pick", async (t) => {
  const service = new FakeService(lblc).fill("A2", "B4", "C1");
  t.equal(service.pick(), "C");
  service.edit("A", 2);
  service.load("A", 2);
  service.load("C", 2);
  service.named("B").overloaded = true;
  t.equal(service.pick(), "A", "B is half idle, so C is left, but B cannot be picked");
});

t.test("lblc picks a remembered destination in spite of overload, not of weight 0", async (t) => {
  const service = new FakeService(lblc).fill("A1", "B1");
  t.equal(service.pick(), "B");
  service.named("B").overloaded = true;
  t.equal(service.pick(), "B");
  t.equal(service.pick({ destination: "10.9.0.2" }), "A");
  service.edit("B", 0);
  t.equal(service.pick(), "A");
});

t.test("lblc keeps an entry when nobody can take its place", async (t) => {
  const service = new FakeService(lblc).fill("A1");
  t.equal(service.pick(), "A");
  service.edit("A", 0);
  t.equal(service.pick(), "-");
  service.edit("A", 1);
  service.fill("B1");
  t.equal(service.pick(), "A");
});

t.test("lblc passes over a removed destination, and knows it again when it is back", async (t) => {
  const service = new FakeService(lblc).fill("A1", "B1");
  t.equal(service.pick({ destination: "10.9.0.1" }), "B");
  t.equal(service.pick({ destination: "10.9.0.2" }), "B");
  const removed = service.remove("B");
  t.equal(service.pick({ destination: "10.9.0.1" }), "A");
  service.add(removed);
  service.load("B", 1);
  t.equal(service.pick({ destination: "10.9.0.1" }), "A", "the entry has been replaced");
  t.equal(service.pick({ destination: "10.9.0.2" }), "B", "the entry has not been asked for");
});

t.test("lblc tells whom it remembers, so that the removed among them are kept", async (t) => {
  const service = new FakeService(lblc).fill("A1", "B1");
  t.same(service.remembered(), []);
  service.pick({ destination: "10.9.0.1" });
  service.pick({ destination: "10.9.0.2" });
  service.remove("B");
  t.same(service.remembered(), ["B"]);
  service.pick({ destination: "10.9.0.1" });
  t.same(service.remembered(), ["A", "B"]);
});

t.test(
  "lblc forgets what was unused for the expiration time, at the next 30th minute",
  async (t) => {
    const service = new FakeService(lblc, { expiration: 10 * MINUTE }).fill("A1", "B1");
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

t.test("lblc remembers no more than the limit, but goes on picking", async (t) => {
  const service = new FakeService(lblc, { cacheLimit: 10 }).fill("A1", "B1");
  const destination = (index: number) => formatAddress(ipv4Address(0x0a090000 + index));
  for (let index = 0; index < 12; index++) {
    t.equal(service.pick({ destination: destination(index) }), "B");
  }
  service.load("B", 1);
  t.equal(service.pick({ destination: destination(9) }), "B");
  t.equal(service.pick({ destination: destination(10) }), "A");
  service.edit("B", 0);
  t.equal(service.pick({ destination: destination(9) }), "A");
  service.edit("B", 1);
  service.load("B", 0);
  t.equal(service.pick({ destination: destination(9) }), "A", "replaced in the full cache");
});
