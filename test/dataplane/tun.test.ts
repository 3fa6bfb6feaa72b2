import { existsSync, readFileSync, writeFileSync } from "node:fs";
import t from "tap";
import { TunDevice } from "../../dataplane/tun.ts";
import { parseAddress } from "../../src/net/address.ts";
import { Frame } from "../../src/wire/frame.ts";
import { inNamespace, ip, runInNamespace } from "../support/namespace.ts";
import { udp } from "../support/packet.ts";

const NOWHERE = { family: 4, address: parseAddress("0.0.0.0").words } as const;

function setting(name: string): string {
  return readFileSync(`/proc/sys/net/${name}`, "utf8").trim();
}

if (!inNamespace()) runInNamespace(t, import.meta.url);
else {
  ip("link set lo up");

  t.test("open() makes an interface that takes everything, and close() removes it", (t) => {
    const log: string[] = [];
    const device = TunDevice.open("tun7", { log: (line) => log.push(line) });
    t.match(ip("link show tun7"), /,UP.* mtu 65535 /);
    t.equal(Number(ip("link show tun7").split(":")[0]), device.interfaceIndex);
    t.equal(setting("ipv4/conf/tun7/accept_local"), "1");
    t.equal(setting("ipv4/conf/tun7/forwarding"), "1");
    t.equal(setting("ipv4/conf/tun7/rp_filter"), "0");
    t.equal(setting("ipv6/conf/tun7/disable_ipv6"), "1");
    t.equal(log[0], "ip tuntap add dev tun7 mode tun");
    t.ok(log.includes("sysctl -w net/ipv4/conf/tun7/accept_local=1"));
    t.equal(log.at(-1), "ip link set dev tun7 mtu 65535 up");
    device.close();
    device.close();
    t.notOk(existsSync("/proc/sys/net/ipv4/conf/tun7"));
    t.end();
  });

  t.test("open() loosens a reverse path check that is strict for all interfaces", (t) => {
    ip("link add outside type veth peer name inside");
    const all = "/proc/sys/net/ipv4/conf/all/rp_filter";
    t.teardown(() => ip("link del outside"));
    writeFileSync(all, "1");
    const device = TunDevice.open("tun7");
    t.equal(setting("ipv4/conf/tun7/rp_filter"), "2");
    device.close();
    writeFileSync(all, "0");
    t.end();
  });

  t.test("open() refuses names that are taken or impossible", (t) => {
    const device = TunDevice.open("tun7");
    t.throws(() => TunDevice.open("tun7"), {
      code: "EBUSY",
      syscall: "ioctl",
      message: 'Cannot open TUN interface "tun7": an interface of this name exists (EBUSY)',
    });
    t.throws(() => TunDevice.open("lo"), { message: /^Cannot open TUN interface "lo": / });
    t.throws(() => TunDevice.open(""), RangeError);
    t.throws(() => TunDevice.open("sixteen-letters-"), {
      message: 'Cannot open TUN interface "sixteen-letters-": a name has 1–15 bytes',
    });
    device.close();
    t.end();
  });

  t.test("receive() fills frames from the first on, and transmit() is the way back", (t) => {
    const device = TunDevice.open("tun7", { mark: 9 });
    ip("address add 10.5.0.1/24 dev tun7");
    const sender = TunDevice.open("tun8");
    ip("address add 10.6.0.1/24 dev tun8");
    const frame = new Frame();
    // Two packets arrive by one interface, and the host forwards them into the other.
    for (const payload of ["one", "two"]) {
      frame.load(udp({ from: "10.6.0.2:1", to: "10.5.0.2:2", payload, ttl: 9 }));
      t.ok(sender.transmit(frame, NOWHERE));
    }
    const batch = [new Frame(), new Frame(), new Frame()];
    const first = device.receive(batch.slice(0, 1));
    t.equal(first, 1, "never more than the batch holds");
    t.equal(device.receive(batch.slice(1)), 1);
    t.equal(device.receive(batch), 0);
    t.strictSame(
      batch.slice(0, 2).map((frame) => frame.packet()),
      ["one", "two"].map((payload) =>
        udp({ from: "10.6.0.2:1", to: "10.5.0.2:2", payload, ttl: 8 }),
      ),
    );
    t.equal(batch[0]?.mark, 9);
    t.strictSame(sender.drops, {});
    device.close();
    sender.close();
    t.end();
  });
}
