import t from "tap";
import type { Device, NextHop } from "../../dataplane/device.ts";
import { IcmpListener } from "../../dataplane/icmp-listener.ts";
import { RawIpDevice } from "../../dataplane/raw-ip.ts";
import { Waiter } from "../../dataplane/sys/poll.ts";
import { type AddressWords, parseAddress } from "../../src/net/address.ts";
import { Frame } from "../../src/wire/frame.ts";
import { inNamespace, ip, runInNamespace } from "../support/namespace.ts";
import { fragments, icmp, udp } from "../support/packet.ts";

const OWN = parseAddress("10.9.9.9").words;
const batch = [new Frame(), new Frame(), new Frame()];

/** A device that notes what it is given. */
class Witness implements Device {
  readonly name = "witness";
  readonly capabilities = { receive: false, transmit: true, nextHop: true, forwarded: true };
  readonly drops = {};
  readonly accepted: Uint8Array[] = [];
  readonly sent: NextHop[] = [];

  receive(): number {
    return 0;
  }

  transmit(_frame: Frame, nextHop: NextHop): boolean {
    this.sent.push(nextHop);
    return true;
  }

  accept(frame: Frame): boolean {
    this.accepted.push(frame.packet().slice());
    return true;
  }

  close(): void {
    throw new Error("stays the caller's");
  }
}

if (!inNamespace()) runInNamespace(t, import.meta.url);
else {
  ip("link set lo up");
  ip("address add 10.9.9.9/32 dev lo");
  ip("-6 address add 2001:db8::9/128 dev lo nodad");

  const isLocal = (_family: 4 | 6, address: Readonly<AddressWords>) => address[0] === OWN[0];
  const device = new Witness();
  const listener = IcmpListener.open({ isLocal }, device);
  const waiter = new Waiter(listener.fds);
  const output = new RawIpDevice({
    route: () => ({ local: true, mtu: 65535, source: new Uint32Array(4) }),
  });
  t.teardown(() => {
    listener.close();
    listener.close();
    output.close();
    waiter.close();
  });

  /** Has the host get packets that seem to come from outside. */
  const arrive = (...packets: readonly Uint8Array[]) => {
    const frame = new Frame();
    for (const packet of packets) {
      frame.load(packet);
      const four = packet[0]! >>> 4 === 4;
      const to = parseAddress(four ? "10.9.9.9" : "2001:db8::9");
      if (!output.transmit(frame, { family: to.family, address: to.words })) {
        throw new Error(JSON.stringify(output.drops));
      }
    }
  };

  /** Returns the packets that are heard, once there are some. */
  const heard = () => {
    waiter.wait(10_000);
    return batch.slice(0, listener.receive(batch)).map((frame) => frame.packet().slice());
  };

  const quoted = udp({ from: "10.9.9.9:80", to: "10.1.0.2:4000", payload: "x".repeat(100) });
  const error = { from: "10.1.0.2", to: "10.9.9.9", type: 3, code: 3, quoted, ttl: 61 };
  const quoted6 = udp({ from: "[2001:db8::9]:80", to: "[2001:db8:1::2]:4000", payload: "six" });
  const error6 = { from: "2001:db8:1::2", to: "2001:db8::9", type: 1, code: 4, quoted: quoted6 };

  t.test("receive() hears errors as they came, of both families", async (t) => {
    arrive(icmp(error));
    t.strictSame(heard(), [icmp(error)]);
    arrive(icmp({ ...error6, ttl: 61 }));
    t.strictSame(heard(), [icmp({ ...error6, ttl: 61 })]);
    t.strictSame(listener.capabilities, {
      receive: true,
      transmit: true,
      nextHop: true,
      forwarded: false,
    });
  });

  t.test("receive() passes over what is no error, and what this host tells itself", async (t) => {
    arrive(
      icmp({ ...error, type: 8, code: 0 }),
      icmp({ ...error, type: 5, code: 0 }),
      icmp({ ...error6, type: 128, code: 0 }),
      icmp({ ...error6, type: 135, code: 0, ttl: 255 }),
      icmp({ ...error, from: "10.9.9.9" }),
      icmp({ ...error, type: 11 }),
    );
    t.strictSame(heard(), [icmp({ ...error, type: 11 })]);
  });

  t.test("receive() hears an error in fragments as one", async (t) => {
    const long = icmp({ ...error, quoted: "q".repeat(600) });
    arrive(...fragments(long, 304));
    const [packet] = heard();
    t.strictSame(packet?.subarray(20), long.subarray(20));
  });

  t.test("accept() gives the host only what was rewritten", async (t) => {
    for (const [packet, at] of [
      [icmp(error), 12],
      [icmp(error6), 8],
    ] as const) {
      arrive(packet);
      heard();
      const frame = batch[0]!;
      t.ok(listener.accept(frame));
      t.strictSame(device.accepted, [], "it has this one");
      frame.view.setUint8(frame.start + at + 3, 77);
      t.ok(listener.accept(frame));
      t.strictSame(device.accepted.splice(0), [frame.packet()]);
    }
  });

  t.test("transmit() is the other device's", async (t) => {
    const nextHop = { family: 4, address: parseAddress("10.1.0.2").words } as const;
    t.ok(listener.transmit(batch[0]!, nextHop));
    t.strictSame(device.sent, [nextHop]);
  });
}
