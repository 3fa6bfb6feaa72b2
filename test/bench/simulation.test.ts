/** Whole runs that are small enough to know what must come out. */
import t from "tap";
import { Simulation } from "../../src/bench/simulation.ts";
import { workloadSchema } from "../../src/bench/workload.ts";

/** Regular arrivals, ten a second, each lasting `mean` seconds, on three servers unless `changes` say otherwise. */
function workload(changes: Readonly<Record<string, unknown>>) {
  return workloadSchema.parse({
    connections: 300,
    warmup: 0,
    arrivals: { kind: "regular", rate: 10 },
    clients: { kind: "uniform", count: 1000 },
    durations: { kind: "fixed", mean: 1 },
    servers: [{ count: 3 }],
    disruptionClients: 300,
    ...changes,
  });
}

t.test("round robin gives three servers a third each", async (t) => {
  const { figures, servers } = new Simulation(workload({}), "rr").run();
  t.same(
    servers.map(({ connections }) => connections),
    [100, 100, 100],
  );
  t.match(figures, { maxOverAverage: 1, variation: 0, jain: 1, refused: 0, broken: 0 });
  t.equal(figures["slowdown.mean"], 1);
  t.equal(figures["latency.p99"], 1);
});

t.test("the same seed gives the same result, another one does not", async (t) => {
  const chance = { arrivals: { kind: "poisson", rate: 10 }, durations: { kind: "pareto" } };
  const first = new Simulation(workload(chance), "wlc").run();
  t.same(new Simulation(workload(chance), "wlc").run(), first);
  t.notSame(new Simulation(workload({ ...chance, seed: 2 }), "wlc").run(), first);
});

t.test("a removed server breaks the connections it has, and no other", async (t) => {
  const churn = [{ at: 20.05, action: "remove", server: 1 }];
  const { figures, events } = new Simulation(workload({ churn }), "rr").run();
  // Ten connections are open: 3 or 4 a server.
  t.equal(events[0]?.open, 10);
  t.ok([3, 4].includes(events[0]?.broken ?? 0), `${events[0]?.broken} broken`);
  t.equal(figures["broken.removed"], events[0]?.broken);
  t.equal(figures.broken, figures["broken.removed"]);
  t.equal(figures.leastMoved?.toFixed(9), (1 / 3).toFixed(9));
});

t.test("a drained server breaks none and gets none", async (t) => {
  const churn = [{ at: 10.05, action: "drain", server: 1 }];
  const { figures, servers } = new Simulation(workload({ churn }), "rr").run();
  t.equal(figures.broken, 0);
  t.ok((servers[1]?.connections ?? 0) <= 34, `${servers[1]?.connections} connections`);
});

t.test("a crashed server breaks what is sent to it until it is noticed", async (t) => {
  const churn = [{ at: 10.05, action: "crash", server: 1, detectAfter: 3 }];
  const { figures, events } = new Simulation(workload({ churn }), "rr").run();
  t.same(
    events.map(({ action }) => action),
    ["crash", "detect"],
  );
  // 3 s of ten connections a second, every third to it: 10 more than it had.
  t.equal(figures["broken.crashed"], (events[0]?.broken ?? 0) + 10);
});

t.test("a failover with mh and sloppy_tcp breaks none, without sloppy_tcp all", async (t) => {
  const churn = [{ at: 20.05, action: "failover" }];
  const sloppy = workload({ churn, variables: { sloppy_tcp: 1 } });
  t.equal(new Simulation(sloppy, "mh").run().figures.broken, 0);
  const strict = new Simulation(workload({ churn }), "mh").run();
  t.equal(strict.figures["broken.forgotten"], 10);
  t.equal(strict.figures.broken, 10);
});

t.test("a persistent service schedules a client once, a network once with a netmask", async (t) => {
  const clients = { kind: "uniform", count: 200, addresses: "dense" };
  const persistence = (netmask: number) => ({ clients, persistence: { timeout: 600, netmask } });
  const single = new Simulation(workload(persistence(32)), "rr").run().figures;
  const network = new Simulation(workload(persistence(24)), "rr").run().figures;
  t.equal(network.templates, 1, "200 addresses from .1 to .200 are one network");
  t.equal(network.persistenceHits, 299 / 300);
  t.equal(
    single.persistenceHits,
    (300 - (single.templates ?? 0)) / 300,
    "each template is one miss",
  );
});

t.test("a server that comes to least connections is flooded", async (t) => {
  const flooding = {
    connections: 2000,
    durations: { kind: "fixed", mean: 100 },
    servers: [{ count: 3 }, { spare: true }],
    churn: [{ at: "50%", action: "add", server: 3 }],
  };
  const { figures } = new Simulation(workload(flooding), "lc").run();
  t.ok((figures.flood ?? 0) > 1.5, `flood of ${figures.flood}`);
  t.equal(new Simulation(workload(flooding), "rr").run().figures.flood, 1);
});
