import t from "tap";
import { mh } from "../../schedulers/mh.ts";
import { sipHash13 } from "../../src/base/hash.ts";
import { fold, formatAddress, ipv4Address, parseAddress } from "../../src/net/address.ts";
import { AH } from "../../src/net/protocol.ts";
import { FakeDestination, FakeService, tally } from "./support.ts";

const SLOTS = 4093;
const FALLBACK = 0x8;
const PORT = 0x10;

/** A client of each slot, in order. */
const CLIENTS = clientsBySlot();

function clientsBySlot(): readonly string[] {
  const bySlot = new Map<number, string>();
  for (let value = 0x0a000000; bySlot.size < SLOTS; value++) {
    const slot = sipHash13(2654435761, value) % SLOTS;
    if (!bySlot.has(slot)) bySlot.set(slot, formatAddress(ipv4Address(value)));
  }
  return Array.from({ length: SLOTS }, (_, slot) => bySlot.get(slot)!);
}

/** Returns whose each slot is. */
function table(service: FakeService): readonly string[] {
  return CLIENTS.map((client) => service.pick({ client }));
}

/** Returns a table's first 20 slots as one text. */
function start(slots: readonly string[]): string {
  return slots.slice(0, 20).join(" ");
}

t.test("mh with equal weights shares the table evenly", async (t) => {
  const slots = table(new FakeService(mh).fill("A1", "B1", "C1"));
  t.equal(start(slots), "A B B C C A B C C A A B B A A C B B A A");
  t.same(
    tally(slots),
    new Map([
      ["A", 1364],
      ["B", 1364],
      ["C", 1365],
    ]),
  );
});

t.test("mh gives as many turns as the weight over the divisor of all", async (t) => {
  const slots = table(new FakeService(mh).fill("A100", "B200", "C300"));
  t.equal(start(slots), "C B B C C C B C C A A B B B A C B C C A");
  t.same(
    tally(slots),
    new Map([
      ["C", 2047],
      ["B", 1364],
      ["A", 682],
    ]),
  );
});

t.test("mh scales high weights down, to one turn at least", async (t) => {
  const slots = table(new FakeService(mh).fill("A1", "B7", "C1000"));
  t.same(
    new Map([...tally(slots)].sort()),
    new Map([
      ["A", 63],
      ["B", 63],
      ["C", 3967],
    ]),
  );
});

t.test("mh takes start and step of a walk from address and port", async (t) => {
  const vectors: readonly [address: string, start: number, step: number][] = [
    ["10.0.0.1", 3167, 700],
    ["10.0.0.2", 1231, 3544],
    ["10.0.0.3", 1631, 3453],
    ["2001:db8::10", 1853, 2076],
  ];
  for (const [address, start, step] of vectors) {
    const key = 80 + fold(parseAddress(address).words);
    t.equal(sipHash13(2654435761, key) % SLOTS, start, address);
    t.equal((sipHash13(2654446892, key) % (SLOTS - 1)) + 1, step, address);
    // The older one claims second, and so has its own start unless the newer one's is the same.
    const service = new FakeService(mh, { family: address.includes(":") ? 6 : 4 });
    service.add(new FakeDestination("X", 1, { address }));
    service.add(new FakeDestination("A", 4092, { address: "10.200.0.1" }));
    service.edit("A", 1);
    t.equal(table(service)[start], "X", address);
  }
});

t.test("mh folds a destination's address as the service's family does", async (t) => {
  // Seen as IPv4 only the first word counts: 2001:db8::.
  const asFirstWord = new FakeService(mh, { family: 4 });
  const whole = new FakeService(mh, { family: 6 });
  for (const service of [asFirstWord, whole]) {
    service.add(new FakeDestination("X", 1, { address: "2001:db8::10" }));
    service.add(new FakeDestination("Y", 1, { address: "2001:db8:1::20" }));
  }
  const inPlace = new FakeService(mh, { family: 4 });
  inPlace.add(new FakeDestination("X", 1, { address: "32.1.13.184" }));
  inPlace.add(new FakeDestination("Y", 1, { address: "32.1.13.184" }));
  t.same(table(asFirstWord), table(inPlace));
  t.notSame(table(asFirstWord), table(whole));
});

t.test("mh finds the slot of a client", async (t) => {
  const service = new FakeService(mh).fill("A1", "B1", "C1");
  t.equal(service.pick({ client: "192.168.1.100" }), "B");
  t.equal(service.pick({ client: "192.168.1.101" }), "C");
  t.equal(service.pick({ client: "203.0.113.7" }), "C");
  const slotOf = (client: string) =>
    sipHash13(2654435761, fold(parseAddress(client).words)) % SLOTS;
  t.equal(slotOf("192.168.1.100"), 1341);
  t.equal(slotOf("192.168.1.101"), 881);
  t.equal(slotOf("203.0.113.7"), 1705);
});

t.test("mh-port adds the port where the protocol has ports", async (t) => {
  const plain = new FakeService(mh).fill("A1", "B1", "C1");
  const service = new FakeService(mh, { flags: PORT }).fill("A1", "B1", "C1");
  const packet = { client: "203.0.113.7", clientPort: 40000 };
  t.equal(sipHash13(2654435761, 0xcb007107 + 40000) % SLOTS, 2964);
  t.equal(service.pick(packet), "C");
  t.equal(table(plain)[2964], "C");
  const ports = Array.from({ length: 100 }, (_, index) => index);
  const picks = (protocol: number) =>
    ports.map((clientPort) => service.pick({ ...packet, clientPort, protocol }));
  t.equal(tally(picks(6)).size, 3);
  t.same(tally(picks(AH)), new Map([["C", 100]]));
});

t.test("mh has nobody in place of a destination that is not usable", async (t) => {
  const service = new FakeService(mh).fill("A1", "B1", "C1");
  const before = table(service);
  service.edit("A", 0);
  service.named("B").overloaded = true;
  t.same(
    table(service),
    before.map((name) => (name === "C" ? "C" : "-")),
    "and no client of the usable one moves",
  );
});

t.test("mh-fallback tries slots that follow from the client and a running number", async (t) => {
  const service = new FakeService(mh, { flags: FALLBACK }).fill("A1", "B1", "C1");
  const before = table(service);
  const vectors: readonly [client: string, slot: number, first: number, second: number][] = [
    ["192.168.1.100", 1341, 2215, 2066],
    ["192.168.1.101", 881, 77, 3508],
  ];
  for (const [client, slot, first, second] of vectors) {
    const at = (turn: number) =>
      sipHash13(2654435761, fold(parseAddress(client).words) + turn) % SLOTS;
    t.same([at(0), at(slot), at(slot + 1)], [slot, first, second], client);
    const owner = service.named(before[slot]!);
    owner.overloaded = true;
    const expected = [first, second].map((at) => before[at]!).find((name) => name !== owner.name);
    t.equal(service.pick({ client }), expected, client);
    owner.overloaded = false;
  }
});

t.test("mh-fallback gives up after all slots", async (t) => {
  const service = new FakeService(mh, { flags: FALLBACK }).fill("A1", "B1");
  for (const destination of service.destinations) destination.overloaded = true;
  t.equal(service.pick(), "-");
  service.named("A").overloaded = false;
  t.equal(service.pick(), "A");
});

t.test("mh knows a destination added with weight 0 only once it has had a weight", async (t) => {
  const service = new FakeService(mh).fill("A0", "B0");
  t.same(tally(table(service)), new Map([["-", SLOTS]]));
  service.edit("A", 5);
  t.same(tally(table(service)), new Map([["A", SLOTS]]));
  service.edit("B", 5);
  service.edit("A", 0);
  const counts = tally(table(service));
  t.equal(counts.get("-"), 2046, "A keeps its slots");
  t.equal(counts.get("B"), 2047);
});

t.test("mh forgets the last weight of a destination that comes back with weight 0", async (t) => {
  const service = new FakeService(mh).fill("A5", "B5");
  service.edit("A", 0);
  t.same(tally(table(service)).get("-"), 2046);
  service.add(service.remove("A"));
  t.same(tally(table(service)), new Map([["B", SLOTS]]));
});

t.test("mh moves few clients when a destination goes", async (t) => {
  const service = new FakeService(mh).fill("A1", "B1", "C1", "D1", "E1");
  const before = table(service);
  service.remove("C");
  const after = table(service);
  const moved = before.filter((name, slot) => name !== "C" && name !== after[slot]).length;
  t.ok(moved < SLOTS / 10, `${moved} of ${SLOTS} slots moved without need`);
});

t.test("mh keeps its table when there are more destinations than slots", async (t) => {
  const service = new FakeService(mh).fill("A1");
  const many = Array.from(
    { length: SLOTS },
    (_, index) => new FakeDestination("Z", 1, { address: formatAddress(ipv4Address(index)) }),
  );
  for (const destination of many.slice(1)) service.add(destination);
  t.ok(table(service).includes("A"));
  const before = table(service);
  service.add(many[0]!);
  t.same(table(service), before);
  service.edit("Z", 2);
  t.same(table(service), before, "an edit changes nothing then");
  service.remove("A");
  t.notSame(table(service), before, "but a removal does");
});

t.test("mh makes the table in time before there are too many destinations for it", async (t) => {
  const asked = new FakeService(mh).fill("A1");
  const unasked = new FakeService(mh).fill("A1");
  for (let index = 0; index < SLOTS; index++) {
    const address = formatAddress(ipv4Address(index));
    asked.add(new FakeDestination("Z", 1 + (index % 3), { address }));
    unasked.add(new FakeDestination("Z", 1 + (index % 3), { address }));
    if (index === SLOTS - 2) asked.pick();
  }
  t.same(table(unasked), table(asked));
});
