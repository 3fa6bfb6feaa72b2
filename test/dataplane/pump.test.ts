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
import { tcp } from "../support/packet.ts";

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

t.test("a packet of a family without services is left to the host", async (t) => {
  const { director, device, pump } = balanced(false);
  device.inject(tcp({ from: "[2001:db8::1]:9", to: "[2001:db8::2]:80", flags: "S" }));
  pump.turn();
  t.ok(device.takeAccepted());
  t.equal(director.counters()["no-services"], 1);
});
