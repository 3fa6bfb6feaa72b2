import t from "tap";
import { ScenarioError } from "../../src/scenario/scenario-error.ts";
import { script } from "./support.ts";

/** A line that is wrong, the column it is wrong at, and words of the message. */
const WRONG: readonly (readonly [line: string, column: number, ...words: string[]])[] = [
  ["bogus", 1, "a line that starts with one of client, clients, server", 'found "bogus"'],
  ["  $ bogus", 5, 'found "bogus"'],
  ["+5x", 2, "a time such as 300s", 'found "5x"'],
  ["+5s more", 5, "the end of the line"],
  ["let 1X = 2", 5, "a name of letters"],
  ["let X 2", 7, '"="', 'found "2"'],
  ["let X =", 8, "a value", "the line ends"],
  ["tcp 10.1.2.3:1 $VPI:80 S", 16, "a variable set before: $VIP", 'found "$VPI"'],
  ["client 10.1.2 gets 10.0.0.100:80", 8, "a client's ADDRESS[:PORT]"],
  ["client 10.1.2.3 takes 10.0.0.100:80", 17, "gets, opens, sends, closes or asks"],
  ["client 10.1.2.3 gets 10.0.0.100", 22, "the service, ADDRESS:PORT"],
  ["client 10.1.2.3 gets [2001:db8::1]:80", 22, "an IPv4 address like the client's"],
  ["client 10.1.2.3 gets 10.0.0.100:80 x0", 36, "xCOUNT"],
  ["client 10.1.2.3 gets 10.0.0.100:80 every day", 42, "a time such as 300s"],
  ["client 10.1.2.3 opens 10.0.0.100:80 over udp", 23, "udp has no connections"],
  ["client 10.1.2.3 gets 10.0.0.100:80 mark=x", 41, "a mark, 0–4294967295", 'found "x"'],
  ["clients 10.1.2.0/24 send 10.0.0.100:80", 26, "a single client"],
  ["directors A", 12, "the name of another director", "the line ends"],
  ["fail A", 6, '"director"', 'found "A"'],
  ["on A bogus", 6, 'found "bogus"'],
  ["server 192.168.10.11 sleeps", 22, "answers, refuses, silent"],
  ["expect", 7, "forwarded, dropped, icmp", "the line ends"],
  ["expect miracles", 8, 'found "miracles"'],
  ["expect forwarded by magic", 21, "one of nat, dr, tunnel"],
  ["expect dropped no-reason", 16, "a reason of docs/reasons.md"],
  ["expect icmp nothing", 13, "port-unreachable"],
  ["expect shares within 5", 22, "a part of all, such as 5%"],
  ["expect shares 192.168.10.11", 28, "a part such as 60%"],
  ["expect shares within 5%", 24, "of weights"],
  ["expect same server as ever", 23, '"before"'],
  ["expect 3 apples", 10, "connections, templates or servers"],
  ["expect no connections at all", 23, "a state such as ESTABLISHED"],
  ["expect server 192.168.10.11 has charm 3", 33, "weight, active"],
  ["expect server 192.168.10.11 has", 32, "the line ends"],
  ["expect exit 300", 13, "an exit status"],
  ["skip moon because", 6, "parity, real-time or test"],
  ["skip parity", 12, "the reason"],
  ["include nowhere.lvs", 9, "a file that can be read (ENOENT"],
];

t.test("readScript() says where a line is wrong, what was expected and what came", async (t) => {
  for (const [line, column, ...words] of WRONG) {
    try {
      script(["let VIP = 10.0.0.100", "", line]);
      t.fail(`accepted ${line}`);
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      t.same(error.place, { file: "a.lvs", line: 3, column }, line);
      for (const word of words) t.match(error.message, word);
    }
  }
});

t.test("output stands below the line it is of, and nowhere else", async (t) => {
  t.throws(() => script(["  | nothing before"]), /a\.lvs:1:3: expected a line before that prints/);
  t.throws(() => script(["ipvsadm -Ln", "", "  | a blank line between"]), /a\.lvs:3:3/);
  const { steps } = script([
    "$ ipvsadm -C",
    "  $ ipvsadm -Ln",
    "    | a  b  ",
    "    |",
    "ipvsadm -Z",
  ]);
  t.match(
    steps.map(({ output }) => output),
    [
      { lines: [], indent: "  |", firstLine: 2 },
      { lines: ["a  b", ""], indent: "    |", firstLine: 3 },
      undefined,
    ],
  );
  t.equal(steps[1]?.action.place.column, 5, "the dollar sign does not move the columns");
});

t.test("variables are replaced in words, not in what a shell reads", async (t) => {
  const braced = ["$", "{VIP}"].join("");
  const { steps } = script([
    "let NET=10.1",
    "let VIP = $NET.0.1",
    `ipvsadm -A -t ${braced}:80 -s $$x '$VIP'`,
    "sh echo $HOME $VIP",
    "$ ipvsadm -Ln",
    "  | $VIP $OTHER",
  ]);
  t.match(steps[0]?.action, { args: ["-A", "-t", "10.1.0.1:80", "-s", "$x", "10.1.0.1"] });
  t.match(steps[1]?.action, { command: "echo $HOME 10.1.0.1" });
  t.same(steps[2]?.output?.lines, ["10.1.0.1 $OTHER"]);
});

t.test("other files are read from beside the one that names them", async (t) => {
  const others = {
    "parts/vip.lvs": "let VIP = 10.0.0.100\nrules site.rules\n",
    "parts/site.rules":
      "# saved\n-A -t 10.0.0.100:80 -s rr\n\n-a -t 10.0.0.100:80 -r 192.168.10.11:80 -m\n",
  };
  const { steps, files } = script(["include parts/vip.lvs", "vip $VIP"], others);
  t.same(files, ["a.lvs", "parts/vip.lvs", "parts/site.rules"]);
  t.match(
    steps.map(({ action }) => [action.kind, action.place.file, action.place.line]),
    [
      ["command", "parts/site.rules", 2],
      ["command", "parts/site.rules", 4],
      ["virtual", "a.lvs", 2],
    ],
  );
  const bad = { "site.rules": "-A -t 10.0.0.100:80\necho hello\n" };
  t.throws(
    () => script(["rules site.rules"], bad),
    /site\.rules:2:1: expected a line of ipvsadm -S/,
  );
  t.throws(
    () => script(["include a.lvs"]),
    /a file that does not include this one, found "a\.lvs"/,
  );
});

t.test("variables of the kernel are named as sysctl(8) does, or in short", async (t) => {
  const { steps } = script([
    "sysctl net.ipv4.vs.drop_entry 1",
    "sysctl -w drop_entry=1",
    "sysctl net.ipv4.vs.sync_threshold = 3 50",
    "sysctl drop_entry",
  ]);
  t.match(
    steps.map(({ action }) => action),
    [
      { name: "net.ipv4.vs.drop_entry", value: "1" },
      { name: "net.ipv4.vs.drop_entry", value: "1" },
      { name: "net.ipv4.vs.sync_threshold", value: "3 50" },
      { name: "net.ipv4.vs.drop_entry" },
    ],
  );
  t.notOk("value" in steps[3]!.action);
});

t.test("times may have several units", async (t) => {
  const { steps } = script(["+1h30m", "+0.5s", "+100ms", "+2d", "sleep 1.5"]);
  t.match(
    steps.map(({ action }) => (action.kind === "sleep" ? action.duration : undefined)),
    [5400000, 500, 100, 172800000, 1500],
  );
});

t.test("marks say where a script is not to run, whatever their reasons hold", async (t) => {
  const { skips } = script(["skip parity a kernel's timers don't hurry"]);
  t.match(skips, [{ where: "parity", reason: "a kernel's timers don't hurry" }]);
});

t.test("the rules of a keepalived.conf become commands, each at its place", async (t) => {
  const conf = [
    "virtual_server 10.0.0.100 80 {",
    "  lb_algo wrr",
    "  lb_kind NAT",
    "  protocol TCP",
    "  real_server 192.168.10.11 8080 {",
    "    weight 3",
    "  }",
    "}",
  ].join("\n");
  const { steps } = script(["rules k.conf"], { "k.conf": conf });
  t.same(
    steps.map(({ text, action }) => [text, action.place.file, action.place.line]),
    [
      ["ipvsadm -A -t 10.0.0.100:80 -s wrr", "k.conf", 1],
      ["ipvsadm -a -t 10.0.0.100:80 -r 192.168.10.11:8080 -m -w 3", "k.conf", 5],
    ],
  );
  t.throws(
    () => script(["rules k.conf"], { "k.conf": conf.replace(".10.11", ".10.300") }),
    /k\.conf:5:15: expected an IPv4 or IPv6 address, found "192\.168\.10\.300"/,
  );
});
