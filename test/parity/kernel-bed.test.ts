import t, { type Test } from "tap";
import type { Bed, EmittedPacket } from "../../src/parity/bed.ts";
import type { Topology } from "../../src/parity/topology.ts";
import { icmp, tcp, udp } from "../support/packet.ts";
import {
  carries,
  dstPort,
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
import { noKernel, sharedBed } from "./support.ts";

const skip = noKernel;
const CLIENT = "10.1.2.3";
const VIRTUAL = "10.0.0.100";
const GATEWAY_MAC = "02:00:00:00:c0:fe";

const syn = (port: number, ends = { from: CLIENT, to: VIRTUAL }) =>
  tcp({ from: `${ends.from}:${port}`, to: `${ends.to}:80`, flags: "S" });

async function configured(lines: readonly string[]): Promise<Bed> {
  const bed = await sharedBed();
  await bed.reset();
  for (const line of lines) {
    const { status, stderr } = await bed.command(line.split(" "));
    if (status !== 0) throw new Error(`${line}: ${stderr}`);
  }
  return bed;
}

/** Asserts that one packet left, and where to. */
function only(
  t: Test,
  emitted: readonly EmittedPacket[],
  port: string,
  destinationMac: string,
): Uint8Array | undefined {
  t.match(emitted, [{ port, destinationMac }]);
  t.equal(emitted.length, 1, "one packet left");
  return emitted[0]?.bytes;
}

t.test("the bed tells of its kernel", { skip }, async (t) => {
  const { info } = await sharedBed();
  t.match(info.release, /^\d+\.\d+\.\d+/);
  t.match(new Set(info.schedulers), new Set(["rr", "wlc", "mh", "lblcr"]));
  t.notOk(info.schedulers.includes("nosuch"));
});

t.test("a masqueraded connection goes to the server and back", { skip }, async (t) => {
  const bed = await configured([
    `-A -t ${VIRTUAL}:80 -s rr`,
    `-a -t ${VIRTUAL}:80 -r 192.168.10.11:8080 -m`,
  ]);
  const there = only(t, await bed.inject("c0", syn(1000)), "r0", "02:00:00:00:d0:11");
  matchPacket(
    t,
    there,
    isIpv4(from(CLIENT), to("192.168.10.11"), ttl(63)),
    isTcp(srcPort(1000), dstPort(8080)),
  );
  const reply = tcp({ from: "192.168.10.11:8080", to: `${CLIENT}:1000`, flags: "SA" });
  const back = only(t, await bed.inject("r0", reply), "c0", GATEWAY_MAC);
  matchPacket(
    t,
    back,
    isIpv4(from(VIRTUAL), to(CLIENT), ttl(63)),
    isTcp(srcPort(80), dstPort(1000)),
  );
  t.match(
    await bed.statusFile("ip_vs_conn"),
    /\nTCP 0A010203 03E8 0A000064 0050 C0A80A0B 1F90 SYN_RECV/,
  );
});

t.test("direct routing leaves the packet alone, a tunnel wraps it", { skip }, async (t) => {
  const bed = await configured([
    `-A -t ${VIRTUAL}:80 -s rr`,
    `-a -t ${VIRTUAL}:80 -r 192.168.10.12:80 -g`,
    `-A -u ${VIRTUAL}:53 -s rr`,
    `-a -u ${VIRTUAL}:53 -r 192.168.10.22 -i`,
  ]);
  const routed = only(t, await bed.inject("c0", syn(1000)), "r0", "02:00:00:00:d0:12");
  matchPacket(t, routed, isIpv4(from(CLIENT), to(VIRTUAL), ttl(63)), isTcp(dstPort(80)));
  const query = udp({ from: `${CLIENT}:9`, to: `${VIRTUAL}:53`, payload: "query" });
  const wrapped = only(t, await bed.inject("c0", query), "r0", "02:00:00:00:d0:22");
  const inner = carries(isIpv4(from(CLIENT), to(VIRTUAL), ttl(63)), isUdp(dstPort(53)));
  matchPacket(t, wrapped, isIpv4(from("192.168.10.1"), to("192.168.10.22")), inner);
});

t.test("IPv6 works from the first packet on", { skip }, async (t) => {
  const bed = await configured([
    "-A -t [2001:db8:c::100]:80 -s rr",
    "-a -t [2001:db8:c::100]:80 -r [2001:db8:d::13]:80 -m",
  ]);
  const packet = tcp({ from: "[2001:db8:1::3]:1000", to: "[2001:db8:c::100]:80", flags: "S" });
  const emitted = await bed.inject("c0", packet);
  t.match(emitted, [{ port: "r0", destinationMac: "02:00:00:00:d0:13", etherType: 0x86dd }]);
  matchPacket(t, emitted[0]?.bytes, to("2001:db8:d::13"), isTcp(srcPort(1000)));
});

t.test("packets carry the mark they are given, both families", { skip }, async (t) => {
  const bed = await configured([
    "-A -f 7 -s rr",
    "-a -f 7 -r 192.168.10.11 -g",
    "-A -f 4000000000 -s rr",
    "-a -f 4000000000 -r 192.168.10.12 -g",
    "-A -f 7 -6 -s rr",
    "-a -f 7 -6 -r [2001:db8:d::13]:0 -g",
  ]);
  const marked = await bed.inject("c0", syn(1000), { mark: 7 });
  only(t, marked, "r0", "02:00:00:00:d0:11");
  only(t, await bed.inject("c0", syn(1001), { mark: 4000000000 }), "r0", "02:00:00:00:d0:12");
  const v6 = tcp({ from: "[2001:db8:1::3]:1", to: "[2001:db8:c::100]:80", flags: "S" });
  only(t, await bed.inject("c0", v6, { mark: 7 }), "r0", "02:00:00:00:d0:13");
  const unmarked = await bed.inject("c0", syn(1002));
  matchPacket(t, only(t, unmarked, "c0", GATEWAY_MAC), isTcp(from(VIRTUAL), to(CLIENT)));
});

t.test("nobody to serve a client is told by ICMP, without a limit", { skip }, async (t) => {
  const bed = await configured([`-A -t ${VIRTUAL}:80 -s rr`]);
  for (let port = 1000; port < 1100; port++) {
    const emitted = await bed.inject("c0", syn(port));
    if (port % 25 !== 0) continue;
    matchPacket(t, only(t, emitted, "c0", GATEWAY_MAC), isIcmp(3, 3, to(CLIENT)));
  }
});

t.test(
  "what has no neighbour is asked for by ARP, and what is long is sent whole",
  { skip },
  async (t) => {
    const bed = await configured([
      `-A -u ${VIRTUAL}:53 -s rr`,
      `-a -u ${VIRTUAL}:53 -r 192.168.10.30 -g`,
    ]);
    const query = (port: number, length: number) =>
      udp({ from: `${CLIENT}:${port}`, to: `${VIRTUAL}:53`, payload: new Uint8Array(length) });
    const asked = await bed.inject("c0", query(1, 4));
    t.match(asked, [{ port: "r0", destinationMac: "ff:ff:ff:ff:ff:ff", etherType: 0x0806 }]);
    const echo = icmp({
      from: CLIENT,
      to: "10.0.0.1",
      type: 8,
      code: 0,
      quoted: new Uint8Array(1472),
    });
    t.equal(only(t, await bed.inject("c0", echo), "c0", GATEWAY_MAC)?.length, 1500);
  },
);

t.test("time passes, and what leaves meanwhile is collected", { skip }, async (t) => {
  const bed = await configured([
    `-A -t ${VIRTUAL}:80 -s rr`,
    `-a -t ${VIRTUAL}:80 -r 192.168.10.11:80 -m`,
    "--start-daemon master --mcast-interface c0 --syncid 3",
  ]);
  const sent: EmittedPacket[] = [...(await bed.inject("c0", syn(1000)))];
  const reply = tcp({ from: "192.168.10.11:80", to: `${CLIENT}:1000`, flags: "SA" });
  sent.push(...(await bed.inject("r0", reply)));
  // By default the third packet of a connection is the first to be told of.
  const ack = tcp({ from: `${CLIENT}:1000`, to: `${VIRTUAL}:80`, flags: "A" });
  for (let packet = 2; packet <= 4; packet++) sent.push(...(await bed.inject("c0", ack)));
  for (let waited = 0; waited < 8 && !sent.some(isSync); waited++)
    sent.push(...(await bed.sleep(1)));
  const sync = sent.find(isSync);
  t.match(sync, { port: "c0", destinationMac: "01:00:5e:00:00:51" });
  matchPacket(t, sync?.bytes, isUdp(to("224.0.0.81"), dstPort(8848)));
});

function isSync({ destinationMac }: EmittedPacket): boolean {
  return destinationMac === "01:00:5e:00:00:51";
}

t.test("variables are set, refused and unknown as the kernel has it", { skip }, async (t) => {
  const bed = await configured([]);
  t.same(await bed.setting("net/ipv4/vs/conn_reuse_mode", "0"), { value: "0" });
  t.match(await bed.setting("net/ipv4/vs/conn_reuse_mode", "x"), { value: "0", error: "EINVAL" });
  t.match(await bed.setting("net/ipv4/vs/nosuch", "1"), { value: undefined, error: "ENOENT" });
  await bed.reset();
  t.same(await bed.setting("net/ipv4/vs/conn_reuse_mode"), { value: "1" }, "anew after a reset");
});

t.test("a reset leaves nothing of what was before", { skip }, async (t) => {
  const bed = await configured([
    `-A -t ${VIRTUAL}:80 -s rr`,
    `-a -t ${VIRTUAL}:80 -r 192.168.10.11 -m`,
  ]);
  await bed.inject("c0", syn(1000));
  await bed.reset();
  t.equal((await bed.statusFile("ip_vs"))?.split("\n").length, 4);
  t.equal((await bed.statusFile("ip_vs_conn"))?.split("\n").length, 2);
  matchPacket(t, (await bed.inject("c0", syn(1000)))[0]?.bytes, isTcp(from(VIRTUAL)));
});

t.test("a network of one's own can be asked for", { skip }, async (t) => {
  const bed = await sharedBed();
  const topology: Topology = {
    ports: [
      {
        name: "eth5",
        mac: "02:00:00:00:00:05",
        peerMac: "02:00:00:00:00:06",
        addresses: ["198.51.100.1/24"],
        neighbors: { "198.51.100.9": "02:00:00:00:00:09" },
      },
    ],
    local: ["203.0.113.1"],
    routes: [{ prefix: "192.0.2.0/24", via: "198.51.100.9", port: "eth5" }],
    settings: {
      "net/ipv4/ip_forward": "1",
      "net/ipv4/conf/all/send_redirects": "0",
      "net/ipv4/conf/default/send_redirects": "0",
    },
  };
  await bed.reset(topology);
  const packet = syn(1000, { from: "198.51.100.9", to: "192.0.2.7" });
  only(t, await bed.inject("eth5", packet), "eth5", "02:00:00:00:00:09");
  await t.rejects(bed.inject("c0", packet), { message: 'Cannot send to port "c0": there is none' });
  const wrong = { ...topology, local: ["203.0.113.1", "203.0.113.1"] };
  await t.rejects(bed.reset(wrong), /^Cannot have the address 203\.0\.113\.1: /);
});
