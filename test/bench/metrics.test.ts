/** Every metric on a case small enough to be computed by hand. */
import t from "tap";
import { nsPerChoice } from "../../src/bench/choice-cost.ts";
import { Clients } from "../../src/bench/clients.ts";
import { Balance, evenness } from "../../src/bench/metrics/balance.ts";
import { leastMoved, mapping, moved } from "../../src/bench/metrics/disruption.ts";
import { FloodWatch } from "../../src/bench/metrics/flood.ts";
import { Imbalance } from "../../src/bench/metrics/imbalance.ts";
import { Quantiles } from "../../src/bench/metrics/quantiles.ts";
import type { Member } from "../../src/bench/pool.ts";
import { ServerQueues } from "../../src/bench/server-queues.ts";
import { Stream } from "../../src/bench/stream.ts";
import { estimate } from "../../src/bench/summary.ts";
import { serverSpecs, workloadSchema } from "../../src/bench/workload.ts";

t.test("evenness of 1, 2 and 3 is max/avg 1.5, variation 0.408 and Jain 36/42", async (t) => {
  const { maxOverAverage, variation, jain } = evenness([1, 2, 3]);
  t.equal(maxOverAverage, 1.5);
  t.equal(variation.toFixed(6), (Math.sqrt(2 / 3) / 2).toFixed(6));
  t.equal(jain.toFixed(9), (36 / 42).toFixed(9));
});

t.test("Jain's index is 1/n where one of n gets all", async (t) => {
  t.equal(evenness([0, 8, 0, 0]).jain, 0.25);
});

t.test("balance judges servers by their weight", async (t) => {
  const balance = new Balance(2);
  balance.setWeights([1, 3]);
  for (const server of [0, 1, 1, 1, 0, 1, 1, 1]) balance.choose(server);
  t.same([...balance.fair()], [2, 6]);
  t.equal(balance.evenness().maxOverAverage, 1);
  t.equal(balance.fairShare(1), 0.75);
});

t.test("balance judges servers by the time they were in service", async (t) => {
  const balance = new Balance(2);
  balance.setWeights([1, 0]);
  for (let each = 0; each < 4; each++) balance.choose(0);
  balance.setWeights([1, 1]);
  for (const server of [0, 1, 1, 1]) balance.choose(server);
  t.same([...balance.chosen], [5, 3]);
  t.same([...balance.fair()], [6, 2]);
  // Ratios are 5/6 and 3/2: their mean is 7/6, the larger over it 9/7.
  t.equal(balance.evenness().maxOverAverage.toFixed(9), (9 / 7).toFixed(9));
});

t.test("imbalance is weighted with time and leaves out moments without connections", async (t) => {
  const imbalance = new Imbalance(2);
  imbalance.setWeights([1, 1], 0);
  imbalance.start(0);
  imbalance.change(0, 1, 10); // 10 s of nothing
  imbalance.change(1, 1, 12); // 2 s of (1, 0): 100 %
  imbalance.change(0, 1, 15); // 3 s of (1, 1): 0 %
  imbalance.change(0, -1, 18); // 3 s of (2, 1): 2 over 1.5, 33.3 %
  imbalance.stop(20); // 2 s of (1, 1): 0 %
  t.equal(imbalance.average.toFixed(9), ((2 * 1 + 3 * (1 / 3)) / 10).toFixed(9));
});

t.test("imbalance takes load by weight", async (t) => {
  const imbalance = new Imbalance(2);
  imbalance.setWeights([1, 3], 0);
  imbalance.start(0);
  for (const server of [0, 1, 1, 1]) imbalance.change(server, 1, 0);
  imbalance.change(0, 1, 1); // 1 s of (1, 3): even
  imbalance.stop(2); // 1 s of (2, 3): 2 over 5/4, 60 %
  t.equal(imbalance.average.toFixed(9), (0.3).toFixed(9));
});

t.test("imbalance over the average in whole connections", async (t) => {
  const imbalance = new Imbalance(2, true);
  imbalance.setWeights([1, 1], 0);
  imbalance.start(0);
  for (const server of [0, 0, 1]) imbalance.change(server, 1, 0);
  imbalance.stop(1); // 2 over 1.5, rounded down to 1
  t.equal(imbalance.average, 1);
});

t.test("a choice takes the time of the best of three rounds, over 100,000", async (t) => {
  const { workload } = pool([1, 1]);
  // Rounds of 3, 1 and 2 ms.
  const times = [0, 3, 3, 4, 4, 6];
  t.equal(
    nsPerChoice(workload, "rr", () => times.shift()!),
    10,
  );
  t.same(times, []);
  for (const name of ["mh", "lblcr", "twos"]) t.ok(nsPerChoice(workload, name) > 0, name);
});

t.test("quantiles are by nearest rank", async (t) => {
  const quantiles = new Quantiles(1000);
  for (let value = 1000; value >= 1; value--) quantiles.add(value);
  t.same(
    [0.5, 0.9, 0.99, 0.999, 1].map((q) => quantiles.at(q)),
    [500, 900, 990, 999, 1000],
  );
  t.equal(quantiles.mean, 500.5);
});

t.test("a flood is what a server gets over its fair part, of 200 connections", async (t) => {
  const watch = new FloodWatch(2, 0.25);
  for (let each = 0; each < 100; each++) watch.choose(2);
  for (let each = 0; each < 100; each++) watch.choose(0);
  for (let each = 0; each < 100; each++) watch.choose(2);
  t.equal(watch.ratio, 2);
});

function pool(weights: readonly number[]) {
  const workload = workloadSchema.parse({
    arrivals: { kind: "regular", rate: 10 },
    clients: { kind: "uniform", count: 100 },
    durations: { kind: "fixed" },
    servers: weights.map((weight) => ({ weight })),
  });
  const members: Member[] = serverSpecs(workload).map((spec) => ({ spec, weight: spec.weight }));
  return { workload, members };
}

t.test("the least that has to move is half of what the shares change by", async (t) => {
  const { members } = pool([1, 1, 2]);
  t.equal(leastMoved(members, members.slice(0, 2)), 0.5, "a server of half the weight goes");
  t.equal(leastMoved(members.slice(0, 2), members), 0.5, "and comes");
  const heavier = members.map((each, at) => (at === 0 ? { ...each, weight: 4 } : each));
  // From 1/4, 1/4, 2/4 to 4/7, 1/7, 2/7: server 0 gains 9/28.
  t.equal(leastMoved(members, heavier).toFixed(9), (9 / 28).toFixed(9));
});

t.test("what moves is counted client by client: round robin keeps its turns", async (t) => {
  const { workload, members } = pool([1, 1, 1]);
  const clients = new Clients(workload.clients, new Stream(1, 2));
  const before = mapping(workload, "rr", members, clients, 6);
  const after = mapping(workload, "rr", members.slice(0, 2), clients, 6);
  // The newest comes first, as in the kernel: 2 1 0 2 1 0, then 1 0 1 0 1 0.
  t.same([...before], [2, 1, 0, 2, 1, 0]);
  t.same([...after], [1, 0, 1, 0, 1, 0]);
  t.equal(moved(before, after), 4 / 6);
});

t.test("servers share their cores: two jobs on one core take turns", async (t) => {
  const queues = new ServerQueues([{ cores: 1, speed: 1 }]);
  queues.push(0, 7, 2, 0); // alone for 1 s: 1 s of work left
  queues.push(0, 8, 3, 1); // then both at half speed
  t.equal(queues.deadline, 3);
  t.equal(queues.pop(), 7);
  // Job 8 had 1 s of work done by then, and the core for itself from then on.
  t.equal(queues.deadline, 5);
  t.equal(queues.pop(), 8);
  t.equal(queues.deadline, Number.POSITIVE_INFINITY);
});

t.test("a server with cores to spare gives each job its speed", async (t) => {
  const queues = new ServerQueues([
    { cores: 2, speed: 2 },
    { cores: Number.POSITIVE_INFINITY, speed: 1 },
  ]);
  queues.push(0, 1, 4, 0);
  queues.push(0, 2, 6, 0);
  queues.push(1, 3, 2.5, 0);
  t.same([queues.deadline, queues.pop()], [2, 1]);
  t.same([queues.deadline, queues.pop()], [2.5, 3]);
  queues.remove(0, 2, 2.75);
  t.equal(queues.deadline, Number.POSITIVE_INFINITY);
});

t.test("an interval of 95 % goes by Student's t", async (t) => {
  // Mean 2, standard deviation 1, t of two degrees of freedom 4.303.
  const { mean, interval } = estimate([1, 2, 3]);
  t.equal(mean, 2);
  t.equal(interval?.toFixed(6), (4.303 / Math.sqrt(3)).toFixed(6));
  t.same(estimate([5]), { mean: 5, interval: null });
  t.same(estimate([5, null]), { mean: null, interval: null });
});
