import t from "tap";
import { destinationConfig, serviceConfig, serviceId } from "../../src/engine/shorthand.ts";
import { VERDICT, type Verdict } from "../../src/engine/verdict.ts";
import { type Stage, VirtualHost } from "../../src/host/index.ts";
import { parseAddress } from "../../src/net/address.ts";
import { parseEndpoint } from "../../src/net/endpoint.ts";
import { parsePrefix } from "../../src/net/prefix.ts";
import { Frame } from "../../src/wire/frame.ts";
import { icmp, tcp, udp } from "../support/packet.ts";
import {
  carries,
  dstPort,
  flags,
  from,
  isIcmp,
  isIpv4,
  isTcp,
  isUdp,
  matchPacket,
  srcPort,
  to,
  ttl,
} from "../support/packet-matchers.ts";
import { RecordedHost } from "./recorded-host.ts";

const CLIENT = "10.1.2.3:1000";
const VIP = "10.0.0.100";

function withService(server: string, method: "masquerade" | "direct-route"): RecordedHost {
  const made = new RecordedHost();
  const id = serviceId("tcp", `${VIP}:80`);
  made.director.addService(id, serviceConfig({ scheduler: "rr" }));
  made.director.addDestination(id, parseEndpoint(server), destinationConfig({ method }));
  return made;
}

const where = ({ dev, nextHop }: { dev: string; nextHop: string }) => `${dev} ${nextHop}`;

t.test("a request leaves for the real server, its reply for the client's router", async (t) => {
  const host = withService("192.168.10.11:8080", "masquerade");
  const [request] = host.receive("c0", tcp({ from: CLIENT, to: `${VIP}:80`, flags: "S" }));
  t.equal(where(request!), "r0 192.168.10.11");
  matchPacket(t, request!.packet, isIpv4(to("192.168.10.11"), ttl(63)), isTcp(dstPort(8080)));
  const [reply] = host.receive("r0", tcp({ from: "192.168.10.11:8080", to: CLIENT, flags: "SA" }));
  t.equal(where(reply!), "c0 10.0.0.254");
  matchPacket(t, reply!.packet, isIpv4(from(VIP), ttl(63)), isTcp(srcPort(80), flags("SA")));
  t.strictSame(host.host.drops(), {});
});

t.test("a real server on this host answers, and the answer is translated", async (t) => {
  const host = withService("10.0.0.1:8080", "masquerade");
  const left = host.receive("c0", tcp({ from: CLIENT, to: `${VIP}:80`, flags: "S", seq: 7 }));
  t.equal(left.length, 1);
  matchPacket(t, left[0]!.packet, isIpv4(from(VIP)), isTcp(srcPort(80), flags("RA")));
  t.strictSame(host.host.drops(), { "no-listener": 1 });
});

t.test("a client on this host is balanced, and gets its reply", async (t) => {
  const host = withService("192.168.10.11:80", "masquerade");
  const own = "192.168.10.1:4000";
  const left = host.send(tcp({ from: own, to: `${VIP}:80`, flags: "S" }));
  t.strictSame(left.map(where), ["r0 192.168.10.11"]);
  const answered = host.receive("r0", tcp({ from: "192.168.10.11:80", to: own, flags: "SA" }));
  // The reply arrives as one of the virtual address; no socket of this host asked for it.
  t.strictSame(answered.map(where), ["r0 192.168.10.11"]);
});

t.test("packets of the host to itself arrive, and so do their answers", async (t) => {
  const host = new RecordedHost();
  const left = host.send(udp({ from: "10.0.0.1:1", to: `${VIP}:53` }));
  t.strictSame(left, []);
  t.strictSame(host.host.drops(), { "no-listener": 1, icmp: 1 });
});

t.test("a listener takes what it wants, and that is not answered", async (t) => {
  const taken: number[] = [];
  const host = new VirtualHost({
    clock: { now: () => 0 },
    interfaces: [{ name: "c0", addresses: [parsePrefix("10.0.0.1/24")] }],
    depart: () => t.fail("nothing leaves"),
    deliver: (frame) => taken.push(frame.length) > 0,
  });
  const frame = new Frame();
  frame.load(udp({ from: "10.0.0.9:1", to: "10.0.0.1:53", payload: "abcd" }));
  host.receive("c0", frame);
  t.strictSame(taken, [32]);
  t.strictSame(host.drops(), {});
});

t.test("a packet that arrives while another departs waits its turn", async (t) => {
  const order: string[] = [];
  const frame = new Frame();
  const host: VirtualHost = new VirtualHost({
    clock: { now: () => 0 },
    interfaces: [{ name: "c0", addresses: [parsePrefix("10.0.0.1/24")] }],
    depart: ({ frame: { bytes, start } }) => {
      const type = bytes[start + 20]!;
      order.push(`${type} begins`);
      if (type === 0) host.receive("c0", other);
      order.push(`${type} ends`);
    },
  });
  const other = new Frame();
  other.load(udp({ from: "10.0.0.9:1", to: "10.0.0.1:53" }));
  frame.load(icmp({ from: "10.0.0.9", to: "10.0.0.1" }));
  host.receive("c0", frame);
  t.strictSame(order, ["0 begins", "0 ends", "3 begins", "3 ends"]);
});

t.test("the backlog is bounded, and what does not fit is counted", async (t) => {
  const inner = new Frame();
  inner.load(udp({ from: "10.0.0.9:1", to: "10.0.0.1:53", checksum: 1 }));
  const host: VirtualHost = new VirtualHost({
    clock: { now: () => 0 },
    interfaces: [{ name: "c0", addresses: [parsePrefix("10.0.0.1/24")] }],
    depart: () => {
      for (let count = 0; count < 1000; count++) host.receive("c0", inner);
    },
  });
  const frame = new Frame();
  frame.load(icmp({ from: "10.0.0.9", to: "10.0.0.1" }));
  host.receive("c0", frame);
  const { "bad-transport-checksum": handled = 0, "backlog-full": refused = 0 } = host.drops();
  t.equal(handled + refused, 1000);
  t.ok(handled > 0 && refused > 0);
});

t.test("every verdict of the director is told, and every drop of the host", async (t) => {
  const told: string[] = [];
  const names = Object.keys(VERDICT);
  const host = new VirtualHost({
    clock: { now: () => 0 },
    interfaces: [{ name: "c0", addresses: [parsePrefix("10.0.0.1/24")] }],
    depart: () => told.push("depart"),
    witness: (stage: Stage, _frame: Frame, verdict: Verdict) => {
      told.push(`${stage} ${names[verdict]}`);
    },
    dropped: (reason) => told.push(reason),
  });
  host.attach(new RecordedHost().director);
  const frame = new Frame();
  frame.load(udp({ from: "10.0.0.9:1", to: "10.0.0.1:53" }));
  host.receive("c0", frame);
  host.receive("c9", frame);
  t.strictSame(told, [
    "localIn accept",
    "localOut accept",
    "depart",
    "no-listener",
    "interface-down",
  ]);
});

t.test("a path MTU that was learned binds the host, not what passes", async (t) => {
  const host = new RecordedHost();
  const server = parseAddress("192.168.10.11");
  host.host.reportPathMtu(4, server.words, 600);
  t.match(host.host.route(4, server.words), { mtu: 600, learned: true });
  const packet = (ends: { from: string; to: string }) => udp({ ...ends, payload: "x".repeat(800) });
  const own = host.send(packet({ from: "192.168.10.1:1", to: "192.168.10.11:2" }));
  t.equal(own.length, 2);
  const passing = host.receive("c0", packet({ from: CLIENT, to: "192.168.10.11:2" }));
  t.equal(passing.length, 1);
  host.host.reportPathMtu(4, parseAddress(VIP).words, 600);
  t.equal(host.host.route(4, parseAddress(VIP).words)?.local, true, "own addresses have no path");
});

t.test("the director's questions are answered by the tables", async (t) => {
  const { host } = new RecordedHost();
  const ask = (text: string) => {
    const { family, words } = parseAddress(text);
    return [host.isLocal(family, words), host.isBroadcast(family, words)];
  };
  t.strictSame(ask(VIP), [true, false]);
  t.strictSame(ask("127.3.3.3"), [true, false]);
  t.strictSame(ask("10.0.0.255"), [false, true]);
  t.strictSame(ask("10.0.0.9"), [false, false]);
  t.strictSame(ask("2001:db8:c::100"), [true, false]);
  const { words } = parseAddress("192.168.10.11");
  t.match(host.route(4, words), { local: false, mtu: 1500 });
  t.strictSame([...host.route(4, words)!.source], [...parseAddress("192.168.10.1").words]);
});

t.test("no error answers an error, nor what was sent to many", async (t) => {
  const host = new RecordedHost();
  const quoted = udp({ from: "192.168.10.11:1", to: CLIENT });
  const error = icmp({ from: "10.1.2.3", to: "192.168.10.11", type: 3, code: 3, quoted, ttl: 1 });
  t.strictSame(host.receive("c0", error), []);
  const echo = icmp({ from: "10.1.2.3", to: "192.168.10.11", quoted: "hello", ttl: 1 });
  const [answer] = host.receive("c0", echo);
  matchPacket(t, answer!.packet, isIpv4(from("10.0.0.1"), to("10.1.2.3")), isIcmp(11, 0));
  t.strictSame(host.receive("c0", udp({ from: CLIENT, to: "10.0.0.255:53" })), []);
});

t.test("the director's own errors leave by the host's routes", async (t) => {
  const host = withService("192.168.10.11:80", "direct-route");
  const { director } = host;
  const id = serviceId("tcp", `${VIP}:80`);
  director.deleteDestination(id, parseEndpoint("192.168.10.11:80"));
  const left = host.receive("c0", tcp({ from: CLIENT, to: `${VIP}:80`, flags: "S" }));
  t.strictSame(left.map(where), ["c0 10.0.0.254"]);
  matchPacket(t, left[0]!.packet, isIpv4(from(VIP)), isIcmp(3, 3, carries(to(VIP))));
  const local = host.send(tcp({ from: "10.0.0.1:4000", to: `${VIP}:80`, flags: "S" }));
  t.strictSame(local, [], "and arrive here when this host is the client");
  t.equal(host.host.drops().icmp, 1);
});

t.test("what is for another host passes, its TTL lowered", async (t) => {
  const host = new RecordedHost();
  const left = host.receive("c0", udp({ from: CLIENT, to: "192.168.10.11:53", payload: "a" }));
  matchPacket(t, left[0]!.packet, isIpv4(ttl(63)), isUdp(dstPort(53)));
});
