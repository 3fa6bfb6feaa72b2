import t, { type Test } from "tap";
import { DirectTransport } from "../../src/control/direct-transport.ts";
import { ExplainClient } from "../../src/control/explain-client.ts";
import { explainServices } from "../../src/control/explain-services.ts";
import { NetlinkServer } from "../../src/control/netlink-server.ts";
import { parseTraceFilter } from "../../src/control/trace-filter.ts";
import { packetOf } from "../../src/engine/explain/question.ts";
import { parseEndpoint } from "../../src/net/endpoint.ts";
import { TCP } from "../../src/net/protocol.ts";
import { VIP, Wire } from "../engine/support.ts";
import { tcp } from "../support/packet.ts";

const EPOCH = Date.UTC(2026, 0, 31, 12);

const question = (port = 1) =>
  packetOf({
    protocol: TCP,
    client: parseEndpoint(`10.7.0.1:${port}`),
    service: parseEndpoint(`${VIP}:80`),
  });

/** A director with many real servers, and who asks it by messages. */
function begin(servers: number) {
  const wire = new Wire();
  wire.service("tcp", 80, { scheduler: "rr" });
  for (let server = 0; server < servers; server++) {
    wire.server("tcp", 80, `192.168.${Math.floor(server / 250)}.${(server % 250) + 2}:80`);
  }
  const services = explainServices(wire.director, EPOCH);
  const transport = new DirectTransport(new NetlinkServer(wire.director, services));
  return { wire, client: new ExplainClient(transport) };
}

const refused = (t: Test, promise: Promise<unknown>, code: string) => t.rejects(promise, { code });

t.test("an explanation of any length comes whole", async (t) => {
  const { wire, client } = begin(1500);
  const explanation = await client.explain({ packet: question(), mark: 0 });
  t.same(explanation, wire.director.explain(question()));
  t.ok(JSON.stringify(explanation).length > 300_000, "in many messages");
  const marked = await client.explain({ packet: question(), mark: 4294967295 });
  t.equal(marked.packet.fwmark, 4294967295);
  await refused(t, client.explain({ packet: question().subarray(0, 30), mark: 0 }), "EINVAL");
});

t.test("a trace is read bit by bit, with the time people have", async (t) => {
  const { wire, client } = begin(300);
  const all = await client.startTrace({ limit: 4, candidates: true });
  const filtered = await client.startTrace({ client: "10.8.0.0/16", limit: 4, candidates: false });
  t.not(all, filtered);
  wire.wait(1.5);
  for (let port = 1; port <= 6; port++) {
    wire.send(tcp({ from: `10.7.0.1:${port}`, to: `${VIP}:80`, flags: "S" }));
  }
  const { records, lost } = await client.readTrace(all);
  t.equal(lost, 2);
  t.same(
    records.map(({ packet, time }) => `${packet.source.port} ${time}`),
    [1, 2, 3, 4].map((port) => `${port} 2026-01-31T12:00:01.500Z`),
  );
  t.ok(JSON.stringify(records).length > 200_000, "in many messages");
  t.same(await client.readTrace(all), { records: [], lost: 0 });
  t.same(await client.readTrace(filtered), { records: [], lost: 0 });
  await client.stopTrace(all);
  await refused(t, client.readTrace(all), "ENOENT");
  await refused(t, client.stopTrace(all), "ENOENT");
  wire.wait(16);
  await refused(t, client.readTrace(filtered), "ENOENT");
});

t.test("traces that make no sense or are too many are refused", async (t) => {
  const { client } = begin(1);
  const request = { limit: 1, candidates: false };
  await refused(t, client.startTrace({ ...request, limit: 0 }), "EINVAL");
  await refused(t, client.startTrace({ ...request, client: "somebody" }), "EINVAL");
  await refused(t, client.startTrace({ ...request, service: "0" }), "EINVAL");
  await refused(t, client.startTrace({ ...request, server: "10.0.0.1:x" }), "EINVAL");
  for (let trace = 0; trace < 8; trace++) await client.startTrace(request);
  await refused(t, client.startTrace(request), "EBUSY");
});

t.test("what a director does not offer is refused", async (t) => {
  const { wire } = begin(1);
  const client = new ExplainClient(new DirectTransport(new NetlinkServer(wire.director)));
  for (const asked of [
    client.explain({ packet: question(), mark: 0 }),
    client.startTrace({ limit: 1, candidates: false }),
    client.readTrace(1),
    client.startCapture("/tmp/x"),
    client.stopCapture(),
  ]) {
    await refused(t, asked, "EOPNOTSUPP");
  }
});

t.test("captures are started and stopped", async (t) => {
  const { wire } = begin(1);
  const started: string[] = [];
  const capture = {
    start: (path: string) => void started.push(path),
    stop: () => ({ path: started.at(-1)!, packets: 2 ** 40 }),
  };
  const client = new ExplainClient(
    new DirectTransport(new NetlinkServer(wire.director, { capture })),
  );
  const path = `/tmp/${"ä".repeat(2000)}`;
  await client.startCapture(path);
  t.same(started, [path]);
  t.same(await client.stopCapture(), { path, packets: 2 ** 40 });
});

t.test("filters are read as people write them", async (t) => {
  const words = (text: string) => parseEndpoint(text).address.words;
  t.same(parseTraceFilter({ server: "2001:db8::1" }).server, { address: words("[2001:db8::1]:0") });
  t.same(parseTraceFilter({ server: "[2001:db8::1]:80" }).server, {
    address: words("[2001:db8::1]:80"),
    port: 80,
  });
  t.same(parseTraceFilter({ service: "4294967295" }).service, { fwmark: 4294967295 });
  t.throws(() => parseTraceFilter({ service: "4294967296" }), /must be 1–4294967295/);
  t.throws(() => parseTraceFilter({ service: "192.0.2.1" }), /must be ADDRESS:PORT/);
  t.same(parseTraceFilter({}), { client: undefined, service: undefined, server: undefined });
});
