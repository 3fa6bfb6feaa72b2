import t from "tap";
import type { Device } from "../../dataplane/device.ts";
import { RawIpDevice } from "../../dataplane/raw-ip.ts";
import { RawSocketDevice } from "../../dataplane/raw-socket.ts";
import { parseAddress } from "../../src/net/address.ts";
import { Frame } from "../../src/wire/frame.ts";
import { inNamespace, ip, Peer, runInNamespace } from "../support/namespace.ts";
import { noPackage } from "../support/packages.ts";
import { udp } from "../support/packet.ts";

const noRawSocket = noPackage("raw-socket");

/** The two devices that send to a next hop keep the same promises. */
const DEVICES: Readonly<Record<string, (mtu: number) => Device>> = {
  RawIpDevice: (mtu) => new RawIpDevice(routesOf(mtu)),
  RawSocketDevice: (mtu) => RawSocketDevice.open({ routes: routesOf(mtu) }),
};

function skipOf(name: string): string | false {
  return name === "RawSocketDevice" && noRawSocket;
}

function routesOf(mtu: number) {
  return { route: () => ({ local: false, mtu, source: new Uint32Array(4) }) };
}

function hop(address: string) {
  const { family, words } = parseAddress(address);
  return { family, address: words };
}

/** Returns how many fragments a host has had to put together, IPv4 and IPv6. */
function reassembled(peer: Peer): readonly number[] {
  const four = peer
    .read("net/snmp")
    .split("\n")
    .filter((line) => line.startsWith("Ip: "));
  const names = four[0]?.split(" ") ?? [];
  const value = four[1]?.split(" ")[names.indexOf("ReasmReqds")];
  const six = /Ip6ReasmReqds\s+(\d+)/.exec(peer.read("net/snmp6"))?.[1];
  return [Number(value), Number(six)];
}

function frameOf(packet: Uint8Array): Frame {
  const frame = new Frame();
  frame.load(packet);
  return frame;
}

if (!inNamespace()) runInNamespace(t, import.meta.url);
else {
  ip("link set lo up");
  const server = await Peer.make();
  server.connect(
    { name: "tosv", address: "10.2.0.1/24" },
    { name: "eth0", address: "10.2.0.2/24" },
  );
  ip("address add 2001:db8:2::1/64 dev tosv nodad");
  server.ip("address add 2001:db8:2::2/64 dev eth0 nodad");
  server.ip("address add 10.9.9.9/32 dev lo");
  server.ip("address add 2001:db8::9/128 dev lo nodad");
  server.ip("route add default via 10.2.0.1");
  const heard4 = await server.listen("10.9.9.9", 80);
  const heard6 = await server.listen("2001:db8::9", 80);
  t.teardown(() => server.close());

  for (const [name, open] of Object.entries(DEVICES)) {
    t.test(
      `${name} sends a packet to another next hop than its destination`,
      { skip: skipOf(name) },
      async (t) => {
        const device = open(1500);
        const packet = udp({ from: "10.1.0.2:5000", to: "10.9.9.9:80", payload: "direct" });
        t.ok(device.transmit(frameOf(packet), hop("10.2.0.2")));
        t.equal(await heard4(), "10.1.0.2:5000 6 direct");
        t.strictSame(device.drops, {});
        t.strictSame(device.capabilities, {
          receive: false,
          transmit: true,
          nextHop: true,
          forwarded: false,
        });
        t.equal(device.receive([new Frame()]), 0);
        device.close();
        device.close();
      },
    );

    t.test(
      `${name} takes the packet before transmit() returns`,
      { skip: skipOf(name) },
      async (t) => {
        const device = open(1500);
        const frame = frameOf(udp({ from: "10.1.0.2:5000", to: "10.9.9.9:80", payload: "first" }));
        t.ok(device.transmit(frame, hop("10.2.0.2")));
        frame.load(udp({ from: "10.1.0.2:5000", to: "10.9.9.9:80", payload: "other" }));
        t.equal(await heard4(), "10.1.0.2:5000 5 first");
        device.close();
      },
    );

    t.test(
      `${name} cuts a packet larger than the interface takes, if it may`,
      { skip: skipOf(name) },
      async (t) => {
        const device = open(1500);
        const large = { from: "10.1.0.2:5000", to: "10.9.9.9:80", payload: "y".repeat(9000) };
        t.ok(device.transmit(frameOf(udp({ ...large, id: 0 })), hop("10.2.0.2")));
        t.equal(await heard4(), "10.1.0.2:5000 9000 yyyyyyyyyy");
        t.strictSame(device.drops, {});
        device.transmit(frameOf(udp({ ...large, df: true })), hop("10.2.0.2"));
        // A packet behind it tells that the device is through with it.
        const behind = udp({ from: "10.1.0.2:5000", to: "10.9.9.9:80", payload: "behind" });
        t.ok(device.transmit(frameOf(behind), hop("10.2.0.2")));
        t.equal(await heard4(), "10.1.0.2:5000 6 behind");
        t.strictSame(device.drops, { EMSGSIZE: 1 });
        device.close();
      },
    );
  }

  for (const [name, open] of Object.entries(DEVICES)) {
    const skip = skipOf(name);
    const ends = { from: "[2001:db8:77::1]:5000", to: "[2001:db8::9]:80" };

    t.test(`${name} sends IPv6 from anybody to another next hop`, { skip }, async (t) => {
      const device = open(1500);
      t.ok(device.transmit(frameOf(udp({ ...ends, payload: "six" })), hop("2001:db8:2::2")));
      t.equal(await heard6(), "2001:db8:77::1:5000 3 six");
      t.strictSame(device.drops, {});
      device.close();
    });

    t.test(`${name} cuts IPv6 packets to the size of their way`, { skip }, async (t) => {
      const device = open(1300);
      const packet = udp({ ...ends, payload: "y".repeat(1400) });
      t.ok(device.transmit(frameOf(packet), hop("2001:db8:2::2")), "smaller than the link");
      t.equal(await heard6(), "2001:db8:77::1:5000 1400 yyyyyyyyyy");
      const large = udp({ ...ends, payload: "y".repeat(9000) });
      t.ok(device.transmit(frameOf(large), hop("2001:db8:2::2")));
      t.equal(await heard6(), "2001:db8:77::1:5000 9000 yyyyyyyyyy");
      t.strictSame(device.drops, {});
      device.close();
    });

    t.test(`${name} sends in fragments what has come in fragments`, { skip }, async (t) => {
      const device = open(1500);
      const packets = [
        { packet: udp({ ...ends, payload: "z".repeat(1000) }), to: "2001:db8:2::2" },
        {
          packet: udp({ from: "10.1.0.2:5000", to: "10.9.9.9:80", payload: "z".repeat(1000) }),
          to: "10.2.0.2",
        },
      ];
      const before = reassembled(server);
      for (const { packet, to } of packets) {
        const frame = frameOf(packet);
        frame.fragmentSize = 600;
        frame.fragmentsDontFragment = true;
        t.ok(device.transmit(frame, hop(to)));
      }
      t.equal(await heard6(), "2001:db8:77::1:5000 1000 zzzzzzzzzz");
      t.equal(await heard4(), "10.1.0.2:5000 1000 zzzzzzzzzz");
      const [four, six] = reassembled(server).map((count, index) => count - before[index]!);
      t.strictSame([four, six], [2, 2], "fragments the server has put together");
      device.close();
    });
  }

  t.test("RawSocketDevice drops what its queue cannot hold", { skip: noRawSocket }, async (t) => {
    const device = RawSocketDevice.open({ routes: routesOf(1500), limit: 2 });
    const frame = frameOf(udp({ from: "10.1.0.2:5000", to: "10.9.9.9:80", payload: "queue" }));
    t.ok(device.transmit(frame, hop("10.2.0.2")));
    t.ok(device.transmit(frame, hop("10.2.0.2")));
    t.notOk(device.transmit(frame, hop("10.2.0.2")));
    t.equal(device.waiting, 2);
    await heard4();
    await heard4();
    t.equal(device.waiting, 0);
    device.close();
    t.notOk(device.transmit(frame, hop("10.2.0.2")));
    t.strictSame(device.drops, { "queue-full": 1, closed: 1 });
  });
}
