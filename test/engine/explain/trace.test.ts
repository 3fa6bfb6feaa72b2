import t from "tap";
import type { TraceFilter, TraceRecord } from "../../../src/engine/explain/trace.ts";
import { parseAddress } from "../../../src/net/address.ts";
import { parsePrefix } from "../../../src/net/prefix.ts";
import { tcp, udp } from "../../support/packet.ts";
import { VIP, Wire } from "../support.ts";

function wired(): Wire {
  const wire = new Wire();
  wire.service("tcp", 80, { scheduler: "rr" });
  wire.server("tcp", 80, "192.168.10.11:80", { method: "masquerade" });
  wire.server("tcp", 80, "192.168.10.12:80", { method: "masquerade" });
  wire.service("udp", 53, { scheduler: "twos" });
  wire.server("udp", 53, "192.168.10.13:53");
  return wire;
}

const syn = (port: number, client = "10.7.0.1") =>
  tcp({ from: `${client}:${port}`, to: `${VIP}:80`, flags: "S" });

function follow(wire: Wire, filter: TraceFilter = {}, limit = 1000) {
  return wire.director.trace({ filter, limit, candidates: true });
}

const told = ({ packet, outcome }: TraceRecord) =>
  `${packet.source.port} ${outcome.connection} ${outcome.reason} ${outcome.server?.address}`;

t.test("a trace tells how each packet was decided, and by which steps", async (t) => {
  const wire = wired();
  const trace = follow(wire);
  wire.send(syn(1));
  wire.send(syn(1));
  wire.send(tcp({ from: "192.168.10.12:80", to: "10.7.0.1:1", flags: "SA" }));
  wire.send(udp({ from: "10.7.0.1:2", to: `${VIP}:53` }));
  wire.send(tcp({ from: "10.7.0.1:3", to: `${VIP}:80`, flags: "A" }));
  const { records, lost } = trace.take();
  t.equal(lost, 0);
  t.same(records.map(told), [
    "1 new request 192.168.10.12",
    "1 existing request 192.168.10.12",
    "80 existing reply 192.168.10.12",
    "2 new request 192.168.10.13",
    "3 none no-connection undefined",
  ]);
  t.same(
    records[0]!.steps.map(({ step }) => step),
    ["connection", "beginning", "service", "scheduler", "forwarding"],
  );
  t.match(records[0]!.outcome.sent, { destination: { address: "192.168.10.12", port: 80 } });
  t.match(records[2]!.outcome.sent, { source: { address: VIP, port: 80 } });
  t.same(trace.take(), { records: [], lost: 0 });
});

t.test("a trace follows what its filter lets pass", async (t) => {
  const wire = wired();
  const filters: readonly [filter: TraceFilter, ports: string][] = [
    [{}, "1 2 3 4"],
    [{ client: parsePrefix("10.7.0.2/32") }, "2"],
    [{ service: { address: parseAddress(VIP).words, port: 53 } }, "3"],
    [{ service: { address: parseAddress(VIP).words, port: 99 } }, "4"],
    [{ service: { fwmark: 1 } }, ""],
    [{ server: { address: parseAddress("192.168.10.11").words } }, "2"],
    [{ server: { address: parseAddress("192.168.10.11").words, port: 81 } }, ""],
    [
      {
        client: parsePrefix("10.7.0.0/16"),
        server: { address: parseAddress("192.168.10.13").words },
      },
      "3",
    ],
  ];
  const traces = filters.map(([filter]) => follow(wire, filter));
  wire.send(syn(1));
  wire.send(syn(2, "10.7.0.2"));
  wire.send(udp({ from: "10.7.0.1:3", to: `${VIP}:53` }));
  wire.send(tcp({ from: "10.7.0.1:4", to: `${VIP}:99`, flags: "S" }));
  for (const [index, trace] of traces.entries()) {
    const ports = trace.take().records.map(({ packet }) => packet.source.port);
    t.equal(ports.join(" "), filters[index]![1], JSON.stringify(filters[index]![0]));
  }
});

t.test("a trace makes no more records a second than wanted, and counts the others", async (t) => {
  const wire = wired();
  const trace = follow(wire, {}, 3);
  for (let port = 1; port <= 10; port++) wire.send(syn(port));
  t.match(trace.take(), { lost: 7, records: { length: 3 } });
  wire.wait(1);
  wire.send(syn(11));
  t.match(trace.take(), { lost: 0, records: { length: 1 } });
});

t.test("a trace keeps 1024 records at most", async (t) => {
  const wire = wired();
  const trace = follow(wire, {}, 100000);
  for (let port = 1; port <= 1100; port++) wire.send(syn(port));
  t.match(trace.take(), { lost: 76, records: { length: 1024 } });
});

t.test("a trace nobody takes from ends, and a closed one tells nothing more", async (t) => {
  const wire = wired();
  const forgotten = follow(wire);
  const kept = follow(wire);
  wire.send(syn(1));
  wire.wait(10);
  t.equal(kept.take().records.length, 1);
  wire.wait(10);
  t.equal(forgotten.hasEnded, true);
  wire.send(syn(2));
  t.equal(forgotten.take().records.length, 0);
  t.equal(kept.take().records.length, 1);
  kept.close();
  wire.send(syn(3));
  t.equal(kept.take().records.length, 0);
  t.equal(kept.hasEnded, true);
});

t.test("packets are decided as if nobody followed them", async (t) => {
  const [followed, alone] = [wired(), wired()];
  follow(followed);
  for (let port = 1; port <= 50; port++) {
    const packet = port % 3 === 0 ? udp({ from: `10.7.0.1:${port}`, to: `${VIP}:53` }) : syn(port);
    t.same(followed.send(packet), alone.send(packet));
  }
  t.same(followed.director.counters(), alone.director.counters());
});
