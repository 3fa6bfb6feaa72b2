import { createSocket } from "node:dgram";
import { once } from "node:events";
import { join } from "node:path";
import t from "tap";
import { HostDevice } from "../../dataplane/host-device.ts";
import { HostRoutes } from "../../dataplane/host-routes.ts";
import { Interception, type Selector } from "../../dataplane/interception.ts";
import { RawIpDevice } from "../../dataplane/raw-ip.ts";
import { AF_INET, openLibc, SOCK_RAW, SOL_SOCKET } from "../../dataplane/sys/libc.ts";
import { Waiter } from "../../dataplane/sys/poll.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { parseAddress } from "../../src/net/address.ts";
import { Frame } from "../../src/wire/frame.ts";
import * as ipv4 from "../../src/wire/ipv4.ts";
import { inNamespace, ip, Peer, runInNamespace } from "../support/namespace.ts";
import { internetChecksum, udp } from "../support/packet.ts";
import { selector } from "../support/selectors.ts";

const WEB = selector({ direction: "request", protocol: 17, address: "10.9.9.9", port: 80 });
const WEB6 = selector({ direction: "request", protocol: 17, address: "2001:db8::9", port: 80 });
const REPLY = selector({ direction: "reply", protocol: 17, address: "10.2.0.2", port: 80 });
const ERROR: Selector = { direction: "error", family: 4, protocol: 1 };
const ERROR6: Selector = { direction: "error", family: 6, protocol: 58 };
const MARKED = selector({ direction: "request", fwmark: 7 });

/** Returns how many messages have told a host that something is unreachable, IPv4 and IPv6. */
function unreachables(peer: Peer): readonly number[] {
  const four = /^IcmpMsg: .*\nIcmpMsg: (.*)$/m.exec(peer.read("net/snmp"));
  const names = /^IcmpMsg: (.*)$/m.exec(peer.read("net/snmp"))?.[1]?.split(" ") ?? [];
  const six = /Icmp6InDestUnreachs\s+(\d+)/.exec(peer.read("net/snmp6"))?.[1];
  return [Number(four?.[1]?.split(" ")[names.indexOf("InType3")] ?? 0), Number(six)];
}

if (!inNamespace()) runInNamespace(t, import.meta.url);
else {
  ip("link set lo up");
  ip("address add 10.9.9.9/32 dev lo");
  ip("address add 2001:db8::9/128 dev lo nodad");
  const client = await Peer.make();
  const server = await Peer.make();
  client.connect(
    { name: "tocl", address: "10.1.0.1/24" },
    { name: "eth0", address: "10.1.0.2/24" },
  );
  server.connect(
    { name: "tosv", address: "10.2.0.1/24" },
    { name: "eth0", address: "10.2.0.2/24" },
  );
  ip("address add 2001:db8:1::1/64 dev tocl nodad");
  client.ip("address add 2001:db8:1::2/64 dev eth0 nodad");
  client.ip("route add default via 10.1.0.1");
  client.ip("route add default via 2001:db8:1::1");
  ip("address add 2001:db8:2::1/64 dev tosv nodad");
  server.ip("address add 2001:db8:2::2/64 dev eth0 nodad");
  server.ip("route add default via 2001:db8:2::1");
  server.ip("route add default via 10.2.0.1");
  server.ip("address add 10.9.9.9/32 dev lo");

  const routes = HostRoutes.open({ clock: new ManualClock() });
  const device = HostDevice.open({ name: "uipvs0", output: new RawIpDevice(routes) });
  const statePath = join(t.testdir({}), "host-settings.json");
  const deviceFor = (mark: number) => device.captureDevice(mark);
  const interception = Interception.open({ deviceFor, statePath });
  const waiter = new Waiter([]);
  const batch = [new Frame(), new Frame(), new Frame(), new Frame()];

  let captured: readonly Selector[] = [];

  /** Has the host hand over no other packets. */
  const capture = (...selectors: readonly Selector[]) => {
    interception.apply({ add: selectors, remove: captured });
    captured = selectors;
    waiter.watch(device.fds);
  };

  /** Returns the next packet of a protocol; hosts talk of other things as well. */
  const next = (protocol = 17): Frame => {
    for (let tries = 0; tries < 100; tries++) {
      const count = device.receive(batch.slice(0, 1)) || (waiter.wait(10_000) ? 0 : -1);
      if (count < 0) break;
      for (const frame of batch.slice(0, count)) {
        const { view, start } = frame;
        const found =
          ipv4.version(view, start) === 4 ? ipv4.protocol(view, start) : view.getUint8(start + 6);
        if (found === protocol) return frame;
      }
    }
    throw new Error("No packet was captured");
  };
  const text = (frame: Frame, at = 28) => new TextDecoder().decode(frame.packet().subarray(at));

  t.teardown(() => {
    interception.close();
    device.close();
    routes.close();
    waiter.close();
    client.close();
    server.close();
  });

  t.test("a request for a local virtual address is captured, forwarded once", async (t) => {
    capture(WEB);
    await client.send("hello", 80, "10.9.9.9");
    const frame = next();
    t.match(frame, { mark: 0, start: 128 });
    t.equal(ipv4.ttl(frame.view, frame.start), 63);
    t.equal(ipv4.dst(frame.view, frame.start), parseAddress("10.9.9.9").words[0]);
    t.equal(text(frame), "hello");
    const segment = frame.packet().subarray(20);
    t.equal(internetChecksum(frame.packet().subarray(0, 20)), 0);
    t.not(new DataView(segment.buffer, segment.byteOffset).getUint16(6), 0, "has its checksum");
  });

  t.test("accept() has the host deliver the packet", async (t) => {
    capture(WEB);
    const socket = createSocket("udp4");
    socket.bind(80, "10.9.9.9");
    await once(socket, "listening");
    await client.send("for you", 80, "10.9.9.9");
    const heard = once(socket, "message");
    t.ok(device.accept(next()));
    const [data, from] = await heard;
    t.equal(String(data), "for you");
    t.equal(from.address, "10.1.0.2");
    socket.close();
  });

  t.test("transmit() sends an untouched packet to the real server", async (t) => {
    capture(WEB);
    const heard = await server.listen("10.9.9.9", 80);
    await client.send("direct", 80, "10.9.9.9");
    const nextHop = { family: 4, address: parseAddress("10.2.0.2").words } as const;
    t.ok(device.transmit(next(), nextHop));
    t.match(await heard(), /^10\.1\.0\.2:\d+ 6 direct$/);
    t.strictSame(device.drops, {});
  });

  t.test("a reply of a real server is captured, and so is one of this host", async (t) => {
    capture(REPLY);
    const heard = await client.listen("10.1.0.2", 5555);
    const frame = batch[0]!;
    frame.load(udp({ from: "10.2.0.2:80", to: "10.1.0.2:5555", payload: "answer" }));
    const toServer = { family: 4, address: parseAddress("10.1.0.2").words } as const;
    t.ok(device.transmit(frame, toServer), "the director's own output is not captured");
    t.match(await heard(), "10.2.0.2:80 6 answer");
    ip("address add 10.2.0.2/32 dev lo");
    const socket = createSocket("udp4");
    socket.bind(80, "10.2.0.2");
    await once(socket, "listening");
    await new Promise<unknown>((sent) => socket.send("local", 5555, "10.1.0.2", sent));
    const captured = next();
    t.equal(text(captured), "local");
    t.equal(ipv4.ttl(captured.view, captured.start), 64, "was not forwarded");
    socket.close();
    ip("address del 10.2.0.2/32 dev lo");
  });

  t.test("packets of a firewall mark carry it", (t) => {
    capture(MARKED, WEB);
    t.equal(device.fds.length, 2);
    const libc = openLibc("Cannot test");
    const fd = libc.socket(AF_INET, SOCK_RAW, 255);
    // asm-generic/socket.h SO_MARK
    libc.setsockopt(fd, SOL_SOCKET, 36, Uint8Array.of(7, 0, 0, 0), 4);
    const packet = udp({ from: "10.9.9.9:1000", to: "192.0.2.1:2000", payload: "marked" });
    const to = Uint8Array.of(AF_INET, 0, 0, 0, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    t.equal(libc.sendto(fd, packet, packet.length, 0, to, to.length), packet.length);
    libc.close(fd);
    const frame = next();
    t.equal(frame.mark, 7);
    t.equal(text(frame), "marked");
    t.end();
  });

  t.test(
    "fragments are captured whatever their port, whole packets of other ports are not",
    async (t) => {
      capture(WEB, WEB6);
      for (const address of ["10.9.9.9", "2001:db8::9"]) {
        const four = !address.includes(":");
        await client.send("x".repeat(2000), 81, address);
        const lengths = [0, 1].map(() => next(four ? 17 : 44).length);
        t.strictSame(lengths, four ? [1500, 548] : [1496, 608]);
        await client.send("other port", 81, address);
        await client.send("whole", 80, address);
        t.equal(text(next(), four ? 28 : 48), "whole");
      }
    },
  );

  t.test("errors that pass are captured once, and neighbours find each other still", async (t) => {
    capture(WEB6, ERROR, ERROR6);
    for (const [address, protocol, count] of [
      ["10.2.0.2", 1, () => unreachables(client)[0]],
      ["2001:db8:2::2", 58, () => unreachables(client)[1]],
    ] as const) {
      for (const [host, link] of [
        [client, "eth0"],
        [server, "eth0"],
      ] as const) {
        host.ip(`neigh flush dev ${link}`);
      }
      const before = count();
      await client.send("nobody there", 9, address);
      const frame = next(protocol);
      t.ok(device.accept(frame));
      await client.send("still nobody", 9, address);
      t.ok(next(protocol), "what was given back does not come again before the next");
      t.equal(Number(count()) - Number(before), 1, "and has arrived");
    }
  });

  t.test("an IPv6 request is captured, given back and delivered", async (t) => {
    capture(WEB6);
    const socket = createSocket("udp6");
    socket.bind(80, "2001:db8::9");
    await once(socket, "listening");
    await client.send("six", 80, "2001:db8::9");
    const frame = next();
    t.equal(text(frame, 48), "six");
    t.equal(frame.view.getUint8(frame.start + 7), 63);
    const heard = once(socket, "message");
    t.ok(device.accept(frame));
    t.equal(String((await heard)[0]), "six");
    socket.close();
  });

  t.test("drops are counted by reason", (t) => {
    const frame = batch[0]!;
    frame.load(udp({ from: "10.9.9.9:1", to: "203.0.113.1:1", payload: "" }));
    const address = parseAddress("203.0.113.1").words;
    t.notOk(device.transmit(frame, { family: 4, address }));
    t.notOk(device.transmit(frame, { family: 4, address }));
    frame.load(Uint8Array.of(1, 2, 3));
    t.notOk(device.accept(frame));
    t.strictSame(device.drops, { ENETUNREACH: 2, EINVAL: 1 });
    t.end();
  });

  t.test("receive() throws when somebody deletes the interface", (t) => {
    capture();
    while (device.receive(batch) > 0);
    ip("link del uipvs0m7");
    t.throws(
      () => {
        device.receive(batch);
        device.receive(batch);
      },
      {
        code: "EBADFD",
        message: 'Cannot receive from TUN interface "uipvs0m7": the interface was deleted (EBADFD)',
      },
    );
    t.end();
  });
}
