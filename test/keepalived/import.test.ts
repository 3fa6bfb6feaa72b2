import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { includedFiles } from "../../src/keepalived/file-includes.ts";
import { importKeepalived, isKeepalived } from "../../src/keepalived/import.ts";
import { KeepalivedError } from "../../src/keepalived/keepalived-error.ts";
import { formatOf } from "../../src/rules/read-wanted.ts";
import { missing } from "../support/programs.ts";
import { lacking } from "../support/requirement.ts";
import { commands, FIXTURES, imported, remarks, SAMPLES } from "./support.ts";

const HEAD = "virtual_server 192.0.2.1 80 {\nprotocol TCP\n";

t.test("a virtual server becomes a service with its real servers", async (t) => {
  const text = readFileSync(join(FIXTURES, "nat.conf"), "utf8");
  t.same(await commands(text), [
    "-A -t 192.0.2.10:80 -s wrr",
    "-a -t 192.0.2.10:80 -r 10.0.0.1:8080 -m -w 3",
    "-a -t 192.0.2.10:80 -r 10.0.0.2:8080 -m -w 1",
    "-a -t 192.0.2.10:80 -r 10.0.0.3:80 -m -w 0",
  ]);
  t.same(remarks(text), []);
});

t.test("what is left out is said with its place and reason", async (t) => {
  const text = `${HEAD}  delay_loop 6
  quorum_up "/bin/x y"
  sorry_server 10.0.0.9 80
  bogus 1 {
    inner
  }
  real_server 10.0.0.1 80 {
    notify_down /bin/z
    TCP_CHECK {
      connect_timeout 3
    }
  }
}
vrrp_instance V {
  state MASTER
}
`;
  const health = "health checks are not emulated: every real server is taken to be healthy";
  t.same(remarks(text), [
    `k.conf:3:3: left out "delay_loop 6": ${health}`,
    'k.conf:4:3: left out "quorum_up /bin/x y": scripts and mails are not emulated',
    'k.conf:5:3: left out "sorry_server 10.0.0.9 80": it serves only while the quorum is not reached',
    'k.conf:6:3: left out "bogus 1": unknown keyword, which keepalived ignores too',
    'k.conf:10:5: left out "notify_down /bin/z": scripts and mails are not emulated',
    `k.conf:11:5: left out "TCP_CHECK": ${health}`,
    'k.conf:16:1: left out "vrrp_instance V": it is not about the table',
  ]);
});

t.test("a lower threshold above the upper is told, and the real server left out", async (t) => {
  const text = readFileSync(join(FIXTURES, "thresholds.conf"), "utf8");
  t.same(
    (await commands(text)).filter((each) => each.startsWith("-a")),
    [
      "-a -t 192.0.2.90:80 -r 10.0.0.1:80 -m -w 1 -x 9 -y 5",
      "-a -t 192.0.2.90:80 -r 10.0.0.3:80 -m -w 70000 -x 1000",
    ],
  );
  t.match(remarks(text), [
    /:9:5: left out "real_server 10\.0\.0\.2 80": lthreshold 9 is above uthreshold 5/,
    /:18:5: left out "real_server 10\.0\.0\.4 80": lthreshold 3 is above uthreshold 0/,
  ]);
});

t.test("timeouts of global_defs are a --set", async (t) => {
  const text = "global_defs {\n lvs_timeouts tcp 600 udp 30\n}\n";
  t.same(await commands(text), ["--set 600 0 30"]);
});

t.test("a broken file is told with file, line, column and what was expected", async (t) => {
  const cases: readonly [text: string, line: number, column: number, reason: RegExp][] = [
    [
      "virtual_server 192.0.2.300 80 {\n}\n",
      1,
      16,
      /^expected an IPv4 or IPv6 address, found "192/,
    ],
    ["virtual_server 192.0.2.1 http {\n}\n", 1, 26, /^expected a port, 0–65535, found "http"$/],
    ["virtual_server 192.0.2.1 80\n", 1, 28, /^expected "\{", found the end of the line$/],
    [
      `${HEAD}real_server 10.0.0.1 80 {\n}\n`,
      1,
      1,
      /^expected "\}" to close the block of "virtual_s/,
    ],
    [`${HEAD}}\n}\n`, 4, 1, /^expected a keyword: no block is open here, found "\}"$/],
    ["{\n}\n", 1, 1, /^expected a keyword before the block, found "\{"$/],
    [`${HEAD}lvs_method FOO\n}\n`, 3, 12, /^expected NAT, DR or TUN, found "FOO"$/],
    [`${HEAD}lvs_method TUN type gue\n}\n`, 3, 24, /^expected a port with type gue/],
    [`${HEAD}lvs_method TUN type gre remcsum\n}\n`, 3, 25, /^expected nocsum or csum with a GRE/],
    [`${HEAD}lvs_method DR type gre\n}\n`, 3, 15, /^expected nothing more, found "type"$/],
    [`${HEAD}lvs_sched xyz\n}\n`, 3, 11, /^expected one of rr, .*found "xyz"$/],
    [`${HEAD}lvs_sched\n}\n`, 3, 10, /^expected a scheduler, found the end of the line$/],
    [`${HEAD}protocol TCPX\n}\n`, 3, 10, /^expected TCP, UDP or SCTP, found "TCPX"$/],
    [`${HEAD}persistence_timeout 0\n}\n`, 3, 21, /^expected seconds, 1–4294967295, found "0"$/],
    [`${HEAD}persistence_granularity x\n}\n`, 3, 25, /^expected a mask such as 255\.255\.255\.0/],
    [`${HEAD}persistence_engine ftp\n}\n`, 3, 20, /^expected sip, found "ftp"$/],
    [
      `${HEAD}real_server 10.0.0.1 80 {\n  weight -1\n}\n}\n`,
      4,
      10,
      /^expected a weight, 0–2147483647/,
    ],
    [`${HEAD}real_server 10.0.0.1 80 {\n  uthreshold\n}\n}\n`, 4, 13, /the end of the line$/],
    [`${HEAD}quorum_up "/bin/x\n}\n`, 3, 11, /^expected a closing " on the line/],
    [
      "virtual_server fwmark 0 {\n}\n",
      1,
      23,
      /^expected a firewall mark, 1–4294967295, found "0"$/,
    ],
    [
      "virtual_server_group g {\n192.0.2.9-1 80\n}\n",
      2,
      1,
      /^expected a range of 1–65536 addresses/,
    ],
    ["virtual_server_group g {\n192.0.2.1/33 80\n}\n", 2, 1, /^expected a prefix length, 0–32/],
    [
      "global_defs {\nlvs_timeouts tcp\n}\n",
      2,
      17,
      /^expected seconds, found the end of the line$/,
    ],
  ];
  for (const [text, line, column, reason] of cases) {
    try {
      imported(text);
      t.fail(`nothing is wrong with ${text}`);
    } catch (error) {
      t.type(error, KeepalivedError);
      const { at, reason: told, message } = error as KeepalivedError;
      t.same(at, { path: "k.conf", line, column }, text);
      t.match(told, reason);
      t.match(message, `Cannot read "k.conf" as a configuration of keepalived, line ${line}, `);
    }
  }
});

t.test("a configuration is told from rules and documents by what it says", async (t) => {
  t.equal(formatOf("# c\n-A -t 192.0.2.1:80 -s rr\n"), "rules");
  t.equal(formatOf(""), "rules");
  t.equal(formatOf('{"schema": "uipvs/services/1"}'), "json");
  for (const text of [
    HEAD,
    "! c\nglobal_defs {\n}\n",
    "# c\n\ninclude a.conf\n",
    "$A=1\n",
    "virtual_servr 192.0.2.1 80 {\n",
  ]) {
    t.equal(formatOf(text), "keepalived", text);
  }
});

const skip = lacking(missing("keepalived") && "it needs the package keepalived");

t.test("the samples of the package are imported", { skip }, async (t) => {
  t.ok(SAMPLES.length > 20, `${SAMPLES.length} samples`);
  for (const path of SAMPLES) {
    const text = readFileSync(path, "utf8");
    t.ok(isKeepalived(text), path);
    const { wanted, remarks } = importKeepalived(path, text, {
      configId: "high",
      include: includedFiles,
    });
    t.equal(wanted.services.length > 0, /^\s*virtual_server\s/m.test(text), path);
    t.ok(remarks.length > 0, `${path} says what was left out`);
    t.same(
      remarks.filter(({ at }) => at.path !== path || at.line < 1),
      [],
    );
  }
});

t.test("wildcards and braces find files in order, hidden ones only by their dot", async (t) => {
  const folder = t.testdir({
    "k.conf": "",
    d: { "b.conf": "B", "a.conf": "A", ".h.conf": "H", "c.txt": "C", sub: {} },
  });
  const from = join(folder, "k.conf");
  const found = (pattern: string) => includedFiles(pattern, from).map(({ text }) => text);
  t.same(found("d/*.conf"), ["A", "B"]);
  t.same(found("d/[!a].{conf,txt}"), ["B", "C"]);
  t.same(found("d/.*"), ["H"]);
  t.same(found("d/?.txt"), ["C"]);
  t.same(found("d/*"), ["A", "B", "C"]);
  t.same(found(join(folder, "d", "c.txt")), ["C"]);
  t.same(found("none/*"), []);
  t.throws(() => found("none"), { code: "ENOENT" });
});
