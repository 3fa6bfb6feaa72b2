/**
 * Groups of both families on a host in memory: what is sent to them, and who hears it.
 */
import t from "tap";
import { parseAddress } from "../../src/net/address.ts";
import { parsePrefix } from "../../src/net/prefix.ts";
import { udp } from "../support/packet.ts";
import {
  dstPort,
  from,
  isIpv4,
  isIpv6,
  isUdp,
  matchPacket,
  to,
  ttl,
} from "../support/packet-matchers.ts";
import { RecordedHost } from "./recorded-host.ts";

const LINK_LOCAL = "fe80::1";

function begin(): RecordedHost {
  const made = new RecordedHost();
  made.host.routing.addAddress("c0", parsePrefix(`${LINK_LOCAL}/64`));
  return made;
}

const end = (group: string, port: number, hops = 1) => ({
  interfaceName: "c0",
  group: parseAddress(group),
  port,
  ttl: hops,
  bufferSize: 0,
});

t.test("a datagram has the port and the hops it was told, and a source of its reach", async (t) => {
  const made = begin();
  for (const [group, source] of [
    ["239.1.2.3", "10.0.0.1"],
    ["ff02::81", LINK_LOCAL],
    ["ff15::81", "2001:db8:c::1"],
  ] as const) {
    const sender = made.host.openMulticastSender(end(group, 9003, 7));
    t.equal(sender.send(new TextEncoder().encode("told")), "sent");
    const [left, ...others] = made.wait(0);
    t.same(others, []);
    t.match(left, { dev: "c0", nextHop: group });
    const isIp = group.includes(":") ? isIpv6 : isIpv4;
    matchPacket(t, left!.packet, isIp(from(source), to(group), ttl(7)), isUdp(dstPort(9003)));
  }
});

t.test("an interface nothing can be sent from to an IPv6 group is refused", async (t) => {
  const made = new RecordedHost();
  const { host } = made;
  const open = (group: string, interfaceName: string) => () =>
    host.openMulticastSender({ ...end(group, 9003), interfaceName });
  t.throws(open("ff02::81", "lo"), { code: "ENETUNREACH" });
  t.throws(open("ff02::81", "none"), { code: "ENODEV" });
  host.routing.deleteAddress("c0", parsePrefix("2001:db8:c::1/64"));
  for (const group of ["ff02::81", "ff0e::81"]) {
    t.throws(open(group, "c0"), { code: "EADDRNOTAVAIL" });
  }
  t.doesNotThrow(open("239.1.2.3", "lo"));
  host.routing.deleteAddress("c0", parsePrefix("10.0.0.1/24"));
  t.doesNotThrow(open("239.1.2.3", "c0"), "an IPv4 group does without");
});

t.test("who has joined a group hears its port, by that interface alone", async (t) => {
  for (const [group, other, sender] of [
    ["239.1.2.3", "239.1.2.4", "10.0.0.9"],
    ["ff02::81", "ff02::82", "fe80::9"],
  ] as const) {
    const made = begin();
    const heard: string[] = [];
    const receivers = [9000, 9001].map((port) =>
      made.host.openMulticastReceiver(end(group, port), (datagram) => {
        heard.push(`${port} ${new TextDecoder().decode(datagram)}`);
      }),
    );
    const bracketed = (address: string) => (address.includes(":") ? `[${address}]` : address);
    const tell = (dev: string, address: string, port: number, payload: string) => {
      const ends = { from: `${bracketed(sender)}:1`, to: `${bracketed(address)}:${port}` };
      made.receive(dev, udp({ ...ends, payload }));
    };
    tell("c0", group, 9001, "second");
    tell("c0", group, 9000, "first");
    tell("c0", group, 9002, "another port");
    tell("c0", other, 9000, "another group");
    tell("r0", group, 9000, "another interface");
    receivers[0]!.close();
    tell("c0", group, 9000, "closed");
    t.same(heard, ["9001 second", "9000 first"], group);
  }
});
