import t from "tap";
import { isNoise } from "../../src/parity/noise.ts";
import { hex, icmp, ip, udp } from "../support/packet.ts";

const GROUP = { from: "fe80::1", to: "ff02::1" };

t.test("group memberships, routers and neighbours are noise", async (t) => {
  const igmp = ip({ from: "10.0.0.1", to: "224.0.0.22", protocol: 2, payload: hex("22000000") });
  t.equal(isNoise(0x0800, igmp), true);
  for (const type of [133, 135, 136, 137, 143]) {
    t.equal(isNoise(0x86dd, icmp({ ...GROUP, type, code: 0 })), true, `type ${type}`);
  }
  const report = hex("3a000502000000008f00000000000000");
  t.equal(isNoise(0x86dd, ip({ ...GROUP, protocol: 0, payload: report })), true);
});

t.test("what a director may send to a group is not", async (t) => {
  const sync = udp({ from: "10.0.0.1:8848", to: "224.0.0.81:8848", payload: "sync" });
  t.equal(isNoise(0x0800, sync), false);
  t.equal(isNoise(0x86dd, icmp({ ...GROUP, type: 128, code: 0 })), false);
  t.equal(isNoise(0x0806, new Uint8Array(28)), false);
  t.equal(isNoise(0x86dd, new Uint8Array(0)), false);
});
