/**
 * The persistence engine `sip` in a director. Beside it the recordings `sip-*` hold it to a kernel.
 */
import t from "tap";
import { REASONS } from "../../../src/engine/verdict.ts";
import { SERVICE_FLAG } from "../../../src/wire/ipvs-objects.ts";
import { icmp, tcp, udp } from "../../support/packet.ts";
import { VIP, Wire } from "../support.ts";

const PORT = 5060;

/** A director with a service of two servers that tells clients by Call-ID alone. */
function wired(protocol: "tcp" | "udp" = "udp"): Wire {
  const wire = new Wire();
  wire.service(protocol, PORT, {
    scheduler: "rr",
    flags: SERVICE_FLAG.persistent,
    timeout: 60,
    netmask: 0,
    persistenceEngine: "sip",
  });
  for (const host of [11, 12]) {
    wire.server(protocol, PORT, `192.168.10.${host}:${PORT}`, { method: "masquerade" });
  }
  return wire;
}

function register(callId: string): string {
  return `REGISTER sip:x SIP/2.0\r\nCall-ID: ${callId}\r\n\r\n`;
}

/** Sends a message from a client's port and returns the last byte of the server chosen. */
function chosen(wire: Wire, port: number, callId: string): number | undefined {
  const from = `10.1.2.3:${port}`;
  const [sent] = wire.send(udp({ from, to: `${VIP}:${PORT}`, payload: register(callId) }));
  return sent?.packet[19];
}

function why(wire: Wire): string {
  return REASONS[wire.director.decision.reason]!;
}

t.test("messages of one Call-ID go to one server, those of many to all", async (t) => {
  const wire = wired();
  const servers = new Map<string, number | undefined>();
  for (let call = 0; call < 200; call++)
    servers.set(`c${call}@h`, chosen(wire, 2000 + call, `c${call}@h`));
  t.same(new Set(servers.values()), new Set([11, 12]));
  for (const [index, [callId, server]] of [...servers].entries()) {
    t.equal(chosen(wire, 3000 + index, callId), server);
  }
  t.equal(wire.director.connectionCount, 600, "a template for each Call-ID");
});

t.test("a packet without a Call-ID is refused", async (t) => {
  const wire = wired();
  t.same(wire.send(udp({ from: "10.1.2.3:1", to: `${VIP}:${PORT}`, payload: "hello" })), []);
  t.equal(why(wire), "engine-refused");
  t.same(wire.send(udp({ from: "10.1.2.3:1", to: `${VIP}:${PORT}` })), []);
  t.equal(why(wire), "engine-refused");
  const stream = wired("tcp");
  const flags = "S";
  t.same(
    stream.send(tcp({ from: "10.1.2.3:1", to: `${VIP}:${PORT}`, flags, payload: register("a") })),
    [],
  );
  t.equal(why(stream), "engine-refused", "nor is one of TCP taken");
});

t.test("what an ICMP error quotes is not read for a Call-ID", async (t) => {
  const wire = wired();
  wire.director.setSysctl("schedule_icmp", 1);
  const quoted = udp({ from: `${VIP}:${PORT}`, to: "10.1.2.3:1", payload: register("a") });
  t.same(wire.send(icmp({ from: "10.1.2.9", to: VIP, type: 3, code: 3, quoted })), []);
  t.equal(why(wire), "engine-refused");
});

t.test("a template's data goes with it, and its record serves another", async (t) => {
  const wire = wired();
  chosen(wire, 1, "first");
  wire.wait(1000);
  t.equal(wire.director.connectionCount, 0);
  wire.service("udp", 53, { scheduler: "rr", flags: SERVICE_FLAG.persistent, timeout: 60 });
  wire.server("udp", 53, "192.168.10.11:53", { method: "masquerade" });
  wire.send(udp({ from: "10.1.2.3:1", to: `${VIP}:53`, payload: "x" }));
  const listed = [...wire.director.connections()];
  t.equal(listed.length, 2);
  t.ok(listed.every(({ engineName, engineData }) => (engineName ?? engineData) === undefined));
});

t.test("templates of a service show what they are told by", async (t) => {
  const wire = wired();
  const payload = Buffer.from(register("caf\xe9@h"), "latin1");
  wire.send(udp({ from: "10.1.2.3:1", to: `${VIP}:${PORT}`, payload }));
  const [template] = [...wire.director.connections()].filter(({ clientPort }) => clientPort === 0);
  t.match(template, { engineName: "sip", engineData: "caf\xe9@h", state: "NONE" });
});

t.test("without the engine clients are told by address again", async (t) => {
  const wire = wired();
  chosen(wire, 1, "a");
  const { id, config } = wire.director.services()[0]!;
  wire.director.editService(id, { ...config, persistenceEngine: "" });
  const first = chosen(wire, 2, "a");
  t.equal(chosen(wire, 3, "b"), first);
  t.equal(chosen(wire, 4, "c"), first);
});
