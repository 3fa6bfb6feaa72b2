import fc from "fast-check";
import t from "tap";
import { REASONS } from "../../src/engine/verdict.ts";
import { internetChecksum, ip, tcp, udp } from "../support/packet.ts";
import { VIP, Wire } from "./support.ts";

const CLIENT = "10.1.2.3:40000";

function balanced(method: "masquerade" | "direct-route" | "tunnel", mtu?: number): Wire {
  const wire = new Wire(mtu === undefined ? {} : { mtu });
  for (const protocol of ["tcp", "udp"] as const) {
    wire.service(protocol, 80, { scheduler: "rr" });
    wire.server(protocol, 80, "192.168.10.11:80", { method });
  }
  return wire;
}

/** Packets that are whole, broken, or cut short. */
const anyPacket = fc.oneof(
  fc.uint8Array({ maxLength: 120 }),
  fc
    .record({
      flags: fc.constantFrom("S", "SA", "A", "F", "R", "", "SFR"),
      port: fc.nat(65535),
      cut: fc.nat(40),
      noise: fc.array(fc.tuple(fc.nat(39), fc.nat(255)), { maxLength: 2 }),
      fix: fc.boolean(),
    })
    .map(({ flags, port, cut, noise, fix }) => {
      const packet = tcp({ from: `10.1.2.3:${port}`, to: `${VIP}:80`, flags, payload: "abcd" });
      for (const [at, value] of noise) packet[at] = value;
      if (fix) {
        packet.set([0, 0], 10);
        const sum = internetChecksum(packet.subarray(0, 20));
        packet.set([sum >>> 8, sum & 255], 10);
      }
      return packet.subarray(0, packet.length - cut);
    }),
);

t.test("no packet whatsoever makes the director throw, and each is counted once", async (t) => {
  for (const method of ["masquerade", "direct-route", "tunnel"] as const) {
    fc.assert(
      fc.property(fc.array(anyPacket, { maxLength: 30 }), (packets) => {
        const wire = balanced(method);
        for (const packet of packets) wire.send(packet);
        const counted = Object.values(wire.director.counters()).reduce((a, b) => a + b, 0);
        return counted === packets.length;
      }),
      { numRuns: 150 },
    );
  }
  t.pass("held for random packets");
});

t.test("every reason a packet is dropped for has a name of its own", async (t) => {
  t.equal(new Set(REASONS).size, REASONS.length);
});

t.test("a bad packet is dropped and counted by reason", async (t) => {
  const wire = balanced("masquerade");
  const whole = tcp({ from: CLIENT, to: `${VIP}:80`, flags: "S" });
  const wrongSum = Uint8Array.from(whole);
  wrongSum[10] = wrongSum[10]! ^ 1;
  t.same(wire.send(wrongSum), []);
  t.same(wire.send(whole.subarray(0, 30)), [], "shorter than its IP header claims");
  t.same(wire.send(ip({ from: "10.1.2.3", to: VIP, protocol: 6, payload: "abcdefgh" })), []);
  t.match(wire.director.counters(), {
    "bad-header-checksum": 1,
    "malformed-header": 1,
    "truncated-transport": 1,
  });
});

t.test(
  "TTL 1 is answered with time exceeded and goes no further, whatever the method",
  async (t) => {
    for (const method of ["masquerade", "direct-route", "tunnel"] as const) {
      const wire = balanced(method);
      const [answer, ...more] = wire.send(
        tcp({ from: CLIENT, to: `${VIP}:80`, flags: "S", ttl: 1 }),
      );
      t.same([...(answer?.packet.subarray(20, 22) ?? [])], [11, 0], method);
      t.equal(more.length, 0);
      t.equal(wire.director.counters()["time-exceeded"], 1);
    }
  },
);

t.test(
  "a packet longer than the way's MTU is answered with the MTU if it may not be cut",
  async (t) => {
    for (const [method, mtu] of [
      ["masquerade", 600],
      ["direct-route", 600],
      ["tunnel", 580],
    ] as const) {
      const wire = balanced(method, 600);
      wire.send(tcp({ from: CLIENT, to: `${VIP}:80`, flags: "S" }));
      const long = { from: CLIENT, to: `${VIP}:80`, payload: new Uint8Array(600) };
      const [answer] = wire.send(tcp({ ...long, df: true }));
      t.same([...(answer?.packet.subarray(20, 22) ?? [])], [3, 4], method);
      t.equal(((answer?.packet[26] ?? 0) << 8) | (answer?.packet[27] ?? 0), mtu);
      t.equal(wire.send(tcp({ ...long, df: false })).length, 1, "cut on its way otherwise");
    }
  },
);

t.test(
  "when nobody can take a connection the client gets port unreachable, for TCP too",
  async (t) => {
    const wire = new Wire();
    wire.service("tcp", 80);
    const [answer] = wire.send(tcp({ from: CLIENT, to: `${VIP}:80`, flags: "S" }));
    t.same([...(answer?.packet.subarray(20, 22) ?? [])], [3, 3]);
    t.equal(wire.director.counters()["no-destination"], 1);
  },
);

t.test("a UDP packet without checksum gets one under masquerading", async (t) => {
  const wire = balanced("masquerade");
  const [sent] = wire.send(udp({ from: CLIENT, to: `${VIP}:80`, payload: "hello", checksum: 0 }));
  const expected = udp({ from: CLIENT, to: "192.168.10.11:80", payload: "hello" });
  t.same(sent?.packet.subarray(26, 28), expected.subarray(26, 28));
});

t.test("packets are counted by verdict, and those dropped by reason", async (t) => {
  const wire = balanced("masquerade");
  wire.send(tcp({ from: CLIENT, to: `${VIP}:80`, flags: "S" }));
  wire.send(tcp({ from: "192.168.10.11:80", to: CLIENT, flags: "SA" }));
  wire.send(tcp({ from: CLIENT, to: `${VIP}:81`, flags: "S" }));
  wire.send(tcp({ from: CLIENT, to: `${VIP}:80`, ttl: 1 }));
  t.same(wire.director.verdicts(), { accept: 1, drop: 1, forward: 2, hold: 0 });
  t.same(wire.director.drops(), { "time-exceeded": 1 });
});

t.test("without a service of its family no packet is looked at, connections or not", async (t) => {
  const wire = balanced("masquerade");
  wire.send(tcp({ from: CLIENT, to: `${VIP}:80`, flags: "S" }));
  wire.director.flush();
  t.equal(wire.director.connectionCount, 1, "the connection lives on");
  t.same(wire.send(tcp({ from: CLIENT, to: `${VIP}:80` })), []);
  t.equal(wire.director.counters()["no-services"], 1);
});

t.test(
  "the decision tells service, destination, method and whether the connection is new",
  async (t) => {
    const wire = balanced("tunnel");
    wire.send(tcp({ from: CLIENT, to: `${VIP}:80`, flags: "S" }));
    const { decision } = wire.director;
    t.equal(REASONS[decision.reason], "request");
    t.same([decision.isNew, decision.method], [true, 2]);
    t.equal(decision.destination?.port, 80);
    t.equal(decision.service?.id.port, 80);
    wire.send(tcp({ from: CLIENT, to: `${VIP}:80` }));
    t.equal(decision.isNew, false);
  },
);
