import t from "tap";
import { StaticHost } from "../../dataplane/static-host.ts";
import type { Host } from "../../src/engine/host.ts";
import { serviceId } from "../../src/engine/shorthand.ts";
import { parseAddress } from "../../src/net/address.ts";
import { sctp, tcp, udp } from "../support/packet.ts";
import { VIP, Wire } from "./support.ts";

const PAGES = 1024;

/** A host whose free memory is what `memory.pages` says. */
function hostWith(memory: { pages: number }): Host {
  const host = new StaticHost({ addresses: [VIP, "192.168.10.1"].map(parseAddress) });
  return {
    route: (family, address) => host.route(family, address),
    isLocal: (family, address) => host.isLocal(family, address),
    freePages: () => memory.pages,
  };
}

function balanced(memory = { pages: PAGES * 10 }): Wire {
  const wire = new Wire({ host: hostWith(memory) });
  for (const protocol of ["tcp", "udp", "sctp"] as const) {
    wire.service(protocol, 80, { scheduler: "rr" });
    wire.server(protocol, 80, "192.168.10.11:80");
  }
  return wire;
}

const syn = (port: number) => tcp({ from: `10.1.2.3:${port}`, to: `${VIP}:80`, flags: "S" });
const ack = (port: number) => tcp({ from: `10.1.2.3:${port}`, to: `${VIP}:80`, flags: "A" });

t.test("drop_packet 3 drops the first new connection and then every am_droprate-th", async (t) => {
  const wire = balanced();
  wire.director.setSysctl("drop_packet", 3);
  const passed = Array.from({ length: 25 }, (_unused, n) => wire.send(syn(1000 + n)).length);
  const dropped = passed.flatMap((count, n) => (count === 0 ? [n] : []));
  t.same(dropped, [0, 10, 20]);
  t.equal(wire.director.counters().defence, 3);
  t.equal(wire.send(ack(1001)).length, 1, "packets of connections there are pass");

  wire.director.setSysctl("am_droprate", 0);
  wire.wait(2);
  t.equal(wire.send(syn(2000)).length, 1, "a rate of 0 drops none");
});

t.test("drop_packet 1 watches the memory, drops by how short it is, and stops again", async (t) => {
  const memory = { pages: PAGES * 10 };
  const wire = balanced(memory);
  wire.director.setSysctl("drop_packet", 1);
  t.equal(wire.director.sysctl("drop_packet"), "1");
  t.equal(wire.send(syn(1000)).length, 1);

  memory.pages = PAGES / 2;
  wire.wait(2);
  t.equal(wire.director.sysctl("drop_packet"), "2", "the variable says that it is on");
  // amemthresh / (amemthresh - pages) is 2: every second connection is dropped.
  const passed = Array.from({ length: 6 }, (_unused, n) => wire.send(syn(2000 + n)).length);
  t.same(passed, [1, 0, 1, 0, 1, 0]);

  memory.pages = PAGES;
  wire.wait(2);
  t.equal(wire.director.sysctl("drop_packet"), "1");
  t.equal(wire.send(syn(3000)).length, 1);
});

t.test("secure_tcp 1 follows TCP by the other table while memory is short", async (t) => {
  const memory = { pages: 1 };
  const wire = balanced(memory);
  wire.director.setSysctl("secure_tcp", 1);
  t.equal(wire.director.sysctl("secure_tcp"), "2", "at once");
  wire.send(syn(1000));
  t.equal([...wire.director.connections()][0]?.state, "SYNACK", "not SYN_RECV");
  memory.pages = PAGES * 10;
  wire.wait(2);
  wire.send(syn(1001));
  t.same([...wire.director.connections()].map(({ state }) => state).sort(), ["SYNACK", "SYN_RECV"]);
});

t.test("drop_entry ends half-open connections and spares those in use", async (t) => {
  const wire = balanced();
  for (let port = 1000; port < 1040; port++) wire.send(syn(port));
  for (let port = 2000; port < 2010; port++) {
    wire.send(syn(port));
    wire.send(ack(port));
  }
  const init = sctp({ from: "10.1.2.3:7", to: `${VIP}:80`, chunks: [1] });
  t.equal(wire.send(init).length, 1);
  wire.director.setSysctl("drop_entry", 3);
  // Half-open ones would live 60 s.
  wire.wait(50);
  const left = [...wire.director.connections()];
  const halfOpen = left.filter(({ state }) => state === "SYN_RECV" || state === "INIT1").length;
  t.ok(halfOpen < 30, `${halfOpen} of 41 half-open connections are left`);
  t.equal(left.filter(({ state }) => state === "ESTABLISHED").length, 10);
  const [destination] = wire.director.destinations(serviceId("tcp", `${VIP}:80`));
  t.equal(destination!.activeConnections, left.filter(({ protocol }) => protocol === 6).length);
});

t.test("drop_entry ends idle connections of few packets, the fewer the sooner", async (t) => {
  const wire = balanced();
  for (let port = 1000; port < 1100; port++) {
    wire.send(udp({ from: `10.1.2.3:${port}`, to: `${VIP}:80`, payload: "x" }));
  }
  for (let port = 2000; port < 2050; port++) {
    for (let packet = 0; packet < 9; packet++) {
      wire.send(udp({ from: `10.1.2.3:${port}`, to: `${VIP}:80`, payload: "x" }));
    }
  }
  wire.director.setSysctl("drop_entry", 3);
  wire.wait(59);
  t.equal(wire.director.connectionCount, 150, "none before a minute of rest");
  wire.wait(200);
  const ports = [...wire.director.connections()].map(({ clientPort }) => clientPort);
  t.equal(ports.filter((port) => port >= 2000).length, 50, "nine packets are many");
  t.ok(ports.length < 100, `${ports.length} of 150 are left`);
});

t.test("drop_entry takes templates that assure nobody, with their last connection", async (t) => {
  const wire = balanced();
  wire.director.editService(serviceId("tcp", `${VIP}:80`), {
    scheduler: "rr",
    flags: 1,
    timeout: 3600,
    netmask: 0xffffffff,
  });
  for (let host = 1; host <= 60; host++) {
    wire.send(tcp({ from: `10.1.2.${host}:1000`, to: `${VIP}:80`, flags: "S" }));
  }
  wire.send(tcp({ from: "10.1.3.1:1000", to: `${VIP}:80`, flags: "S" }));
  wire.send(tcp({ from: "10.1.3.1:1000", to: `${VIP}:80`, flags: "A" }));
  t.equal(wire.director.connectionCount, 122);
  wire.director.setSysctl("drop_entry", 3);
  wire.wait(55);
  const left = [...wire.director.connections()];
  t.ok(left.length < 80, `${left.length} of 122 are left`);
  t.equal(left.filter(({ state }) => state === "ASSURED").length, 1);
  t.equal(left.filter(({ state }) => state === "ESTABLISHED").length, 1);
});
