import fc from "fast-check";
import t, { type Test } from "tap";
import { schedulers } from "../../schedulers/index.ts";
import type { ScheduleExplanation, SchedulerModule } from "../../src/engine/scheduler.ts";
import { formatAddress, ipv4Address } from "../../src/net/address.ts";
import { FakeDestination, type FakeRequestOptions, FakeService, tally } from "./support.ts";

/** Schedulers that may pick an overloaded destination, and why. */
const IGNORE_OVERLOAD = new Map([
  ["lblc", "an entry of its cache is used without a look at the overload flag"],
]);

/** Schedulers that may pick nobody although somebody is usable, and why. */
const MAY_REFUSE = new Map([
  ["dh", "the bucket's destination has no substitute"],
  ["sh", "without sh-fallback the bucket's destination has no substitute"],
  ["mh", "without mh-fallback the slot's destination has no substitute"],
  ["ovf", "destinations with more active connections than weight are left out"],
]);

/** One thing that happens to a service. */
type Event =
  | { readonly kind: "add"; readonly name: string; readonly weight: number }
  | { readonly kind: "return"; readonly name: string }
  | { readonly kind: "remove"; readonly name: string }
  | { readonly kind: "edit"; readonly name: string; readonly weight: number }
  | { readonly kind: "overload"; readonly name: string; readonly overloaded: boolean }
  | { readonly kind: "load"; readonly name: string; readonly active: number; readonly idle: number }
  | { readonly kind: "minutes"; readonly minutes: number }
  | { readonly kind: "packet"; readonly packet: FakeRequestOptions };

const name = fc.constantFrom(..."ABCDEFGH");
const weight = fc.oneof(fc.nat({ max: 9 }), fc.nat({ max: 70000 }));
const packet = fc.record({
  client: fc.nat({ max: 50 }).map((host) => formatAddress(ipv4Address(0xc0a80000 + host))),
  clientPort: fc.nat({ max: 65535 }),
  destination: fc.nat({ max: 5 }).map((host) => formatAddress(ipv4Address(0x0a090000 + host))),
});
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("add"), name, weight }) },
  fc.record({ kind: fc.constant("return"), name }),
  fc.record({ kind: fc.constant("remove"), name }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("edit"), name, weight }) },
  fc.record({ kind: fc.constant("overload"), name, overloaded: fc.boolean() }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("load"),
      name,
      active: fc.nat({ max: 20 }),
      idle: fc.nat({ max: 2000 }),
    }),
  },
  fc.record({ kind: fc.constant("minutes"), minutes: fc.nat({ max: 40 }) }),
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("packet"), packet }) },
);

/** What a service did for one packet. */
interface Choice {
  readonly picked: FakeDestination | undefined;
  /** What the scheduler said before. */
  readonly expected: FakeDestination | "by-chance" | undefined;
  readonly explained: ScheduleExplanation<FakeDestination>;
  readonly service: FakeService;
}

const NOTHING_SAID: ScheduleExplanation<FakeDestination> = {
  choice: undefined,
  basis: "nobody-usable",
  figures: {},
  candidates: [],
};

/** Plays events to a new service, and shows each choice to `look` before the next event. */
function play(
  module: SchedulerModule,
  flags: number,
  events: readonly Event[],
  look: (choice: Choice) => void,
  asked = true,
): void {
  const service = new FakeService(module, { flags, seed: 7, expiration: 1000, cacheLimit: 4 });
  const removed = new Map<string, FakeDestination>();
  for (const event of events) {
    if (event.kind === "packet") {
      const expected = asked ? service.peekFor(event.packet) : undefined;
      const explained = asked ? service.explainFor(event.packet) : NOTHING_SAID;
      look({ picked: service.scheduleFor(event.packet), expected, explained, service });
    } else if (event.kind === "minutes") {
      service.passMinutes(event.minutes);
    } else {
      change(service, removed, event);
    }
  }
}

function change(
  service: FakeService,
  removed: Map<string, FakeDestination>,
  event: Exclude<Event, { kind: "packet" | "minutes" }>,
): void {
  const present = service.destinations.find((destination) => destination.name === event.name);
  if (present === undefined) {
    if (event.kind === "add") service.add(new FakeDestination(event.name, event.weight));
    const former = removed.get(event.name);
    if (event.kind === "return" && former !== undefined) service.add(former);
    if (event.kind === "add" || event.kind === "return") removed.delete(event.name);
  } else if (event.kind === "remove") {
    removed.set(event.name, service.remove(event.name));
  } else if (event.kind === "edit") {
    service.edit(event.name, event.weight);
  } else if (event.kind === "overload") {
    present.overloaded = event.overloaded;
  } else if (event.kind === "load") {
    service.load(event.name, event.active, event.idle);
  }
}

/** Returns the names picked for a list of events. */
function picksOf(module: SchedulerModule, flags: number, events: readonly Event[]): string[] {
  const names: string[] = [];
  play(module, flags, events, ({ picked }) => names.push(picked?.name ?? "-"));
  return names;
}

/** Asserts a law, or that the exception stated for this scheduler is one. */
function holds<Values>(
  t: Test,
  law: string,
  exception: string | undefined,
  property: fc.IProperty<Values>,
): void {
  if (exception === undefined) {
    t.test(law, async () => fc.assert(property));
    return;
  }
  t.test(`not so: ${law} (${exception})`, async (t) => {
    t.ok(fc.check(property, { numRuns: 2000, seed: 1 }).failed);
  });
}

const flags = fc.constantFrom(0, 0x8, 0x10, 0x18);
const events = fc.array(event, { minLength: 1, maxLength: 80 });

for (const module of schedulers.values()) {
  t.test(`${module.name} picks only from the list, and never weight 0`, async (t) => {
    fc.assert(
      fc.property(flags, events, (flags, events) => {
        play(module, flags, events, ({ picked, service }) => {
          if (picked === undefined) return;
          t.ok(service.destinations.includes(picked) && picked.available && picked.weight > 0);
        });
        return t.passing();
      }),
    );
  });

  holds(
    t,
    `${module.name} never picks an overloaded destination`,
    IGNORE_OVERLOAD.get(module.name),
    fc.property(flags, events, (flags, events) => {
      let usable = true;
      play(module, flags, events, ({ picked }) => {
        usable &&= picked === undefined || picked.usable;
      });
      return usable;
    }),
  );

  holds(
    t,
    `${module.name} picks somebody while somebody is usable`,
    MAY_REFUSE.get(module.name),
    fc.property(flags, events, (flags, events) => {
      let served = true;
      play(module, flags, events, ({ picked, service }) => {
        const possible = service.destinations.some(({ usable }) => usable);
        served &&= picked !== undefined || !possible;
      });
      return served;
    }),
  );

  t.test(`${module.name} picks nobody from nobody`, async (t) => {
    const service = new FakeService(module);
    t.equal(service.pick(), "-");
    service.fill("A0", "B0");
    t.equal(service.pick(), "-");
    service.remove("A");
    service.remove("B");
    t.equal(service.pick(), "-");
    service.fill("C1");
    t.equal(service.pick(), "C", "and from one that one");
  });

  t.test(`${module.name} says beforehand whom it will pick, and why not the others`, async (t) => {
    fc.assert(
      fc.property(flags, events, (flags, events) => {
        play(module, flags, events, ({ picked, expected, explained, service }) => {
          const { choice, basis, candidates } = explained;
          if (expected === "by-chance") {
            const pickable = candidates.filter(({ standing }) => standing === "by-chance");
            t.ok(picked !== undefined && basis === "chance" && choice === undefined);
            t.ok(pickable.some(({ destination }) => destination === picked));
          } else {
            t.ok(expected === picked && choice === picked);
            t.equal(/^nobody|^hashed-unusable/.test(basis), picked === undefined);
          }
          t.same(
            candidates.map(({ destination }) => destination.name),
            service.destinations.map(({ name }) => name),
          );
          for (const { destination, standing } of candidates) {
            t.equal(standing === "chosen", destination === choice);
            if (standing === "weight-0") t.equal(destination.weight, 0);
            if (standing === "overloaded") t.ok(destination.overloaded);
            if (standing !== "chosen" && standing !== "weight-0" && standing !== "overloaded") {
              t.ok(destination.usable);
            }
          }
        });
        return t.passing();
      }),
      { numRuns: 60 },
    );
  });

  t.test(`${module.name} picks the same whether it is asked for reasons or not`, async () => {
    fc.assert(
      fc.property(flags, events, (flags, events) => {
        const asked = picksOf(module, flags, events);
        const unasked: string[] = [];
        play(module, flags, events, ({ picked }) => unasked.push(picked?.name ?? "-"), false);
        return asked.join() === unasked.join();
      }),
      { numRuns: 60 },
    );
  });

  t.test(`${module.name} repeats itself for the same events and seed`, async () => {
    fc.assert(
      fc.property(flags, events, (flags, events) => {
        const first = picksOf(module, flags, events);
        const second = picksOf(module, flags, events);
        return first.every((name, index) => name === second[index]);
      }),
      { numRuns: 40 },
    );
  });

  t.test(`${module.name} keeps nothing in common between services`, async (t) => {
    const alone = new FakeService(module, { seed: 3 }).fill("A2", "B3", "C1");
    const service = new FakeService(module, { seed: 3 }).fill("A2", "B3", "C1");
    const neighbour = new FakeService(module, { seed: 9 }).fill("D7", "E1");
    for (let turn = 0; turn < 30; turn++) {
      const packet = { client: `192.168.1.${turn}`, destination: `10.9.0.${turn % 7}` };
      neighbour.pick(packet);
      t.equal(service.pick(packet), alone.pick(packet));
    }
  });
}

for (const name of ["rr", "wrr"]) {
  t.test(`${name} is fair over whole cycles`, async () => {
    const weights = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(weights, (weights) => {
        const service = new FakeService(schedulers.get(name)!);
        service.fill(...weights.map((weight, index) => `${"ABCDEFGH"[index]}${weight}`));
        // A scheduler bound anew starts a whole cycle.
        service.rebind(schedulers.get(name)!);
        const cycle = name === "rr" ? weights.length : weights.reduce((sum, next) => sum + next, 0);
        const counts = tally(service.picks(2 * cycle).split(" "));
        return weights.every((weight, index) => {
          return counts.get("ABCDEFGH"[index]!) === 2 * (name === "rr" ? 1 : weight);
        });
      }),
    );
  });
}

/** Loads by which the plainest form of a rule compares, as fractions of big integers. */
const LOADS: Readonly<Record<string, (d: FakeDestination) => readonly [bigint, bigint]>> = {
  lc: (d) => [BigInt(d.overhead), 1n],
  wlc: (d) => [BigInt(d.overhead), BigInt(d.weight)],
  sed: (d) => [BigInt(d.activeConnections) + 1n, BigInt(d.weight)],
  nq: (d) => [d.activeConnections === 0 ? 0n : BigInt(d.activeConnections) + 1n, BigInt(d.weight)],
};

for (const [name, load] of Object.entries(LOADS)) {
  t.test(`${name} picks the first of those with the least load`, async () => {
    const destination = fc.record({
      weight: fc.oneof(fc.nat({ max: 5 }), fc.nat()),
      overloaded: fc.boolean(),
      active: fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 8000000 })),
      idle: fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 90000000 })),
    });
    fc.assert(
      fc.property(fc.array(destination, { maxLength: 20 }), (entries) => {
        const service = new FakeService(schedulers.get(name)!);
        for (const { weight, overloaded, active, idle } of entries) {
          const added = service.add(new FakeDestination("A", weight));
          added.overloaded = overloaded;
          added.activeConnections = active;
          added.totalConnections = active + idle;
        }
        const usable = service.destinations.filter((destination) => destination.usable);
        const least = usable.find((candidate) =>
          usable.every((other) => {
            const [a, v] = load(candidate);
            const [b, w] = load(other);
            return a * w <= b * v;
          }),
        );
        return service.scheduleFor({}) === least;
      }),
      { numRuns: 300 },
    );
  });
}

for (const [name, flags] of [
  ["sh", 0],
  ["sh", 0x8],
  ["dh", 0],
  ["mh", 0],
  ["mh", 0x8],
] as const) {
  t.test(`${name} with flags ${flags} sends a packet where its like went before`, async () => {
    const service = new FakeService(schedulers.get(name)!, { flags });
    service.fill("A3", "B1", "C2", "D5");
    service.edit("C", 0);
    fc.assert(
      fc.property(packet, packet, (packet, other) => {
        const first = service.pick(packet);
        service.pick(other);
        service.load("A", 3);
        // The port is not hashed unless asked for; nor does sh look at the destination, or dh at the client.
        const like =
          name === "dh"
            ? { ...packet, client: other.client }
            : { ...packet, destination: other.destination };
        return service.pick({ ...like, clientPort: other.clientPort }) === first;
      }),
    );
  });
}
