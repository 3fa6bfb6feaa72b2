/**
 * Which ports and buffers daemons have, which connection is told of by which port, and a director that only
 * listens.
 */
import t from "tap";
import { StaticHost } from "../../../dataplane/static-host.ts";
import { IpvsError } from "../../../src/base/error.ts";
import type { MulticastEnd } from "../../../src/engine/host.ts";
import { parseAddress } from "../../../src/net/address.ts";
import type { DaemonConfig, DaemonRole } from "../../../src/wire/ipvs-objects.ts";
import { icmp, tcp, udp } from "../../support/packet.ts";
import { VIP, Wire } from "../support.ts";

const SERVER = "192.168.10.11";
const OUTSIDE = "203.0.113.1";

/** A host that notes which groups are opened, and carries what is sent to one of its ports to whoever hears it. */
class GroupHost extends StaticHost {
  readonly opened: string[] = [];
  readonly sent: number[] = [];
  /** A port that cannot be had. */
  refused = 0;
  closed = 0;
  readonly #takers = new Map<number, (datagram: Uint8Array) => void>();

  constructor() {
    super({
      addresses: [parseAddress(VIP)],
      interfaces: new Map([["eth0", { up: true, mtu: 1500 }]]),
    });
  }

  openMulticastSender(end: MulticastEnd) {
    this.#refuse(end);
    this.opened.push(`sends ${end.port} ${end.bufferSize}`);
    return {
      send: (datagram: Uint8Array) => {
        this.sent.push(end.port);
        this.#takers.get(end.port)?.(datagram);
        return "sent" as const;
      },
      close: () => void this.closed++,
    };
  }

  openMulticastReceiver(end: MulticastEnd, take: (datagram: Uint8Array) => void) {
    this.#refuse(end);
    this.opened.push(`hears ${end.port} ${end.bufferSize}`);
    this.#takers.set(end.port, take);
    const close = () => {
      this.#takers.delete(end.port);
      this.closed++;
    };
    return { close };
  }

  #refuse({ port }: MulticastEnd): void {
    if (port === this.refused) throw new IpvsError("EADDRINUSE", `Port ${port} is taken`);
  }
}

function begin(host = new GroupHost()) {
  const wire = new Wire({ host });
  wire.service("udp", 53, { scheduler: "rr" });
  wire.server("udp", 53, `${SERVER}:53`, { method: "masquerade" });
  const start = (role: DaemonRole, changes: Partial<DaemonConfig> = {}) =>
    wire.director.startDaemon({ role, interfaceName: "eth0", syncId: 0, ...changes });
  return { host, wire, start, director: wire.director };
}

const ask = (port: number) => udp({ from: `${OUTSIDE}:${port}`, to: `${VIP}:53` });

t.test("a daemon uses as many ports as there were to be when the first was started", async (t) => {
  const { host, director, start } = begin();
  director.setSysctl("sync_ports", 4);
  director.setSysctl("sync_sock_size", 30000);
  start("master", { port: 9000 });
  director.setSysctl("sync_ports", 1);
  director.setSysctl("sync_sock_size", -1);
  start("backup", { port: 9100 });
  const expected = (word: string, base: number, size: number) =>
    [0, 1, 2, 3].map((index) => `${word} ${base + index} ${size}`);
  t.same(host.opened.splice(0), [...expected("sends", 9000, 30000), ...expected("hears", 9100, 0)]);

  director.stopDaemon("master");
  start("master");
  t.same(host.opened.splice(0), expected("sends", 8848, 0), "while one runs it stays");
  director.stopDaemon("master");
  director.stopDaemon("backup");
  start("backup");
  t.same(host.opened.splice(0), ["hears 8848 0"]);
  director.stopDaemon("backup");

  director.setSysctl("sync_ports", 128);
  start("backup");
  t.equal(host.opened.length, 64, "64 at most");
});

t.test("a daemon that does not get all its ports has none, and does not run", async (t) => {
  for (const role of ["master", "backup"] as const) {
    const { host, director, start } = begin();
    director.setSysctl("sync_ports", 4);
    host.refused = 8850;
    t.throws(() => start(role), { code: "EADDRINUSE" });
    t.equal(host.closed, 2, "those it got are closed");
    t.same(director.daemons(), []);
    host.refused = 0;
    start(role);
    t.equal(director.daemons().length, 1);
  }
});

for (const ports of [2, 4]) {
  t.test(`connections are told of by all of ${ports} ports, and all arrive`, async (t) => {
    const host = new GroupHost();
    const master = begin(host);
    const backup = begin(host);
    for (const { director } of [master, backup]) director.setSysctl("sync_ports", ports);
    master.director.setSysctl("sync_threshold", "0 1");
    master.start("master");
    backup.start("backup");
    for (let port = 1000; port < 1040; port++) master.wire.send(ask(port));
    master.wire.wait(4);
    const wanted = Array.from({ length: ports }, (_unused, index) => 8848 + index);
    t.same([...new Set(host.sent)].sort(), wanted);
    t.equal(backup.director.connectionCount, 40);

    // What is about one connection goes by one port: records of it do not overtake each other.
    host.sent.length = 0;
    for (let again = 0; again < 3; again++) master.wire.send(ask(1000));
    master.wire.wait(4);
    t.equal(new Set(host.sent).size, 1);
  });
}

t.test("with backup_only a director leaves requests alone while its backup runs", async (t) => {
  const { wire, start, director } = begin();
  wire.service("tcp", 80);
  wire.server("tcp", 80, `${SERVER}:80`, { method: "masquerade" });
  const balanced = () => {
    const before = director.connectionCount;
    wire.send(ask(2000 + before));
    wire.send(tcp({ from: `${OUTSIDE}:${3000 + before}`, to: `${VIP}:80`, flags: "S" }));
    return director.connectionCount - before;
  };
  director.setSysctl("backup_only", 1);
  t.equal(balanced(), 2, "no backup runs");
  start("master");
  t.equal(balanced(), 2, "a master is none");
  start("backup");
  t.equal(balanced(), 0);
  director.setSysctl("backup_only", 0);
  t.equal(balanced(), 2, "a backup balances, unless it is told not to");

  const clients = `${OUTSIDE}:4000`;
  const quoted = udp({ from: `${SERVER}:53`, to: clients });
  const error = icmp({ from: OUTSIDE, to: VIP, type: 3, code: 3, quoted: answered(wire, quoted) });
  t.equal(wire.send(error).length, 1);
  director.setSysctl("backup_only", 1);
  t.same(wire.send(ask(4000)), [], "requests of connections there are as well");
  t.same(wire.send(error), [], "and errors about them");
  t.equal(wire.send(quoted).length, 1, "but replies are translated");
  director.stopDaemon("backup");
  t.equal(balanced(), 2, "the backup has been stopped");
});

/** Returns the answer a client gets to its request, once the real server has given it. */
function answered(wire: Wire, reply: Uint8Array): Uint8Array {
  wire.send(ask(4000));
  const [sent] = wire.send(reply);
  return sent!.packet;
}
