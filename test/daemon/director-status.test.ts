import fc from "fast-check";
import t from "tap";
import {
  type DirectorStatus,
  statusItems,
  statusOfItems,
} from "../../src/daemon/director-status.ts";

const count = fc.nat(Number.MAX_SAFE_INTEGER);
const text = fc.string({ maxLength: 60 });
const counts = fc.dictionary(fc.stringMatching(/^[a-z-]{1,30}$/), count);

const plain = {
  pid: count,
  uptime: count,
  socket: text,
  device: text,
  deviceKind: text,
  profile: text,
  variables: fc.uniqueArray(fc.record({ name: fc.stringMatching(/^[a-z_]{1,30}$/), value: text }), {
    selector: ({ name }) => name,
  }),
  services: count,
  destinations: count,
  connections: count,
  packets: counts,
  accepts: counts,
  drops: counts,
  synchronisation: counts,
};
const status: fc.Arbitrary<DirectorStatus> = fc.oneof(
  fc.record(plain),
  fc.record({ ...plain, fault: text }),
  fc.record({ ...plain, capture: text }),
);

t.test("a status told item by item is the same status", async (t) => {
  fc.assert(
    fc.property(status, (told) => {
      t.same(statusOfItems(statusItems(told)), told);
    }),
    { numRuns: 50 },
  );
});

t.test("a text too long for an item is cut between characters", async (t) => {
  const [told] = fc.sample(status, { numRuns: 1, seed: 1 });
  const fault = "ä".repeat(200);
  const items = [...statusItems({ ...told!, fault })];
  t.equal(items.at(-1)?.name, "fault");
  t.equal(items.at(-1)?.value, "ä".repeat(127));
});

t.test("items unknown are ignored, and those missing empty", async (t) => {
  const status = statusOfItems([
    { name: "pid", value: 7n },
    { name: "mood", value: "good" },
  ]);
  t.equal(status.pid, 7);
  t.equal(status.services, 0);
  t.equal(status.socket, "");
  t.same(status.accepts, {});
  t.same(status.drops, {});
  t.notOk("fault" in status);
});
