import t from "tap";
import type { EngineState } from "../../../src/engine/engine-state.ts";
import { PeriodicJobs } from "../../../src/engine/periodic-jobs.ts";
import { SyncCounters } from "../../../src/engine/sync/sync-counters.ts";
import { SyncQueue } from "../../../src/engine/sync/sync-queue.ts";
import { SyncRecord } from "../../../src/wire/ipvs-sync.ts";

const TICKS = 100;

/** A queue whose host takes what the test says, and its time. */
function begin(maxLength: number, qlenMax = 100n) {
  const state = { now: 0, profile: { ticksPerSecond: TICKS }, sysctls: { sync_qlen_max: qlenMax } };
  const jobs = new PeriodicJobs(0);
  const counters = new SyncCounters();
  const sent: number[] = [];
  const host: { outcome: "sent" | "later" | "lost" } = { outcome: "sent" };
  const queue = new SyncQueue({
    state: state as unknown as EngineState,
    jobs,
    counters,
    syncId: 1,
    maxLength,
    sender: {
      send: (datagram) => {
        if (host.outcome === "sent") sent.push(datagram.length);
        return host.outcome;
      },
      close: () => {},
    },
  });
  const pass = (seconds: number) => {
    const end = state.now + seconds * TICKS;
    for (let next = jobs.nextDeadline(); next <= end; next = jobs.nextDeadline()) {
      state.now = next;
      jobs.advance(next);
      jobs.runDue();
    }
    state.now = end;
    jobs.advance(end);
  };
  const add = (count: number) => {
    for (; count > 0; count--) queue.add(1, new SyncRecord());
  };
  return { queue, counters, sent, host, pass, add };
}

t.test(
  "a message that grows is sent when it is two seconds old, a full one at once or soon",
  async (t) => {
    const { sent, pass, add } = begin(1472);
    add(2);
    pass(1.9);
    t.same(sent, []);
    pass(1.5);
    t.same(sent, [80]);
    add(41);
    pass(0.1);
    t.same(sent, [80, 1448], "20 ms after the next one was begun");
  },
);

t.test("eight messages do not wait", async (t) => {
  const { sent, add } = begin(44);
  add(8);
  t.same(sent, []);
  add(1);
  t.equal(sent.length, 8);
});

t.test(
  "what a busy host does not take is tried again, in its order; what it cannot send is lost",
  async (t) => {
    const { counters, sent, host, pass, add } = begin(80);
    host.outcome = "later";
    add(5);
    pass(1);
    t.same(counters.counts().sentMessages, 0);
    host.outcome = "sent";
    pass(0.1);
    t.same(sent, [80, 80]);
    host.outcome = "lost";
    pass(4);
    t.match(counters.counts(), { sentMessages: 2, lostMessages: 1, sentRecords: 5 });
  },
);

t.test("beyond sync_qlen_max messages are lost", async (t) => {
  const { counters, host, pass, add } = begin(44, 3n);
  host.outcome = "later";
  add(6);
  t.equal(counters.counts().lostMessages, 2);
  host.outcome = "sent";
  pass(4);
  t.equal(counters.counts().sentMessages, 4);
});

t.test("a header has room for 255 records", async (t) => {
  const { sent, pass, add } = begin(65507);
  add(256);
  pass(0.1);
  t.same(sent, [8 + 255 * 36]);
});

t.test("nothing is sent once it is closed", async (t) => {
  const { queue, sent, pass, add } = begin(1472);
  add(3);
  queue.close();
  pass(5);
  t.same(sent, []);
});
