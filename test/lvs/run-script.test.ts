import t from "tap";
import type { Bed } from "../../src/scenario/bed.ts";
import type { TranscriptRecord } from "../../src/scenario/transcript.ts";
import { run, wrong } from "./support.ts";

const VIP = "10.0.0.100:80";
const WEB = [
  `ipvsadm -A -t ${VIP} -s rr`,
  `ipvsadm -a -t ${VIP} -r 192.168.10.11:80 -m`,
  `ipvsadm -a -t ${VIP} -r 192.168.10.12:80 -m`,
];
/** Lines of `WEB`, so that `AFTER + 1` is the first behind it. */
const AFTER = WEB.length;

/** Lines that hold behind `WEB`, and lines that do not, with what is said of them. */
const JUDGED: readonly {
  readonly title: string;
  readonly lines: readonly string[];
  readonly holds: readonly string[];
  readonly fails: readonly (readonly [line: string, because: string])[];
}[] = [
  {
    title: "a packet forwarded by NAT",
    lines: [`tcp 203.0.113.7:1000 ${VIP} S`],
    holds: [
      "expect forwarded",
      "expect forwarded by nat to 192.168.10.12:80 from 203.0.113.7:1000",
      "expect one server",
      "expect 1 connection SYN_RECV from 203.0.113.0/24 to 192.168.10.12 on 10.0.0.100:80",
      "expect no connections ESTABLISHED",
      "expect no templates",
      "expect server 192.168.10.12:80 has weight 1 active 1 inactive 0",
    ],
    fails: [
      ["expect forwarded by dr", "forwarded by nat to 192.168.10.12:80 from 203.0.113.7:1000"],
      ["expect forwarded to 192.168.10.11", "forwarded by nat to 192.168.10.12:80"],
      ["expect forwarded to 192.168.10.12:81", "forwarded by nat to 192.168.10.12:80"],
      ["expect forwarded from 203.0.113.8", "from 203.0.113.7:1000"],
      ["expect dropped", "forwarded by nat"],
      ["expect reset", "forwarded by nat"],
      ["expect icmp port-unreachable", "forwarded by nat"],
      ["expect 2 servers", "192.168.10.12:80 got 1"],
      ["expect no connections", "there are 1: SYN_RECV 203.0.113.7:1000"],
      ["expect 1 connection from 203.0.113.8", "there are 0; there are others: SYN_RECV"],
      ["expect server 192.168.10.12:80 has inactive 2 weight 3", "weight is 1, inactive is 0"],
      ["expect server 192.168.10.13:80 has weight 1", "there is no such server"],
      ["expect same server as before", "no line before came to a server"],
      ["expect answered", "no exchange that could be answered"],
    ],
  },
  {
    title: "a reply",
    lines: [`tcp 203.0.113.7:1000 ${VIP} S`, "reply SA"],
    holds: [`expect forwarded from ${VIP} to 203.0.113.7:1000`],
    fails: [["expect forwarded from 192.168.10.12", "sent from 10.0.0.100:80 to 203.0.113.7:1000"]],
  },
  {
    title: "packets nobody wants",
    lines: [
      "ipvsadm -e -t 10.0.0.100:80 -r 192.168.10.12:80 -m -w 0",
      "ipvsadm -d -t 10.0.0.100:80 -r 192.168.10.11:80",
      `tcp 203.0.113.7:1000 ${VIP} S`,
    ],
    holds: ["expect icmp port-unreachable", "expect icmp 3/3"],
    fails: [["expect icmp host-unreachable", "an ICMP error 3/3 from 10.0.0.100 to 203.0.113.7"]],
  },
  {
    title: "exchanges of one client",
    lines: [`client 203.0.113.7 gets ${VIP} x10`],
    holds: [
      "expect answered",
      "expect shares within 0% of weights",
      "expect shares 192.168.10.11 5 192.168.10.12 5",
      "expect shares 192.168.10.11 55% 192.168.10.12 45% within 5%",
      "expect 10 connections TIME_WAIT from 203.0.113.7",
      "expect 2 servers",
    ],
    fails: [
      ["expect one server", "192.168.10.12:80 got 5, 192.168.10.11:80 got 5"],
      [
        "expect shares 192.168.10.11 10",
        "192.168.10.11 got 5 of 10 instead of 10; 5 of 10 came to 192.168.10.12:80",
      ],
      ["expect forwarded to 192.168.10.12", "number 2 of 10: forwarded by nat to 192.168.10.11:80"],
    ],
  },
  {
    title: "stickiness",
    lines: [`client 203.0.113.7 gets ${VIP}`, `client 203.0.113.7 gets ${VIP}`],
    holds: ["expect another server", "expect another server than before"],
    fails: [
      ["expect same server as before", "before it was 192.168.10.12:80, now 192.168.10.11:80"],
    ],
  },
];

for (const { title, lines, holds, fails } of JUDGED) {
  t.test(`expectations on ${title}`, async (t) => {
    t.same(await wrong([...WEB, ...lines, ...holds]), []);
    const last = AFTER + lines.length + 1;
    for (const [line, because] of fails) {
      const [first = "", ...more] = await wrong([...WEB, ...lines, line]);
      t.ok(first.startsWith(`${last}: ${line.replace("expect", "expected")}, but `), first);
      t.match(first, because);
      t.equal(more.length, 0, line);
    }
  });
}

t.test("an exchange must be answered, unless something else is expected", async (t) => {
  const refused = [...WEB, "server 192.168.10.12 refuses", `client 203.0.113.7 gets ${VIP}`];
  t.match(await wrong(refused), [
    /^5: expected to be answered, but .* was reset; server 192\.168\.10\.12:80/,
  ]);
  t.same(await wrong([...refused, "expect forwarded", "expect reset"]), []);
  t.match(await wrong([...refused, "expect forwarded"]), [/^5: expected to be answered/]);
  const silent = [...WEB, "server 192.168.10.12 silent", `client 203.0.113.7 gets ${VIP}`];
  t.same(await wrong([...silent, "expect unanswered", "expect 1 connection SYN_RECV"]), []);
});

t.test("servers refuse each protocol in its own way", async (t) => {
  const lines = (kind: string, protocol: string) => [
    `ipvsadm -A ${kind} 10.0.0.100:53 -s rr`,
    `ipvsadm -a ${kind} 10.0.0.100:53 -r 192.168.10.11:53 -m`,
    `client 203.0.113.7 gets 10.0.0.100:53 over ${protocol}`,
    "server 192.168.10.11 refuses",
    `client 203.0.113.7 gets 10.0.0.100:53 over ${protocol}`,
  ];
  t.same(await wrong([...lines("-t", "tcp"), "expect reset"]), []);
  t.same(await wrong([...lines("-u", "udp"), "expect icmp port-unreachable"]), []);
  t.same(await wrong([...lines("--sctp-service", "sctp"), "expect reset"]), []);
});

t.test("every method and both families lead to a server that answers", async (t) => {
  for (const [method, name] of [
    ["-m", "nat"],
    ["-g", "dr"],
    ["-i", "tunnel"],
    ["-i --tun-type gue --tun-port 6080", "tunnel"],
    ["-i --tun-type gre", "tunnel"],
  ] as const) {
    for (const [vip, server, client] of [
      ["10.0.0.100:80", "192.168.10.11:80", "203.0.113.7"],
      ["[2001:db8:c::100]:80", "[2001:db8:d::11]:80", "2001:db8:1::7"],
    ] as const) {
      t.same(
        await wrong([
          `ipvsadm -A -t ${vip} -s rr`,
          `ipvsadm -a -t ${vip} -r ${server} ${method}`,
          `client ${client} gets ${vip}`,
          `expect forwarded by ${name} to ${server}`,
        ]),
        [],
        `${method} ${vip}`,
      );
    }
  }
});

t.test("a server that never saw a connection opened resets it", async (t) => {
  t.same(
    await wrong([
      ...WEB,
      `client 203.0.113.7 opens ${VIP}`,
      `client 203.0.113.7 sends ${VIP}`,
      `client 203.0.113.7 closes ${VIP}`,
      `client 203.0.113.7:9 sends ${VIP}`,
      "expect reset",
    ]),
    [],
  );
  t.match(await wrong([...WEB, `client 203.0.113.7 sends ${VIP}`]), [
    /^4: this client has opened no connection/,
  ]);
});

t.test("churn keeps as many connections open as rate and length of stay make", async (t) => {
  const records: TranscriptRecord[] = [];
  const lines = [
    ...WEB,
    `clients 203.0.113.0/24 open ${VIP} x40 every 1s staying 10s`,
    "expect 40 connections",
  ];
  const { failures } = await run(lines, { record: (record) => records.push(record) });
  t.same(failures, []);
  t.equal(records.at(-1)?.t, 49, "the last of forty seconds, and ten");
  const flags = records.flatMap((record) =>
    record.op === "send" && record.dev === "c0"
      ? [`${record.t} ${/ (\w+) len/.exec(record.dec ?? "")?.[1]}`]
      : [],
  );
  t.ok(flags.indexOf("10 FA") < flags.indexOf("10 S"), "one goes as another comes");
});

t.test("clients are drawn by the seed", async (t) => {
  const drawn = async (seed: number) => {
    const clients: string[] = [];
    const record = (each: TranscriptRecord) => {
      if (each.op === "send" && each.dev === "c0") clients.push(each.dec ?? "");
    };
    await run([...WEB, `clients 203.0.113.0/24 get ${VIP} x5`], { seed, record });
    return clients.join();
  };
  t.equal(await drawn(1), await drawn(1));
  t.not(await drawn(1), await drawn(2));
});

t.test("services and servers of any address are in reach by themselves", async (t) => {
  const lines = [
    "ipvsadm -A -t 192.168.1.100:80 -s rr",
    "ipvsadm -a -t 192.168.1.100:80 -r 172.16.16.2:80 -m",
    "ipvsadm -a -t 192.168.1.100:80 -r 172.16.16.3:80 -g",
    "client 10.0.0.7 gets 192.168.1.100:80 x2",
    "expect shares 172.16.16.2 1 172.16.16.3 1",
    "vip 198.51.100.1",
    "ipvsadm -A -f 7 -s rr",
    "ipvsadm -a -f 7 -r 172.16.16.2:0 -g",
    "client 203.0.113.7 gets 198.51.100.1:443 mark=7",
    "expect forwarded by dr to 172.16.16.2:443",
    "expect shares within 0% of weights",
    "tcp 203.0.113.7:9 198.51.100.1:443 S",
    "expect reset",
    "tcp 203.0.113.7:9 198.51.100.1:443 S mark=7",
    "expect forwarded to 172.16.16.2",
  ];
  t.same(await wrong(lines), []);
  t.same(
    await wrong(["iproute route add 172.16.16.2/32 dev r0", ...lines]),
    [],
    "or by the scenario",
  );
  const [first] = await wrong(["topo std", ...lines.slice(0, 4)]);
  t.match(first, /^5: expected to be answered/, "a topology that is named is all there is");
});

t.test("a command must be accepted unless it is expected to be refused", async (t) => {
  const bad = "ipvsadm -d -t 10.0.0.100:80 -r 192.168.10.11:80";
  t.same(await wrong([bad, "expect 5 connections"]), [
    "1: the command was refused: Service not defined",
  ]);
  t.same(await wrong([bad, 'expect refused "not defined"', "expect exit 255"]), []);
  t.same(await wrong([`$ ${bad}`, "  | Service not defined"]), [], "or is shown to be");
  t.match(await wrong([`$ ${bad}`, "  | Something else"]), [/output differs/, /was refused/]);
  t.match(await wrong([bad, 'expect refused "no such"']), [
    /exited with 255, and printed: Service not/,
  ]);
  t.match(await wrong(["ipvsadm -C", "expect refused"]), [/but it was accepted/]);
  t.match(await wrong(["ipvsadm -C", "expect exit 3"]), [/but it exited with 0/]);
  t.match(await wrong(["sysctl net.ipv4.vs.nothing 1"]), [/the command was refused/]);
  t.same(await wrong(["sysctl drop_entry 9", "expect refused EINVAL"]), []);
});

t.test("a packet that cannot be sent is a failure", async (t) => {
  t.same(await wrong(["reply SA"]), ["1: nothing was sent: nothing to reply to"]);
  t.same(await wrong(["udp 203.0.113.7:1 10.0.0.100:9 dev=c9"]), [
    "1: nothing was sent: bad packet spec",
  ]);
});

t.test("what a bed cannot tell is not judged, and counted", async (t) => {
  const lines = [
    ...WEB,
    `client 203.0.113.7 opens ${VIP}`,
    "ipvsadm -d -t 10.0.0.100:80 -r 192.168.10.12:80",
    `client 203.0.113.7 sends ${VIP}`,
  ];
  t.same(await wrong([...lines, "expect dropped destination-removed"]), []);
  t.match(await wrong([...lines, "expect dropped no-route"]), [
    /but nothing left the director \(destination-removed\)/,
  ]);
  const silent = (bed: Bed): Bed =>
    new Proxy(bed, {
      get(target, name) {
        if (name === "reasons") return undefined;
        const value = Reflect.get(target, name) as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  const { failures, untold } = await run([...lines, "expect dropped no-route"], { bed: silent });
  t.same(failures, []);
  t.equal(untold, 1);
});

t.test("output is compared with what is written below", async (t) => {
  const lines = [
    ...WEB,
    "$ ipvsadm -Ln",
    "  | ...",
    "  | TCP  10.0.0.100:80 rr",
    "  | -> 192.168.10.11:80 Masq 2 0 0",
    "  | …",
  ];
  const { failures, changes } = await run(lines);
  t.match(failures, [{ place: { line: 4 }, message: "the output differs" }]);
  const diff = failures[0]?.diff?.map(({ sign, text }) =>
    `${sign} ${text.trim()}`.replaceAll(/ +/g, " "),
  );
  t.same(diff?.slice(-3), [
    "- -> 192.168.10.11:80 Masq 2 0 0",
    " -> 192.168.10.11:80 Masq 1 0 0",
    " -> 192.168.10.12:80 Masq 1 0 0",
  ]);
  t.equal(changes[0]?.expected.firstLine, 5);
  t.same(
    await wrong(["$ ipvsadm -C", "$ sysctl drop_entry", "  | net.ipv4.vs.drop_entry = 0"]),
    [],
  );
  t.match(
    await wrong(["$ ipvsadm -Ln"]),
    [/^1: the output differs/],
    "nothing below expects nothing",
  );
});

t.test("packets and exchanges print what came of them", async (t) => {
  t.same(
    await wrong([
      ...WEB,
      `$ tcp 203.0.113.7:9 ${VIP} S`,
      "  | r0 02:00:00:00:d0:12 TCP 203.0.113.7:9>192.168.10.12:80 S len=0",
      `$ client 203.0.113.7 gets ${VIP} x3`,
      "  | 192.168.10.11:80 answered x2",
      "  | 192.168.10.12:80 answered x1",
    ]),
    [],
  );
});
