import t from "tap";
import { EmulatorBed } from "../../src/scenario/emulator-bed.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { play } from "../../src/scenario/play.ts";
import { ScenarioError } from "../../src/scenario/scenario-error.ts";
import type { TranscriptRecord } from "../../src/scenario/transcript.ts";

async function played(...lines: string[]): Promise<readonly TranscriptRecord[]> {
  const bed = new EmulatorBed();
  const records: TranscriptRecord[] = [];
  try {
    const scenario = parseScenario("a.scn", ["topo std", ...lines, ""].join("\n"));
    for await (const record of play(scenario, bed)) records.push(record);
  } finally {
    await bed.close();
  }
  return records;
}

/** Returns what left the host because of the last packet sent. */
async function seen(...lines: string[]): Promise<readonly string[]> {
  const records = await played("brief on", ...lines);
  const sent = records.findLast((record) => record.op === "send");
  return (sent?.rx ?? []) as readonly string[];
}

const SERVICE = ["ipvsadm -A -f 7 -s rr", "ipvsadm -a -f 7 -r 192.168.10.11:0 -g"];
const MARK = "iptables -t mangle -A PREROUTING";
const TO_SERVER = "r0 02:00:00:00:d0:11 TCP 10.1.2.3:1000>10.0.0.100:80 S len=0";
const SYN = "tcp 10.1.2.3:1000 10.0.0.100:80 S";

t.test("a packet may be told its mark, which is its own", async (t) => {
  const reset = ["c0 02:00:00:00:c0:fe TCP 10.0.0.100:80>10.1.2.3:1000 RA len=0"];
  t.same(await seen(...SERVICE, `${SYN} mark=7`), [TO_SERVER]);
  t.same(await seen(...SERVICE, `${SYN} mark=0x8`), reset);
  const other = SYN.replace("1000", "1001");
  t.same(await seen(...SERVICE, `${other} mark=7`, SYN), reset, "the next has none");
  const rule = `${MARK} -j MARK --set-mark 8`;
  t.same(await seen(...SERVICE, rule, `${SYN} mark=7`), [TO_SERVER], "rules come before");
});

t.test("a bed tells why packets went on or did not, its own answers among them", async (t) => {
  const bed = new EmulatorBed();
  const other = SYN.replace("1000", "1001");
  const lines = ["topo std", ...SERVICE, `${SYN} mark=7`, other];
  for await (const _ of play(parseScenario("a.scn", lines.join("\n")), bed));
  t.same(bed.reasons(), ["request", "no-service", "no-connection", "no-listener"]);
  t.same(bed.reasons(), [], "each is told once");
  await bed.close();
});

t.test("iptables gives marks by interface, prefix, protocol and port", async (t) => {
  const reset = ["c0 02:00:00:00:c0:fe TCP 10.0.0.100:80>10.1.2.3:1000 RA len=0"];
  const cases: readonly (readonly [rule: string, matches: boolean])[] = [
    ["-d 10.0.0.100 -j MARK --set-mark 7", true],
    ["-s 10.1.0.0/16 -d 10.0.0.0/24 -p tcp -m tcp --dport 80 -i c0 -j MARK --set-mark 0x7", true],
    ["-p tcp --dport 79:81 -j MARK --set-xmark 7/0xff", true],
    ["-p 6 -j MARK --set-mark 7", true],
    ["-p udp -j MARK --set-mark 7", false],
    ["-p tcp --dport 81 -j MARK --set-mark 7", false],
    ["-i r0 -j MARK --set-mark 7", false],
    ["-j MARK --set-mark 8", false],
  ];
  for (const [rule, matches] of cases) {
    t.same(await seen(...SERVICE, `${MARK} ${rule}`, SYN), matches ? [TO_SERVER] : reset, rule);
  }
  const rule = "-d 10.0.0.100 -j MARK --set-mark 7";
  const deleted = `iptables -t mangle -D PREROUTING ${rule}`;
  t.same(await seen(...SERVICE, `${MARK} ${rule}`, deleted, SYN), reset, "deleted");
});

t.test("ip changes routes, rules, interfaces and neighbours", async (t) => {
  const packet = "tcp 10.1.2.3:1000 10.9.0.5:80 S";
  const out = (dev: string, mac: string) => [`${dev} ${mac} TCP 10.1.2.3:1000>10.9.0.5:80 S len=0`];
  t.same(await seen(packet), out("c0", "02:00:00:00:c0:fe"), "default route");
  t.same(
    await seen("iproute route add 10.9.0.0/24 via 192.168.10.12 dev r0", packet),
    out("r0", "02:00:00:00:d0:12"),
  );
  t.same(
    await seen(
      "iproute route add 10.9.0.0/24 dev r0",
      "iproute neigh add 10.9.0.5 lladdr 02:00:00:00:00:05 dev r0",
      packet,
    ),
    out("r0", "02:00:00:00:00:05"),
  );
  t.same(await seen("iproute route add 10.9.0.0/24 dev r0", packet), [], "nobody answers there");
  t.same(
    await seen(
      "iproute rule add fwmark 7 lookup 100",
      "iproute route add default via 192.168.10.13 dev r0 table 100",
      `${MARK} -d 10.9.0.5 -j MARK --set-mark 7`,
      packet,
    ),
    out("r0", "02:00:00:00:d0:13"),
  );
  t.same(await seen("iproute link set c0 down", packet), [], "interface down");
  const [, again] = await played(
    "iproute addr add 10.8.0.1/24 dev r0",
    "iproute addr add 10.8.0.1/24 dev r0",
  ).then((records) => records.filter(({ op }) => op === "ip"));
  t.match(again, { rc: 2, err: /File exists/ });
});

t.test("what the host does not have is refused with its place", async (t) => {
  const cases: readonly (readonly [line: string, ...words: string[]])[] = [
    ["iptables -A INPUT -j DROP", "iptables here knows no"],
    ["iptables -t mangle -A PREROUTING -m state -j MARK --set-mark 1", "knows no other matches"],
    ["iproute tunnel add x", 'knows no object "tunnel"'],
    ["iproute route add nonsense", 'knows no "nonsense" as a prefix'],
    ["sysctl net.ipv4.ip_forward 0", "net.ipv4.ip_forward=0"],
    ["topo star", "must be one of std"],
    ["tap c0", "c0"],
  ];
  for (const [line, ...words] of cases) {
    const error = await played(line).catch((reason: unknown) => reason);
    if (!(error instanceof ScenarioError)) throw error;
    t.match(error.message, /^a\.scn:2:1: /, line);
    for (const word of words) t.ok(error.message.includes(word), error.message);
  }
});

t.test("frames are for the host, for all, or for somebody else", async (t) => {
  const packet = "4500001c001040004001246a0a0102030a0000640800f7ff00000000";
  const frame = (to: string, type = "0800") => `frame c0 ${to}02000000c0ff${type}${packet}`;
  const answer = ["c0 02:00:00:00:c0:fe ICMP 10.0.0.100>10.1.2.3 type=0 code=0 rest=00000000"];
  t.same(await seen(frame("020000006330")), answer, "to the host");
  t.same(await seen(frame("02000000c0fe")), [], "to another");
  t.same(await seen(frame("020000006330", "0806")), [], "no IP");
  const records = await played("frame c0 0200");
  t.match(records[1], { op: "send", dev: "c0", frame: "0200", errno: "EINVAL", rx: [] });
});

t.test("a line of shell sees the director, and keeps its files to itself", async (t) => {
  const records = await played(
    "ipvsadm -A -t 10.0.0.100:80 -s rr",
    "sh ipvsadm -Sn > /tmp/rules; cat /tmp/rules; ls /tmp; grep -c rr /proc/net/ip_vs; exit 3",
    "sh echo 1 > /proc/sys/net/ipv4/vs/secure_tcp; cat /nowhere/x /tmp/x",
    "cat /proc/sys/net/ipv4/vs/secure_tcp",
  );
  const rules = "-A -t 10.0.0.100:80 -s rr\n";
  t.match(records[2], { op: "sh", rc: 3, out: `${rules}rules\n1\n`, err: "" });
  t.match(records[3], { op: "sh", err: /\/nowhere\/x.*\n.* \/tmp\/x: / });
  t.match(records[4], { op: "cat", out: "1\n" });
});

t.test("time passes only when told, and entries end with it", async (t) => {
  const records = await played(
    "ipvsadm -A -u 10.0.0.100:53 -s rr",
    "ipvsadm -a -u 10.0.0.100:53 -r 192.168.10.11 -m",
    "udp 10.1.2.3:1000 10.0.0.100:53",
    "sleep 299",
    "ipvsadm -Lnc",
    "recv 60000",
    "ipvsadm -Lnc",
  );
  t.match(records[5], { t: 299, out: /UDP 00:0[01] {2}UDP/ });
  t.match(records[6], { t: 359, out: /destination\n$/ });
});
