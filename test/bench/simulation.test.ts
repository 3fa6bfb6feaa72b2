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

t.test("shares are told beside what they should be", async (t) => {
  const { servers } = new Simulation(workload({ servers: [{}, { weight: 3 }] }), "wrr").run();
  t.match(servers, [
    { connections: 75, share: 0.25, fairShare: 0.25 },
    { connections: 225, share: 0.75, fairShare: 0.75 },
  ]);
});

t.test("two connections on one core take three seconds instead of two", async (t) => {
  const { figures } = new Simulation(
    workload({
      connections: 2,
      arrivals: { kind: "regular", rate: 1 },
      durations: { kind: "fixed", mean: 2 },
      servers: [{ cores: 1 }],
    }),
    "rr",
  ).run();
  // The first has done 1 s when the second comes, and ends after 2 s at half speed; the second has 1 s left then.
  t.match(figures, {
    "latency.p50": 3,
    "latency.p90": 3,
    "latency.p99": 3,
    "latency.p99.9": 3,
    "slowdown.mean": 1.5,
    "slowdown.p99": 1.5,
  });
});

t.test("a failover with rr and sloppy_tcp moves those whose turn is another's", async (t) => {
  const churn = [{ at: 20.05, action: "failover" }];
  const variables = { sloppy_tcp: 1 };
  const two = workload({ churn, variables, servers: [{ count: 2 }] });
  const { figures, events } = new Simulation(two, "rr").run();
  t.equal(figures["broken.moved"], events[0]?.broken);
  t.equal(figures.broken, figures["broken.moved"]);
  const one = workload({ churn, variables, servers: [{ count: 1 }] });
  t.equal(new Simulation(one, "rr").run().figures.broken, 0, "there is nobody else");
});

t.test("who finds no server is refused", async (t) => {
  const { figures } = new Simulation(workload({ servers: [{ weight: 0 }] }), "rr").run();
  t.equal(figures.refused, 300);
  t.equal(figures.maxOverAverage, null);
  // Ten connections are open at a time, and one of two servers takes at most four.
  const full = workload({ servers: [{ upperThreshold: 4 }] });
  t.ok((new Simulation(full, "rr").run().figures.refused ?? 0) > 200);
});

t.test("several servers are removed at once, by chance", async (t) => {
  const removing = (seed: number) => {
    const churn = [{ at: 10.05, action: "remove", count: 3 }];
    const four = workload({ churn, seed, servers: [{ count: 4 }] });
    return new Simulation(four, "rr").run();
  };
  const { figures, servers } = removing(1);
  t.equal(figures.leastMoved, 0.75);
  t.equal(servers.filter(({ connections }) => connections > 50).length, 1);
  const left = [1, 2, 3, 4, 5, 6].map((seed) =>
    removing(seed).servers.findIndex(({ connections }) => connections > 50),
  );
  t.ok(new Set(left).size > 1, `left are ${left}`);
});

t.test("the table of mh gives three servers 1365, 1364 and 1364 of 4093 slots", async (t) => {
  const { figures } = new Simulation(workload({}), "mh").run();
  t.equal(figures.slots?.toFixed(9), (1365 / (4093 / 3)).toFixed(9));
});

t.test(
  "a director that was told of connections breaks those alone it was not told of yet",
  async (t) => {
    const failover = (changes: Readonly<Record<string, unknown>>) => {
      const churn = [20.05, 40.05].map((at) => ({ at, action: "failover" }));
      const durations = { kind: "fixed", mean: 10 };
      const { events } = new Simulation(
        workload({ connections: 500, churn, durations, synchronised: true, ...changes }),
        "rr",
      ).run();
      return events.map(({ broken }) => broken);
    };
    // Whether a message has grown for two seconds is looked at each second: at most those of three are not sent.
    for (const broken of failover({ firstPackets: 3 }))
      t.ok(broken > 0 && broken <= 30, `${broken}`);
    t.same(failover({ firstPackets: 2 }), [100, 100], "nothing is told before the third packet");
    t.same(failover({ firstPackets: 3, variables: { sync_threshold: "4 50" } }), [100, 100]);
    t.same(failover({ firstPackets: 3, synchronised: false }), [100, 100]);
  },
);

t.test("a director that stands by has the servers of the one that serves", async (t) => {
  const churn = [
    { at: 5.05, action: "remove", server: 0 },
    { at: 5.05, action: "drain", server: 1 },
    { at: 5.05, action: "add", server: 3 },
    { at: 10.05, action: "failover" },
  ];
  const servers = [{ count: 3 }, { spare: true }];
  const standby = workload({ churn, servers, synchronised: true, connections: 250 });
  const result = new Simulation(standby, "rr").run();
  const [first, second, third, fourth] = result.servers.map(({ connections }) => connections);
  t.ok(first! <= 17 && second! <= 17, `${first} and ${second} before they went`);
  t.equal(third! + fourth!, 250 - first! - second!);
  t.ok(Math.abs(third! - fourth!) <= 18, `${third} and ${fourth}`);
});
