/**
 * Every rule, with a case it must find and one it must not.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { SEVERITY_OF } from "../../src/lint/finding.ts";
import { lint } from "../../src/lint/lint.ts";
import { RULE_NAMES, type RuleName } from "../../src/lint/rule-name.ts";
import { ROOT } from "../support/files.ts";

const SURROUNDINGS = { configId: "test", include: () => [] };

/** A text that is faulty at a line, and one much like it that is not. */
interface Case {
  readonly rule: RuleName;
  readonly bad: string;
  readonly line: number;
  readonly good: string;
}

const SERVICE = "-A -t 192.0.2.1:80 -s wlc\n";
const SERVER = "-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 1\n";

/** A virtual server of keepalived: its settings, and those of its real server. */
function keepalived(
  settings: string,
  server = "weight 1",
  head = "192.0.2.1 80",
  real = "10.0.0.1 80",
): string {
  return `virtual_server ${head} {
${settings}
real_server ${real} {
${server}
}
}
`;
}

/** Rules of a service and its servers. */
function rules(service: string, ...servers: readonly string[]): string {
  const [, name] = /^(-[tuf] \S+)/.exec(service)!;
  return `-A ${service}\n${servers.map((each) => `-a ${name} ${each}\n`).join("")}`;
}

const TCP = "protocol TCP";
const M1 = "-r 10.0.0.1:80 -m -w 1";
const M2 = "-r 10.0.0.2:80 -m -w 2";

const CASES: readonly Case[] = [
  { rule: "refused", bad: `${SERVICE}${SERVER}-a -t x\n`, line: 3, good: SERVICE + SERVER },
  { rule: "refused", bad: SERVER, line: 1, good: SERVICE + SERVER },
  { rule: "refused", bad: `-E -f 1\n${SERVICE}${SERVER}`, line: 1, good: SERVICE + SERVER },
  {
    rule: "threshold-order",
    bad: keepalived(TCP, "uthreshold 5\nlthreshold 9"),
    line: 5,
    good: keepalived(TCP, "uthreshold 9\nlthreshold 5"),
  },
  {
    rule: "threshold-order",
    bad: rules("-t 192.0.2.1:80", `${M1} -x 5 -y 9`),
    line: 2,
    good: rules("-t 192.0.2.1:80", `${M1} -x 9 -y 5`),
  },
  {
    rule: "duplicate-service",
    bad: keepalived(TCP) + keepalived(TCP, "", "192.0.2.1 80", "10.0.0.2 80"),
    line: 7,
    good: keepalived(TCP) + keepalived("protocol UDP"),
  },
  {
    rule: "duplicate-service",
    bad: SERVICE + SERVER + SERVICE,
    line: 3,
    good: `${SERVICE + SERVER}-A -u 192.0.2.1:80\n`,
  },
  {
    rule: "duplicate-server",
    bad: keepalived(`${TCP}\nreal_server 10.0.0.1 80 {\n}`),
    line: 5,
    good: keepalived(`${TCP}\nreal_server 10.0.0.1 81 {\n}`),
  },
  {
    rule: "duplicate-server",
    bad: SERVICE + SERVER + SERVER,
    line: 3,
    good: rules("-t 192.0.2.1:80", M1, M2),
  },
  {
    rule: "ops-protocol",
    bad: keepalived(`${TCP}\nops`),
    line: 3,
    good: keepalived("protocol UDP\nops"),
  },
  {
    rule: "ops-protocol",
    bad: rules("-t 192.0.2.1:80 -o", M1),
    line: 1,
    good: rules("-u 192.0.2.1:80 -o", M1),
  },
  {
    rule: "zero-port",
    bad: keepalived(TCP, "", "192.0.2.1"),
    line: 1,
    good: keepalived(`${TCP}\npersistence_timeout`, "", "192.0.2.1"),
  },
  {
    rule: "zero-port",
    bad: rules("-t 192.0.2.1:0", M1),
    line: 1,
    good: rules("-t 192.0.2.1:0 -p 60", M1),
  },
  {
    rule: "other-port",
    bad: keepalived(`${TCP}\nlvs_method DR`, "", "192.0.2.1 80", "10.0.0.1 81"),
    line: 4,
    good: keepalived(`${TCP}\nlvs_method NAT`, "", "192.0.2.1 80", "10.0.0.1 81"),
  },
  {
    rule: "other-port",
    bad: rules("-t 192.0.2.1:80", "-r 10.0.0.1:81 -i"),
    line: 2,
    good: rules("-t 192.0.2.1:80", "-r 10.0.0.1:80 -i"),
  },
  {
    rule: "weight-range",
    bad: keepalived(TCP, "weight 70000"),
    line: 4,
    good: keepalived(TCP, "weight 65535"),
  },
  {
    rule: "weight-range",
    bad: rules("-t 192.0.2.1:80", M1, "-r 10.0.0.2:80 -w 70000"),
    line: 3,
    good: rules("-t 192.0.2.1:80", M1, "-r 10.0.0.2:80 -w 65535"),
  },
  {
    rule: "ignored-weights",
    bad: rules("-t 192.0.2.1:80 -s rr", M1, M2),
    line: 1,
    good: rules("-t 192.0.2.1:80 -s wrr", M1, M2),
  },
  {
    rule: "ignored-weights",
    bad: rules("-t 192.0.2.1:80 -s dh", M1, M2),
    line: 1,
    good: rules("-t 192.0.2.1:80 -s dh", M1, "-r 10.0.0.2:80 -m -w 0"),
  },
  {
    rule: "no-weight",
    bad: rules("-t 192.0.2.1:80", "-r 10.0.0.1:80 -w 0"),
    line: 1,
    good: rules("-t 192.0.2.1:80", "-r 10.0.0.1:80 -w 0", M2),
  },
  { rule: "no-servers", bad: SERVICE, line: 1, good: SERVICE + SERVER },
  {
    rule: "no-servers",
    bad: "virtual_server 192.0.2.1 80 {\nprotocol TCP\n}\n",
    line: 1,
    good: keepalived(TCP),
  },
  {
    rule: "hash-fallback",
    bad: rules("-t 192.0.2.1:80 -s mh", M1, "-r 10.0.0.2:80 -w 0"),
    line: 3,
    good: rules("-t 192.0.2.1:80 -s mh -b mh-fallback", M1, "-r 10.0.0.2:80 -w 0"),
  },
  {
    rule: "hash-fallback",
    bad: keepalived(`${TCP}\nlvs_sched sh`, "inhibit_on_failure"),
    line: 5,
    good: keepalived(`${TCP}\nlvs_sched sh`, "weight 1"),
  },
  {
    rule: "hash-fallback",
    bad: rules("-t 192.0.2.1:80 -s sh", `${M1} -x 10`),
    line: 2,
    good: rules("-t 192.0.2.1:80 -s wlc", `${M1} -x 10`),
  },
  {
    rule: "hash-buckets",
    bad: rules("-t 192.0.2.1:80 -s sh", "-r 10.0.0.1:80 -w 200", "-r 10.0.0.2:80 -w 57"),
    line: 1,
    good: rules("-t 192.0.2.1:80 -s sh", "-r 10.0.0.1:80 -w 200", "-r 10.0.0.2:80 -w 56"),
  },
  {
    rule: "scheduler-flag",
    bad: rules("-t 192.0.2.1:80 -s rr -b flag-1", M1),
    line: 1,
    good: rules("-t 192.0.2.1:80 -s sh -b flag-1", M1),
  },
  {
    rule: "scheduler-flag",
    bad: keepalived(`${TCP}\nsh-port\nlvs_sched sh`),
    line: 3,
    good: keepalived(`${TCP}\nlvs_sched sh\nsh-port`),
  },
  {
    rule: "persistence-mask",
    bad: rules("-t 192.0.2.1:80 -p 60 -M 255.0.255.0", M1),
    line: 1,
    good: rules("-t 192.0.2.1:80 -p 60 -M 255.255.0.0", M1),
  },
  {
    rule: "persistence-mask",
    bad: rules("-t 192.0.2.1:80 -p 60 -M 0.0.0.0", M1),
    line: 1,
    good: rules("-t 192.0.2.1:80 -p 60", M1),
  },
  {
    rule: "persistence-engine",
    bad: rules("-u 192.0.2.1:5060 --pe sip", M1),
    line: 1,
    good: rules("-u 192.0.2.1:5060 -p 60 --pe sip", M1),
  },
  {
    rule: "persistence-engine",
    bad: rules("-t 192.0.2.1:5060 -p 60 --pe sip", M1),
    line: 1,
    good: rules("-u 192.0.2.1:5060 -p 60 --pe sip", M1),
  },
  {
    rule: "persistence-engine",
    bad: keepalived("protocol UDP\npersistence_engine sip"),
    line: 3,
    good: keepalived("protocol UDP\npersistence_engine sip\npersistence_timeout 9"),
  },
  {
    rule: "shared-address",
    bad: rules("-t 192.0.2.1:0 -p 60", "-r 10.0.0.1:0") + rules("-t 192.0.2.1:80", M1),
    line: 1,
    good: rules("-t 192.0.2.2:0 -p 60", "-r 10.0.0.1:0") + rules("-t 192.0.2.1:80", M1),
  },
  { rule: "short-timeout", bad: "--set 900 0 0\n", line: 1, good: "--set 7200 120 300\n" },
  {
    rule: "short-timeout",
    bad: `global_defs {\nlvs_timeouts tcp 900\n}\n`,
    line: 2,
    good: `global_defs {\nlvs_timeouts udp 900\n}\n`,
  },
  {
    rule: "tunnel-mtu",
    bad: rules("-t 192.0.2.1:80", "-r 10.0.0.1:80 -i"),
    line: 2,
    good: rules("-t 192.0.2.1:80", "-r 10.0.0.1:80 -g"),
  },
  { rule: "default-protocol", bad: keepalived(""), line: 1, good: keepalived(TCP) },
  {
    rule: "other-family",
    bad: keepalived(TCP, "", "192.0.2.1 80", "2001:db8::1 80"),
    line: 3,
    good: keepalived(`${TCP}\nlvs_method TUN`, "", "192.0.2.1 80", "2001:db8::1 80"),
  },
  {
    rule: "other-family",
    bad: rules("-t 192.0.2.1:80", M1, "-r [2001:db8::1]:80 -m"),
    line: 3,
    good: rules("-t 192.0.2.1:80", M1, "-r [2001:db8::1]:80 -i"),
  },
  {
    rule: "quorum",
    bad: keepalived(`${TCP}\nquorum 2`),
    line: 3,
    good: keepalived(`${TCP}\nquorum 2`, "weight 2"),
  },
  {
    rule: "quorum",
    bad: keepalived(`${TCP}\nsorry_server 10.0.0.9 80`, "weight 0"),
    line: 4,
    good: keepalived(`${TCP}\nsorry_server 10.0.0.9 80`),
  },
  {
    rule: "unknown-keyword",
    bad: keepalived(`${TCP}\nlvs_schd rr`),
    line: 3,
    good: keepalived(`${TCP}\nlvs_sched rr`),
  },
];

for (const { rule, bad, line, good } of CASES) {
  t.test(`${rule} is found in ${JSON.stringify(bad.slice(0, 60))}, and not besides`, async (t) => {
    const found = (await lint("f", bad, SURROUNDINGS)).filter((each) => each.rule === rule);
    t.same(
      found.map(({ at, severity }) => ({ at: at.line, severity })),
      [{ at: line, severity: SEVERITY_OF[rule] }],
    );
    const other = await lint("f", good, SURROUNDINGS);
    t.same(
      other.filter((each) => each.rule === rule),
      [],
    );
  });
}

t.test("every rule has a case and a line in docs/lint.md, with its severity", async (t) => {
  const page = readFileSync(join(ROOT, "docs", "lint.md"), "utf8");
  const documented = [...page.matchAll(/^\| `([a-z-]+)` \| (\w+) \|/gm)];
  t.same(
    documented.map(([, name, severity]) => [name, severity]),
    RULE_NAMES.map((name) => [name, SEVERITY_OF[name]]),
  );
  const tested = new Set(CASES.map(({ rule }) => rule));
  t.same(
    [...tested],
    RULE_NAMES.filter((name) => tested.has(name)),
  );
  t.equal(tested.size, RULE_NAMES.length);
});

t.test("what a group makes many times is found once", async (t) => {
  const text = `virtual_server_group g {\n192.0.2.1-9 80\n}\n${keepalived(
    TCP,
    "weight 70000",
    "group g",
  )}`;
  const found = await lint("f", text, SURROUNDINGS);
  t.same(
    found.map(({ rule, at }) => [rule, at.line]),
    [["weight-range", 7]],
  );
});

t.test("a real server that a director refuses is looked at all the same", async (t) => {
  const found = await lint(
    "f",
    keepalived(TCP, "weight 70000\nuthreshold 5\nlthreshold 9"),
    SURROUNDINGS,
  );
  t.same(
    found.map(({ rule, at }) => [rule, at.line]),
    [
      ["weight-range", 4],
      ["threshold-order", 6],
    ],
  );
});
