import t from "tap";
import { udp } from "../support/packet.ts";
import { VIP, Wire } from "./support.ts";

const FIRST_PORT = 10_000;

/** A director with UDP connections from `count` ports of one client. */
function connected(count: number): Wire {
  const wire = new Wire();
  wire.service("udp", 80, { scheduler: "rr" });
  wire.server("udp", 80, "192.168.10.11:80");
  for (let port = 0; port < count; port++) connect(wire, FIRST_PORT + port);
  return wire;
}

function connect(wire: Wire, port: number): void {
  wire.send(udp({ from: `10.1.2.3:${port}`, to: `${VIP}:80`, payload: "x" }));
}

t.test("connections() gives each connection once", async (t) => {
  const ports = [...connected(3000).director.connections()].map(({ clientPort }) => clientPort);
  t.equal(ports.length, 3000);
  t.equal(new Set(ports).size, 3000);
});

t.test("connections() ends and repeats none while connections come", async (t) => {
  const wire = connected(100);
  const seen = new Set<number>();
  let count = 0;
  for (const { clientPort } of wire.director.connections()) {
    count++;
    seen.add(clientPort);
    // More come than are taken, and the table grows meanwhile.
    if (count > 1000) continue;
    for (let more = 0; more < 30; more++) connect(wire, 2 * FIRST_PORT + count * 30 + more);
  }
  t.equal(seen.size, count);
  for (let port = 0; port < 100; port++) t.ok(seen.has(FIRST_PORT + port), `port ${port}`);
});

t.test("connections() passes over those that have ended meanwhile", async (t) => {
  const wire = connected(100);
  const connections = wire.director.connections();
  t.equal(connections.next().done, false);
  wire.wait(1000);
  t.equal(wire.director.connectionCount, 0);
  t.equal(connections.next().done, true);
});
