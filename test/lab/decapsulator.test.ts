import { once } from "node:events";
import { join } from "node:path";
import t from "tap";
import { Topology } from "../../src/lab/topology.ts";
import { gueCarried, innerPacket } from "../../src/wire/tunnel-packet.ts";
import { ROOT } from "../support/files.ts";
import { noNamespaces } from "../support/namespaces.ts";
import {
  concat,
  fragments,
  hex,
  icmp,
  internetChecksum,
  ip,
  ipip,
  udp,
} from "../support/packet.ts";

const INNER = { from: "10.9.0.7:5000", to: "192.0.2.100:5000" };
const OUTER = { from: "10.9.0.1", to: "10.9.0.2" };

t.test("innerPacket() finds the packet behind the outer header and its options", async (t) => {
  const inner = udp({ ...INNER, payload: "hello" });
  for (const ipOptions of [new Uint8Array(0), new Uint8Array(8)]) {
    const packet = ipip({ ...OUTER, ipOptions }, inner);
    const found = find(packet);
    t.strictSame(found && packet.slice(found.start, found.end), inner);
  }
});

t.test("innerPacket() leaves out what follows the inner packet", async (t) => {
  const inner = udp({ ...INNER, payload: "hello" });
  const packet = ip({ ...OUTER, protocol: 4, payload: concat(inner, new Uint8Array(9)) });
  t.strictSame(find(concat(packet, new Uint8Array(3))), { start: 20, end: 20 + inner.length });
});

t.test("innerPacket() finds the packet in tunnels of other kinds", async (t) => {
  const inner = udp({ ...INNER, payload: "hello" });
  const inner6 = udp({ from: "[2001:db8::1]:1", to: "[2001:db8::2]:2", payload: "hello" });
  const greOf = (header: string, packet: Uint8Array) =>
    ip({ ...OUTER, protocol: 47, payload: concat(hex(header), packet) });
  const sum = internetChecksum(concat(hex("80000800 00000000"), inner))
    .toString(16)
    .padStart(4, "0");
  for (const [packet, found] of [
    [ipip(OUTER, inner6), inner6],
    [greOf("00000800", inner), inner],
    [greOf("000086dd", inner6), inner6],
    [greOf(`80000800 ${sum}0000`, inner), inner],
  ] as const) {
    const place = find(packet);
    t.strictSame(place && packet.slice(place.start, place.end), found);
  }
  t.equal(find(greOf("80000800 00010000", inner)), undefined, "a wrong checksum");
  t.equal(find(greOf("20000800 00000007", inner)), undefined, "an option we do not send");
});

t.test("gueCarried() finds the packet in a GUE datagram", async (t) => {
  const inner = udp({ ...INNER, payload: "hello" });
  const gue = (header: string) => {
    const datagram = concat(hex(header), inner);
    const place = gueCarried(new DataView(datagram.buffer), 0, datagram.length);
    return place && datagram.slice(place.start, place.end);
  };
  t.strictSame(gue("00040000"), inner);
  t.strictSame(gue("01040000 00000000"), inner, "behind an extension field");
  t.equal(gue("20040000"), undefined, "a control message");
  t.equal(gue("40040000"), undefined, "another version");
  t.equal(gue("00290000"), undefined, "not the family it says");
  t.equal(gue("00"), undefined, "nothing");
});

t.test("innerPacket() refuses everything else", async (t) => {
  const inner = udp({ ...INNER, payload: "hello" });
  const whole = ipip(OUTER, inner);
  t.equal(find(inner), undefined, "another protocol");
  t.equal(find(ip({ ...OUTER, protocol: 4, payload: inner, mf: true })), undefined, "a fragment");
  t.equal(find(whole.subarray(0, whole.length - 1)), undefined, "truncated");
  t.equal(
    find(ip({ ...OUTER, protocol: 4, payload: inner.subarray(0, 30) })),
    undefined,
    "cut inside",
  );
  t.equal(find(ip({ ...OUTER, protocol: 4, payload: "no packet, no packet" })), undefined, "noise");
  t.equal(find(new Uint8Array(0)), undefined, "nothing");
});

t.test(
  "the decapsulator delivers inner packets to the host",
  { skip: await noNamespaces() },
  async (t) => {
    const topology = await Topology.build({
      hosts: [
        { name: "near", links: [{ name: "eth0", segment: "s", addresses: ["10.9.0.1/24"] }] },
        {
          name: "far",
          links: [{ name: "eth0", segment: "s", addresses: ["10.9.0.2/24"] }],
          loopback: ["192.0.2.100/32"],
          routes: ["default via 10.9.0.1"],
          sysctls: { "net/ipv4/conf/all/rp_filter": 0, "net/ipv4/conf/default/rp_filter": 0 },
        },
      ],
    });
    t.teardown(() => topology.stop());
    const far = topology.host("far");
    const decapsulator = far.spawn([
      process.execPath,
      program("src/lab/decapsulator.js"),
      "decap0",
    ]);
    await once(decapsulator.stdout, "data");
    await far.ip(["link set decap0 up"]);

    const listen = `
    const socket = require("node:dgram").createSocket("udp4");
    socket.on("message", (text, from) => console.log(String(text).slice(0, 9), text.length, from.address));
    socket.bind(5000, "192.0.2.100", () => console.log("ready"));
    process.stdin.resume().once("end", () => process.exit());`;
    const listener = far.spawn([process.execPath, "-e", listen]);
    let heard = "";
    listener.stdout.on("data", (text: Buffer) => {
      heard += text;
    });
    await once(listener.stdout, "data");

    const small = ipip(OUTER, udp({ ...INNER, payload: "in a tunnel" }));
    const large = ipip({ ...OUTER, id: 7 }, udp({ ...INNER, payload: "x".repeat(3000) }));
    const noise = ip({ ...OUTER, protocol: 4, payload: icmp(OUTER).subarray(0, 21) });
    const packets = [noise, small, ...fragments(large, 1400)];
    await topology
      .host("near")
      .mustRun([
        process.execPath,
        program("test/support/lab-send.js"),
        "10.9.0.2",
        ...packets.map((packet) => Buffer.from(packet).toString("hex")),
      ]);
    while (heard.split("\n").length < 4) await once(listener.stdout, "data");
    t.equal(heard, "ready\nin a tunn 11 10.9.0.7\nxxxxxxxxx 3000 10.9.0.7\n");
  },
);

function find(packet: Uint8Array) {
  return innerPacket(
    new DataView(packet.buffer, packet.byteOffset, packet.length),
    0,
    packet.length,
  );
}

function program(path: string): string {
  return join(ROOT, "dist", path);
}
