import t from "tap";
import { protocolName, type StatusSources, statusFile } from "../../src/control/procfs.ts";
import type { ConnectionRecord } from "../../src/engine/connection-record.ts";
import { type Address, ipv4Address, parseAddress } from "../../src/net/address.ts";
import { NO_TRAFFIC } from "../../src/wire/ipvs-objects.ts";
import { DIRECT, FakeAdministration, markService, PLAIN, tcpService } from "./support.ts";

const EMPTY: StatusSources = {
  administration: new FakeAdministration(),
  ticksPerSecond: 100,
  totals: () => NO_TRAFFIC,
  processors: () => [],
  connections: () => [],
  helpers: () => [],
};

function file(name: string, sources: Partial<StatusSources> = {}): string {
  return [...(statusFile({ ...EMPTY, ...sources }, name) ?? [])].join("");
}

const SERVICES_HEAD =
  "IP Virtual Server version 1.2.1 (size=4096)\n" +
  "Prot LocalAddress:Port Scheduler Flags\n" +
  "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n";

t.test("a name nobody knows is no file", async (t) => {
  t.equal(statusFile(EMPTY, "ip_vs_status"), undefined);
  t.equal(statusFile(EMPTY, "constructor"), undefined);
});

t.test("ip_vs lists services and destinations as the kernel does", async (t) => {
  const administration = new FakeAdministration();
  const udp = { ...tcpService("10.0.0.100", 53), protocol: 17 };
  const udp6 = { ...tcpService("2001:db8:c::101", 53), protocol: 17 };
  const persistent = { ...PLAIN, flags: 1 };
  administration.addService({ ...markService(9), family: 6, address: udp6.address }, PLAIN);
  administration.addService(markService(5), {
    ...persistent,
    timeout: 100,
    netmask: 0xffff0000,
    flags: 5,
  });
  const tunnel = { ...DIRECT, method: "tunnel" as const, weight: 65535 };
  const bypass = { ...DIRECT, method: "bypass" as const, weight: 0 };
  const wlc6 = tcpService("2001:db8:c::100", 80);
  administration.addService(wlc6, { ...persistent, timeout: 30, netmask: 64 });
  administration.addDestination(
    wlc6,
    { address: parseAddress("2001:db8:d::11"), port: 80 },
    DIRECT,
  );
  administration.addService(udp6, { ...PLAIN, flags: 4 });
  administration.addService(udp, { ...PLAIN, scheduler: "rr", flags: 4 });
  administration.addService(tcpService("10.0.0.101", 0), { ...persistent, timeout: 360 });
  const web = tcpService("10.0.0.100", 80);
  administration.addService(web, PLAIN);
  administration.addDestination(web, { address: parseAddress("192.168.10.12"), port: 80 }, bypass);
  administration.addDestination(
    web,
    { address: parseAddress("192.168.10.13"), port: 8080 },
    tunnel,
  );
  t.equal(
    file("ip_vs", { administration }),
    `${SERVICES_HEAD}TCP  0A000064:0050 wlc  
  -> C0A80A0D:1F90      Tunnel  65535  0          0         
  -> C0A80A0C:0050      Masq    0      0          0         
TCP  0A000065:0000 wlc  persistent 36000 FFFFFFFF
UDP  0A000064:0035 rr ops  
UDP  [2001:0db8:000c:0000:0000:0000:0000:0101]:0035 wlc 
TCP  [2001:0db8:000c:0000:0000:0000:0000:0100]:0050 wlc persistent 3000 40000000
  -> [2001:0db8:000d:0000:0000:0000:0000:0011]:0050      Route   1      0          0         
FWM  00000005 wlc ops persistent 10000 FFFF0000
FWM  00000009 wlc 
`,
  );
});

t.test("ip_vs shows a persistence timeout in ticks of the kernel's clock", async (t) => {
  const administration = new FakeAdministration();
  administration.addService(tcpService("10.0.0.1", 80), { ...PLAIN, flags: 1, timeout: 300 });
  t.match(file("ip_vs", { administration, ticksPerSecond: 250 }), "persistent 75000 FFFFFFFF\n");
});

function tcp(
  client: readonly [string, number],
  virtual: readonly [string, number],
  destination: readonly [string, number],
  rest: Partial<ConnectionRecord> = {},
): ConnectionRecord {
  const clientAddress = parseAddress(client[0]);
  return {
    protocol: 6,
    family: clientAddress.family,
    clientAddress,
    clientPort: client[1],
    virtualAddress: parseAddress(virtual[0]),
    virtualPort: virtual[1],
    destinationAddress: parseAddress(destination[0]),
    destinationPort: destination[1],
    state: "SYN_RECV",
    expires: 57.9,
    synced: false,
    ...rest,
  };
}

const MARK6: Address = { family: 6, words: Uint32Array.of(1, 0, 0, 0) };

/** Connections as the kernel was seen to list them. */
const CONNECTIONS: readonly ConnectionRecord[] = [
  tcp(["10.1.2.3", 1001], ["10.0.0.100", 80], ["192.168.10.11", 80]),
  tcp(["10.1.2.3", 0], ["10.0.0.101", 0], ["192.168.10.11", 0], { state: "NONE", expires: 357 }),
  tcp(["2001:db8:1::3", 4000], ["2001:db8:c::100", 80], ["2001:db8:d::13", 80], { synced: true }),
  tcp(["10.1.2.3", 0], ["10.0.0.100", 5060], ["192.168.10.11", 5060], {
    protocol: 17,
    state: "NONE",
    expires: -3,
    engineName: "sip",
    engineData: "def@h",
  }),
  tcp(["10.1.2.3", 0], ["10.0.0.100", 0], ["192.168.10.12", 0], {
    protocol: 0,
    state: "ASSURED",
    virtualAddress: ipv4Address(7),
    expires: 6000000,
  }),
  tcp(["2001:db8:1::", 0], ["2001:db8::", 0], ["192.168.10.12", 65535], {
    protocol: 132,
    virtualAddress: MARK6,
  }),
];

t.test("ip_vs_conn lists connections as the kernel does", async (t) => {
  t.equal(
    file("ip_vs_conn", { connections: () => CONNECTIONS }),
    `Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
TCP 0A010203 03E9 0A000064 0050 C0A80A0B 0050 SYN_RECV         57
TCP 0A010203 0000 0A000065 0000 C0A80A0B 0000 NONE            357
TCP 2001:0db8:0001:0000:0000:0000:0000:0003 0FA0 2001:0db8:000c:0000:0000:0000:0000:0100 0050 2001:0db8:000d:0000:0000:0000:0000:0013 0050 SYN_RECV         57
UDP 0A010203 0000 0A000064 13C4 C0A80A0B 13C4 NONE              0 sip def@h
IP  0A010203 0000 00000007 0000 C0A80A0C 0000 ASSURED     6000000
SCTP 2001:0db8:0001:0000:0000:0000:0000:0000 0000 0000:0001:0000:0000:0000:0000:0000:0000 0000 C0A80A0C FFFF SYN_RECV         57
`,
  );
});

t.test("ip_vs_conn_sync tells where a connection comes from", async (t) => {
  t.equal(
    file("ip_vs_conn_sync", { connections: () => CONNECTIONS.slice(1, 4) }),
    `Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires
TCP 0A010203 0000 0A000065 0000 C0A80A0B 0000 NONE        LOCAL      357
TCP 2001:0db8:0001:0000:0000:0000:0000:0003 0FA0 2001:0db8:000c:0000:0000:0000:0000:0100 0050 2001:0db8:000d:0000:0000:0000:0000:0013 0050 SYN_RECV    SYNC        57
UDP 0A010203 0000 0A000064 13C4 C0A80A0B 13C4 NONE        LOCAL        0
`,
  );
});

t.test("connections are taken one by one", async (t) => {
  let taken = 0;
  const connections = function* () {
    for (; ; taken++) yield CONNECTIONS[0]!;
  };
  const lines = statusFile({ ...EMPTY, connections }, "ip_vs_conn")![Symbol.iterator]();
  for (let count = 0; count < 3; count++) lines.next();
  t.ok(taken < 3);
});

const TOTALS = {
  conns: 6n,
  inPackets: 6n,
  outPackets: 0n,
  inBytes: 0xf9n,
  outBytes: 0n,
  cps: 1n,
  inPps: 1n,
  outPps: 0n,
  inBps: 0x1fn,
  outBps: 0n,
};

t.test("ip_vs_stats shows totals and rates in hexadecimal", async (t) => {
  t.equal(
    file("ip_vs_stats", { totals: () => TOTALS }),
    `   Total Incoming Outgoing         Incoming         Outgoing
   Conns  Packets  Packets            Bytes            Bytes
       6        6        0               F9                0

 Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s
       1        1        0               1F                0
`,
  );
});

t.test("ip_vs_stats_percpu shows a line a processor before the totals", async (t) => {
  const processors = () => [{ ...TOTALS, conns: 0xabcn, outBytes: 2n ** 63n }, TOTALS];
  t.equal(
    file("ip_vs_stats_percpu", { totals: () => TOTALS, processors }),
    `       Total Incoming Outgoing         Incoming         Outgoing
CPU    Conns  Packets  Packets            Bytes            Bytes
  0      ABC        6        0               F9 8000000000000000
  1        6        6        0               F9                0
  ~        6        6        0               F9                0

     Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s
           1        1        0               1F                0
`,
  );
});

t.test("ip_vs_app lists the ports helpers watch", async (t) => {
  const helpers = () => [{ protocol: 6, port: 21, useCount: 0, name: "ftp" }];
  t.equal(
    file("ip_vs_app", { helpers }),
    "prot port    usecnt name\nTCP  21      0      ftp              \n",
  );
});

t.test("protocolName() gives a number to what has no name", async (t) => {
  const names = [0, 1, 6, 17, 58, 132, 50, 255].map(protocolName);
  t.same(names, ["IP", "ICMP", "TCP", "UDP", "ICMPv6", "SCTP", "IP_50", "IP_255"]);
});
