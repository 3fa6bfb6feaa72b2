import t from "tap";
import { MemoryDevice } from "../../dataplane/memory.ts";
import { Pump } from "../../dataplane/pump.ts";
import { StaticHost } from "../../dataplane/static-host.ts";
import { schedulers } from "../../schedulers/index.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { Director } from "../../src/engine/director.ts";
import { destinationConfig, serviceConfig, serviceId } from "../../src/engine/shorthand.ts";
import { parseAddress } from "../../src/net/address.ts";
import { parseEndpoint } from "../../src/net/endpoint.ts";
import { fragments, tcp, udp } from "../support/packet.ts";

const VIP = "10.0.0.100";
const TTL = 8;

/** A director on a device whose host has, or has not, forwarded what is received. */
function balanced(forwarded: boolean) {
  const host = new StaticHost({ addresses: [parseAddress(VIP)] });
  const director = new Director({ schedulers, clock: new ManualClock(), host });
  const device = new MemoryDevice({ capabilities: { forwarded } });
  const web = serviceId("tcp", `${VIP}:80`);
  director.addService(web, serviceConfig());
  director.addService(serviceId("mark", 7), serviceConfig());
  for (const service of [web, serviceId("mark", 7)]) {
    director.addDestination(
      service,
      parseEndpoint("192.168.10.11:80"),
      destinationConfig({ method: "masquerade" }),
    );
  }
  return { director, device, pump: new Pump(director, device, host) };
}

const REQUEST = { from: "10.1.2.3:40000", to: `${VIP}:80`, flags: "S" };
const REPLY = { from: "192.168.10.11:80", to: "10.1.2.3:40000", flags: "SA" };

t.test("a request loses one of its TTL, a reply one as a router takes it", async (t) => {
  const { device, pump } = balanced(false);
  device.inject(tcp({ ...REQUEST, ttl: 64 }));
  pump.turn();
  t.equal(device.take()?.packet[TTL], 63);
  device.inject(tcp({ ...REPLY, ttl: 64 }));
  pump.turn();
  t.equal(device.take()?.packet[TTL], 63);
});

t.test("what the host has forwarded it has taken its one from", async (t) => {
  const { device, pump } = balanced(true);
  device.inject(tcp({ ...REQUEST, ttl: 63 }));
  pump.turn();
  t.equal(device.take()?.packet[TTL], 63);
  device.inject(tcp({ ...REPLY, ttl: 63 }));
  pump.turn();
  t.equal(device.take()?.packet[TTL], 63);
  device.inject(tcp({ ...REPLY, from: "192.168.10.12:80", ttl: 63 }));
  pump.turn();
  t.equal(device.takeAccepted()?.[TTL], 64, "given back: the host will forward it again");
});

t.test(
  "a packet passing with a TTL of 1 ends here, one of the host's own network is refused",
  async (t) => {
    const { director, device, pump } = balanced(false);
    device.inject(tcp({ ...REPLY, ttl: 1 }));
    device.inject(tcp({ ...REQUEST, from: `${VIP}:9` }));
    pump.turn();
    t.equal(device.take(), undefined);
    t.match(director.counters(), { "time-exceeded": 1, "martian-source": 1 });
  },
);

t.test("a packet captured by its mark is for the director wherever it goes", async (t) => {
  const { device, pump } = balanced(true);
  device.inject(tcp({ ...REQUEST, to: "10.9.0.1:8080" }), { mark: 7 });
  pump.turn();
  t.same(device.take()?.nextHop.address[0], 0xc0a80a0b);
});

/** The same with IPv6 addresses, and a way of 1400 bytes. */
function balanced6(forwarded: boolean) {
  const host = new StaticHost({ addresses: [parseAddress(VIP6)], mtu: 1400 });
  const director = new Director({ schedulers, clock: new ManualClock(), host });
  const device = new MemoryDevice({ capabilities: { forwarded } });
  const web = serviceId("tcp", `[${VIP6}]:80`);
  director.addService(web, serviceConfig({ netmask: 128 }));
  const server = parseEndpoint("[2001:db8:2::11]:80");
  director.addDestination(web, server, destinationConfig({ method: "masquerade" }));
  return { director, device, pump: new Pump(director, device, host) };
}

const VIP6 = "2001:db8::100";
const HOP_LIMIT = 7;
const REQUEST6 = { from: "[2001:db8:9::3]:40000", to: `[${VIP6}]:80`, flags: "S" };
const REPLY6 = { from: "[2001:db8:2::11]:80", to: "[2001:db8:9::3]:40000", flags: "SA" };

for (const forwarded of [false, true]) {
  const host = forwarded ? "with a host that forwards" : "on its own";
  t.test(`IPv6 packets lose one of their hops each way, ${host}`, async (t) => {
    const { device, pump } = balanced6(forwarded);
    const ttl = forwarded ? 63 : 64;
    device.inject(tcp({ ...REQUEST6, ttl }));
    pump.turn();
    t.match(device.take(), { packet: { [HOP_LIMIT]: 63 }, nextHop: { family: 6 } });
    device.inject(tcp({ ...REPLY6, ttl }));
    pump.turn();
    t.match(device.take(), { packet: { [HOP_LIMIT]: 63 }, nextHop: { family: 6 } });
    device.inject(tcp({ ...REPLY6, from: "[2001:db8:2::12]:80", ttl }));
    pump.turn();
    t.equal(device.takeAccepted()?.[HOP_LIMIT], forwarded ? 64 : 63);
  });
}

t.test("an IPv6 packet passing with its last hop ends here", async (t) => {
  const { director, device, pump } = balanced6(false);
  device.inject(tcp({ ...REPLY6, ttl: 1 }));
  device.inject(tcp({ ...REQUEST6, from: `[${VIP6}]:9` }));
  pump.turn();
  t.equal(device.take(), undefined);
  t.match(director.counters(), { "time-exceeded": 1, "martian-source": 1 });
});

t.test("a reply too long for its way goes back to the host, which tells its sender", async (t) => {
  const { director, device, pump } = balanced6(true);
  device.inject(tcp({ ...REQUEST6, ttl: 63 }));
  pump.turn();
  device.take();
  const long = { ...REPLY6, ttl: 63, payload: "x".repeat(1400) };
  device.inject(tcp(long));
  pump.turn();
  t.equal(device.take(), undefined);
  t.strictSame(device.takeAccepted(), tcp({ ...long, ttl: 64 }), "untouched");
  t.equal(director.drops()["too-big"], 1);
  const four = { from: "10.0.0.7:80", to: "10.1.2.3:40000", ttl: 63, payload: "x".repeat(1400) };
  device.inject(tcp({ ...four, df: true }));
  device.inject(tcp(four));
  pump.turn();
  t.equal(director.drops()["too-big"], 2, "IPv4 packets that may be cut are not too long");
});

t.test("fragments are held until they are a packet", async (t) => {
  const { director, device, pump } = balanced(true);
  director.addService(serviceId("udp", `${VIP}:53`), serviceConfig());
  director.addDestination(
    serviceId("udp", `${VIP}:53`),
    parseEndpoint("192.168.10.11:53"),
    destinationConfig({ method: "masquerade" }),
  );
  const whole = udp({ from: "10.1.2.3:4000", to: `${VIP}:53`, payload: "x".repeat(2000), ttl: 63 });
  const [first, last] = fragments(whole, 1480);
  device.inject(first!);
  pump.turn();
  t.equal(device.take(), undefined);
  t.equal(director.verdicts().hold, 1);
  device.inject(last!);
  pump.turn();
  t.equal(device.take()?.packet[TTL], 63);
  t.equal(device.takeAccepted(), undefined);
});

t.test("a packet of a family without services is left to the host", async (t) => {
  const { director, device, pump } = balanced(false);
  device.inject(tcp({ from: "[2001:db8::1]:9", to: "[2001:db8::2]:80", flags: "S" }));
  pump.turn();
  t.ok(device.takeAccepted());
  t.equal(director.counters()["no-services"], 1);
});

t.test("as many datagrams as a turn takes are a flood, anything else is none", async (t) => {
  const { device, pump } = balanced(false);
  const floods = (datagrams: number, segments: number): boolean => {
    for (let at = 0; at < datagrams; at++)
      device.inject(udp({ from: "10.1.2.3:9", to: `${VIP}:9` }));
    for (let at = 0; at < segments; at++) device.inject(tcp(REQUEST));
    t.equal(pump.turn(), datagrams + segments);
    return pump.flooded;
  };
  t.equal(floods(64, 0), true);
  t.equal(floods(63, 0), false, "the next turn finds none");
  t.equal(floods(32, 32), true);
  t.equal(floods(31, 33), false, "senders of segments wait to be answered");
  t.equal(floods(64, 0), true);
  t.equal(floods(0, 0), false);
});
