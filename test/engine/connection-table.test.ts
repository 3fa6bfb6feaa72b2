import fc from "fast-check";
import t from "tap";
import {
  CONNECTION_FLAG,
  type ConnectionSeed,
  NO_CONNECTION,
} from "../../src/engine/connection-records.ts";
import { ConnectionTable } from "../../src/engine/connection-table.ts";
import { heapGrowth, NOTHING } from "../support/heap-growth.ts";

const TCP = 6;

function words(...values: number[]): Uint32Array {
  return Uint32Array.from([0, 1, 2, 3], (index) => values[index] ?? 0);
}

function seed(changes: Partial<ConnectionSeed> = {}): ConnectionSeed {
  return {
    family: 4,
    destinationFamily: 4,
    protocol: TCP,
    clientAddress: words(0x0a010203),
    clientPort: 40000,
    virtualAddress: words(0x0a000064),
    virtualPort: 80,
    destinationAddress: words(0xc0a80a0b),
    destinationPort: 8080,
    flags: CONNECTION_FLAG.inactive,
    mark: 0,
    ...changes,
  };
}

/** All that a walk through a table comes by. */
function walked(table: ConnectionTable): readonly number[] {
  const walk = table.walk();
  const handles: number[] = [];
  for (let handle = walk.next(); handle !== NO_CONNECTION; handle = walk.next())
    handles.push(handle);
  return handles;
}

function forward(table: ConnectionTable, of: ConnectionSeed): number {
  return table.findForward(
    of.family,
    of.protocol,
    of.clientAddress,
    of.clientPort,
    of.virtualAddress,
    of.virtualPort,
  );
}

t.test(
  "a connection is found from the client's side once inserted, and no more once removed",
  async (t) => {
    const table = new ConnectionTable(1);
    const handle = table.create(seed());
    t.equal(forward(table, seed()), NO_CONNECTION);
    table.insert(handle);
    t.equal(forward(table, seed()), handle);
    t.equal(forward(table, seed({ clientPort: 40001 })), NO_CONNECTION);
    t.equal(forward(table, seed({ virtualPort: 81 })), NO_CONNECTION);
    t.equal(forward(table, seed({ protocol: 17 })), NO_CONNECTION);
    table.remove(handle);
    t.equal(forward(table, seed()), NO_CONNECTION);
    t.equal(table.size, 0);
  },
);

t.test(
  "a reply is matched by the real server where masqueraded, by the virtual address else",
  async (t) => {
    const table = new ConnectionTable(1);
    const nat = table.create(seed());
    table.insert(nat);
    const client = words(0x0a010203);
    t.equal(table.findReverse(4, TCP, words(0xc0a80a0b), 8080, client, 40000), nat);
    t.equal(table.findReverse(4, TCP, words(0x0a000064), 80, client, 40000), NO_CONNECTION);
    const routed = table.create(seed({ clientPort: 40001, flags: CONNECTION_FLAG.inactive | 3 }));
    table.insert(routed);
    t.equal(table.findReverse(4, TCP, words(0x0a000064), 80, client, 40001), routed);
    t.equal(table.findReverse(4, TCP, words(0xc0a80a0b), 8080, client, 40001), NO_CONNECTION);
  },
);

t.test("the newest of two equal connections is found", async (t) => {
  const table = new ConnectionTable(7);
  const older = table.create(seed());
  const newer = table.create(seed());
  table.insert(older);
  table.insert(newer);
  t.equal(forward(table, seed()), newer);
  table.remove(newer);
  t.equal(forward(table, seed()), older);
});

t.test("a template is found by its group only, and not once it is invalid", async (t) => {
  const table = new ConnectionTable(1);
  const group = words(0x0a010200);
  const template = table.create(
    seed({ clientAddress: group, clientPort: 0, flags: CONNECTION_FLAG.template }),
  );
  table.insert(template);
  t.equal(table.findTemplate(4, TCP, group, words(0x0a000064), 80), template);
  t.equal(forward(table, seed({ clientAddress: group, clientPort: 0 })), NO_CONNECTION);
  table.invalidateTemplate(template);
  t.equal(table.findTemplate(4, TCP, group, words(0x0a000064), 80), NO_CONNECTION);
  t.same([table.virtualPort(template), table.destinationPort(template)], [0xffff, 0xffff]);
});

t.test("source port 0 matches only a connection that waits for its client's port", async (t) => {
  const table = new ConnectionTable(1);
  const ordinary = table.create(seed({ clientPort: 0 }));
  table.insert(ordinary);
  t.equal(forward(table, seed({ clientPort: 0 })), NO_CONNECTION);
  const waiting = table.create(seed({ clientPort: 0, flags: CONNECTION_FLAG.noClientPort }));
  table.insert(waiting);
  t.equal(forward(table, seed({ clientPort: 5555 })), waiting, "any port finds it");
  table.setClientPort(waiting, 5555);
  t.equal(forward(table, seed({ clientPort: 5555 })), waiting);
  t.equal(forward(table, seed({ clientPort: 5556 })), NO_CONNECTION);
});

t.test("every field keeps what it was given", async (t) => {
  fc.assert(
    fc.property(
      fc.record({
        family: fc.constantFrom(4 as const, 6 as const),
        destinationFamily: fc.constantFrom(4 as const, 6 as const),
        protocol: fc.nat(255),
        clientPort: fc.nat(65535),
        virtualPort: fc.nat(65535),
        destinationPort: fc.nat(65535),
        flags: fc.nat(0xfffff),
        mark: fc.nat(0xffffffff),
      }),
      fc.tuple(fc.nat(4095), fc.nat(0xffffffff), fc.nat(9)),
      (made, [state, timeout, packets]) => {
        const table = new ConnectionTable(3);
        const handle = table.create(seed(made));
        table.setState(handle, state);
        table.setTimeoutTicks(handle, timeout);
        for (let packet = 0; packet < packets; packet++) table.countPacket(handle);
        t.same(
          {
            family: table.family(handle),
            destinationFamily: table.destinationFamily(handle),
            protocol: table.protocol(handle),
            clientPort: table.clientPort(handle),
            virtualPort: table.virtualPort(handle),
            destinationPort: table.destinationPort(handle),
            flags: table.flags(handle),
            mark: table.mark(handle),
          },
          made,
        );
        t.same(
          [table.state(handle), table.timeout(handle), table.packets(handle)],
          [state, timeout, packets],
        );
      },
    ),
    { numRuns: 50 },
  );
});

t.test("growing and shrinking loses and invents nothing", async (t) => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.infiniteStream(fc.nat(19999)), (hashSeed, choices) => {
      const table = new ConnectionTable(hashSeed);
      const known = new Map<number, number>();
      const at = (number: number) =>
        seed({ clientAddress: words(0x0a000000 + (number >>> 3)), clientPort: 1024 + number });
      for (let step = 0; step < 12000; step++) {
        const number = choices.next().value as number;
        const handle = known.get(number);
        if (handle === undefined) {
          const made = table.create(at(number));
          table.insert(made);
          known.set(number, made);
        } else if (step % 3 === 0) {
          table.remove(handle);
          table.release(handle);
          known.delete(number);
        }
      }
      const listed = new Set(walked(table));
      return (
        table.size === known.size &&
        listed.size === known.size &&
        [...known].every(
          ([number, handle]) => listed.has(handle) && forward(table, at(number)) === handle,
        )
      );
    }),
    { numRuns: 5 },
  );
  t.pass("held for random histories");
});

t.test("300,000 connections are found in both directions by words as by addresses", async (t) => {
  const table = new ConnectionTable(1);
  const virtual = 0x0a000064;
  const server = 0xc0a80a0b | 0;
  const clientOf = (index: number) => 0x0b000000 + (index >>> 3);
  const portOf = (index: number) => 2000 + (index & 7);
  const count = 300_000;
  for (let index = 0; index < count; index++) {
    const clientAddress = words(clientOf(index));
    table.insert(table.create(seed({ clientAddress, clientPort: portOf(index) })));
  }
  t.equal(table.size, count);
  let wrong = 0;
  for (let index = 0; index < count; index++) {
    const client = clientOf(index);
    const port = portOf(index);
    const asked = table.plain.request(TCP, client, virtual, (port << 16) | 80);
    const answered = table.plain.reply(TCP, server, client, (8080 << 16) | port);
    const found = forward(table, seed({ clientAddress: words(client), clientPort: port }));
    if (found === NO_CONNECTION || asked !== found || answered !== found) wrong++;
    if (table.plain.reply(TCP, server, client, (8081 << 16) | port) !== NO_CONNECTION) wrong++;
    if (table.plain.request(TCP, client, virtual, (port << 16) | 81) !== NO_CONNECTION) wrong++;
  }
  t.equal(wrong, 0);
});

t.test("walk() lets the connection at hand be removed", async (t) => {
  const table = new ConnectionTable(1);
  for (let port = 1; port <= 3000; port++) table.insert(table.create(seed({ clientPort: port })));
  let seen = 0;
  const walk = table.walk();
  for (let handle = walk.next(); handle !== NO_CONNECTION; handle = walk.next()) {
    seen++;
    table.remove(handle);
    table.release(handle);
  }
  t.equal(seen, 3000);
  t.equal(table.size, 0);
});

t.test("walk() yields what stays once, whatever comes, goes and grows meanwhile", async (t) => {
  fc.assert(
    fc.property(
      fc.nat(0xffffffff),
      fc.integer({ min: 1, max: 3000 }),
      fc.infiniteStream(fc.tuple(fc.nat(9), fc.nat(0xffff))),
      (hashSeed, before, choices) => {
        const table = new ConnectionTable(hashSeed);
        const handles: number[] = [];
        let made = 0;
        const make = () => {
          const address = words(0x0a000000 + (made >>> 10));
          const handle = table.create(seed({ clientAddress: address, clientPort: made++ & 1023 }));
          table.insert(handle);
          handles.push(handle);
        };
        while (made < before) make();
        const staying = new Set(handles);
        const times = new Map<number, number>();
        // Splits come before the walk begins and in the middle of it, and past a doubling.
        const walk = table.walk();
        for (let handle = walk.next(); handle !== NO_CONNECTION; handle = walk.next()) {
          times.set(handle, (times.get(handle) ?? 0) + 1);
          const [more, victim] = choices.next().value as [number, number];
          if (made < 12000) for (let count = 0; count < more; count++) make();
          if (more % 2 === 0) continue;
          const [gone] = handles.splice(victim % handles.length, 1);
          if (gone === undefined) continue;
          table.remove(gone);
          table.release(gone);
          staying.delete(gone);
        }
        return [...staying].every((handle) => times.get(handle) === 1);
      },
    ),
    { numRuns: 20 },
  );
  t.pass("held for random histories");
});

t.test("a walk through a hundred thousand connections leaves the heap as it was", async (t) => {
  const table = new ConnectionTable(1);
  const count = 100_000;
  for (let made = 0; made < count; made++) {
    const clientAddress = words(0x0a000000 + (made >>> 10));
    table.insert(table.create(seed({ clientAddress, clientPort: made & 1023 })));
  }
  const walkThrough = (): number => {
    const walk = table.walk();
    let seen = 0;
    while (walk.next() !== NO_CONNECTION) seen++;
    return seen;
  };
  // Until all is compiled.
  for (let times = 0; times < 5; times++) t.equal(walkThrough(), count);
  const grown = await heapGrowth(walkThrough);
  t.ok(grown !== undefined && grown < NOTHING, `grew by ${grown} bytes`);
});
