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

  t.test("RawIpDevice sends IPv6 the same way", async (t) => {
    const device = new RawIpDevice(routesOf(1500));
    const packet = udp({ from: "[2001:db8:2::1]:5000", to: "[2001:db8::9]:80", payload: "six" });
    t.ok(device.transmit(frameOf(packet), hop("2001:db8:2::2")));
    t.equal(await heard6(), "2001:db8:2::1:5000 3 six");
    device.close();
  });

  t.test(
    "RawSocketDevice drops what its queue cannot hold, and what it cannot send",
    { skip: noRawSocket },
    async (t) => {
      const device = RawSocketDevice.open({ routes: routesOf(1500), limit: 2 });
      const frame = frameOf(udp({ from: "10.1.0.2:5000", to: "10.9.9.9:80", payload: "queue" }));
      t.ok(device.transmit(frame, hop("10.2.0.2")));
      t.ok(device.transmit(frame, hop("10.2.0.2")));
      t.notOk(device.transmit(frame, hop("10.2.0.2")));
      t.equal(device.waiting, 2);
      await heard4();
      await heard4();
      t.equal(device.waiting, 0);
      t.notOk(device.transmit(frame, hop("2001:db8:2::2")));
      device.close();
      t.notOk(device.transmit(frame, hop("10.2.0.2")));
      t.strictSame(device.drops, { "queue-full": 1, EAFNOSUPPORT: 1, closed: 1 });
    },
  );
}
