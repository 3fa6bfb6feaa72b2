import t from "tap";
import { icmp, ip, tcp } from "../support/packet.ts";
import { VIP, VIP6, Wire } from "./support.ts";

const CLIENTS = { 4: "10.1.2.3", 6: "2001:db8:1::3" } as const;
const SERVERS = { 4: "192.168.10.11:80", 6: "[2001:db8:d::11]:80" } as const;

function scheduling(value: string): Wire {
  const wire = new Wire();
  for (const [family, address] of [
    [4, VIP],
    [6, VIP6],
  ] as const) {
    wire.service("tcp", 80, { scheduler: "rr" }, address);
    wire.server("tcp", 80, SERVERS[family], {}, address);
  }
  wire.director.setSysctl("schedule_icmp", value);
  return wire;
}

/** An error about a packet from the virtual address, of which `length` bytes behind the IP header are left. */
function error(family: 4 | 6, length: number): Uint8Array {
  const [vip, client] = [family === 4 ? VIP : VIP6, CLIENTS[family]];
  const ends = family === 4 ? [`${vip}:80`, `${client}:999`] : [`[${vip}]:80`, `[${client}]:999`];
  const quoted = tcp({ from: ends[0]!, to: ends[1]! }).subarray(
    0,
    (family === 4 ? 20 : 40) + length,
  );
  const [type, code] = family === 4 ? [3, 1] : [1, 3];
  return icmp({ from: client, to: vip, type, code, quoted });
}

for (const family of [4, 6] as const) {
  t.test(`of IPv${family}, an error begins a connection by the ports it quotes`, async (t) => {
    const wire = scheduling("1");
    t.equal(wire.send(error(family, 4)).length, 1);
    t.equal(wire.director.connectionCount, 1);
  });

  t.test(`of IPv${family}, an error that quotes too little for ports is dropped`, async (t) => {
    const wire = scheduling("1");
    t.same(wire.send(error(family, 3)), []);
    t.same(wire.send(error(family, 0)), []);
    t.same(wire.director.drops(), { "truncated-transport": 2 });
    t.equal(wire.director.connectionCount, 0);
  });

  t.test(`of IPv${family}, any error is let pass where none may begin a connection`, async (t) => {
    const wire = scheduling("0");
    for (const length of [0, 3, 4]) wire.send(error(family, length));
    t.same(wire.director.drops(), {});
    t.equal(wire.director.verdicts().accept, 3);
  });
}

t.test("an error about a packet that never has ports is let pass", async (t) => {
  const wire = scheduling("1");
  const quoted = ip({ from: VIP, to: CLIENTS[4], protocol: 50, payload: "" });
  wire.send(icmp({ from: CLIENTS[4], to: VIP, type: 3, code: 1, quoted }));
  t.equal(wire.director.verdicts().accept, 1);
});
