import t from "tap";
import { ScenarioError } from "../../src/scenario/scenario-error.ts";
import { run, wrong } from "./support.ts";

const VIP = "10.0.0.100:80";
const PAIR = [
  "directors A B",
  `ipvsadm -A -t ${VIP} -s rr`,
  `ipvsadm -a -t ${VIP} -r 192.168.10.11:80 -m`,
];

t.test(
  "a command is for all directors, packets and listings for the first that lives",
  async (t) => {
    const seen = await wrong([
      ...PAIR,
      "$ on B ipvsadm -Sn",
      `  | -A -t ${VIP} -s rr`,
      `  | -a -t ${VIP} -r 192.168.10.11:80 -m -w 1`,
      `client 203.0.113.1 opens ${VIP}`,
      "expect 1 connection",
      "on B expect no connections",
      "on B sysctl drop_entry=1",
      "$ sysctl drop_entry",
      "  | … 0",
      "fail director A",
      "expect no connections",
      "$ sysctl drop_entry",
      "  | … 1",
    ]);
    t.same(seen, []);
  },
);

t.test("what is set up before there are several, all have", async (t) => {
  const [first = "", ...rest] = PAIR;
  t.same(await wrong([...rest, first, "fail director A", `client 203.0.113.1 gets ${VIP}`]), []);
});

t.test("a backup hears a master when it sends, not at the end of a wait", async (t) => {
  const seen = await wrong([
    ...PAIR,
    "on A ipvsadm --start-daemon master --mcast-interface c0",
    "on B ipvsadm --start-daemon backup --mcast-interface c0",
    "ipvsadm --set 0 0 10",
    "ipvsadm -A -u 10.0.0.100:53 -s rr",
    "ipvsadm -a -u 10.0.0.100:53 -r 192.168.10.11:53 -m",
    "sysctl sync_threshold='0 1'",
    "client 203.0.113.1 asks 10.0.0.100:53",
    "+9s",
    "on B expect 1 connection UDP",
    // Ten seconds and the kernel's rounding, from when the message came.
    "+6s",
    "on B expect no connections",
  ]);
  t.same(seen, []);
});

t.test("a group is of either family, and has several ports if it is told to", async (t) => {
  const seen = await wrong([
    ...PAIR,
    "sysctl sync_ports=4",
    "sysctl sync_threshold='0 1'",
    "ipvsadm -A -u [2001:db8:c::100]:53 -s rr",
    "ipvsadm -a -u [2001:db8:c::100]:53 -r [2001:db8:d::11]:53 -m",
    "on A ipvsadm --start-daemon master --mcast-interface c0 --mcast-group ff02::81 --mcast-port 9000 --mcast-ttl 7",
    "on B ipvsadm --start-daemon backup --mcast-interface c0 --mcast-group ff02::81 --mcast-port 9000",
    "$ on A ipvsadm -ln --daemon",
    "  | master sync daemon (mcast=c0, syncid=0, maxlen=1452, group=ff02::81, port=9000, ttl=7)",
    ...[1, 2, 3, 4].map((host) => `client 203.0.113.${host} opens ${VIP}`),
    ...[1, 2, 3, 4].map((host) => `client 2001:db8:77::${host} asks [2001:db8:c::100]:53`),
    "+4s",
    "on B expect 8 connections",
  ]);
  t.same(seen, []);
});

t.test("a director that is a backup only balances nothing until it is none", async (t) => {
  const seen = await wrong([
    ...PAIR,
    "on B sysctl backup_only=1",
    "on B ipvsadm --start-daemon backup --mcast-interface c0",
    "fail director A",
    `tcp 203.0.113.1:1000 ${VIP} S`,
    "expect no connections",
    "ipvsadm --stop-daemon backup",
    `client 203.0.113.1 opens ${VIP}`,
    "expect 1 connection",
  ]);
  t.same(seen, []);
});

/** Lines that cannot be carried out, and what is said of them. */
const IMPOSSIBLE: readonly (readonly [lines: readonly string[], because: RegExp])[] = [
  [["on A ipvsadm -Ln"], /a director that lives \(there is no director "A"\)/],
  [["directors A A"], /two have the same name/],
  [["directors A 1"], /"1" is no name/],
  [["directors A all"], /"all" is no name/],
  [["directors A B", "directors C D"], /there are several already/],
  [["directors A B", "fail director C"], /there is no director "C"/],
  [["directors A B", "fail director A", "fail director B"], /it is the last one/],
  [["directors A B", "fail director A", "on A ipvsadm -Ln"], /director "A" has failed/],
];

t.test("what cannot be is told with its line", async (t) => {
  for (const [lines, because] of IMPOSSIBLE) {
    await t.rejects(run(lines), { constructor: ScenarioError, message: because }, lines.join("; "));
  }
});
