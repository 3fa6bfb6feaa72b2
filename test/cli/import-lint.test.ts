import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { DEFAULT_PROFILE } from "../../src/engine/profile.ts";
import { testFile } from "../../src/lvs/test-file.ts";
import { temporaryFolder } from "../daemon/support.ts";
import { FIXTURES } from "../keepalived/support.ts";
import { ROOT } from "../support/files.ts";
import { startUipvs, uipvs } from "./support.ts";

const NAT = join(FIXTURES, "nat.conf");
const THRESHOLDS = join(FIXTURES, "thresholds.conf");
const NAT_RULES = `-A -t 192.0.2.10:80 -s wrr
-a -t 192.0.2.10:80 -r 10.0.0.1:8080 -m -w 3
-a -t 192.0.2.10:80 -r 10.0.0.2:8080 -m -w 1
-a -t 192.0.2.10:80 -r 10.0.0.3:80 -m -w 0
`;
const BROKEN = `virtual_server 192.0.2.1 80 {
  protocol TCP
  real_server 10.0.0.1 80 {
  }
}
virtual_server 192.0.2.1 443 {
  lvs_sched fastest
}
`;

t.test("import writes the rules, and what it left out on the standard error", async (t) => {
  t.same(await uipvs(["import", NAT]), { status: 0, stdout: NAT_RULES, stderr: "" });
  const { status, stdout, stderr } = await uipvs(["import", THRESHOLDS]);
  t.equal(status, 0);
  t.match(stdout, /-r 10\.0\.0\.1:80 -m -w 1 -x 9 -y 5\n/);
  t.match(stderr, /^uipvs: .*thresholds\.conf:9:5: left out "real_server 10\.0\.0\.2 80": lthresh/);
  t.equal((await uipvs(["import", "-q", THRESHOLDS])).stderr, "");
});

t.test("import of what import has written is the same again, in both forms", async (t) => {
  for (const name of ["group.conf", "tunnels.conf", "persistence.conf", "layout.conf"]) {
    const path = join(FIXTURES, name);
    const rules = (await uipvs(["import", "-q", path])).stdout;
    t.equal((await uipvs(["import", "-"], { input: rules })).stdout, rules, name);
    const json = (await uipvs(["import", "-q", path, "--to", "json"])).stdout;
    t.equal((await uipvs(["import", "-"], { input: json })).stdout, rules, `${name} as JSON`);
  }
});

t.test("a scenario made of a configuration names it, and passes", async (t) => {
  const folder = t.testdir({ "broken.conf": BROKEN });
  const path = join(folder, "first.lvs");
  for (const name of ["nat.conf", "fwmark.conf", "ipv6.conf", "sorry.conf", "protocols.conf"]) {
    const file = join(FIXTURES, name);
    const { status, stdout } = await uipvs(["import", "-q", file, "--to", "scenario"]);
    t.equal(status, 0, name);
    t.match(stdout, `\nrules ${file}\n`);
    t.match(stdout, /\n\$ client .*\n {2}\| /);
    writeFileSync(path, stdout);
    const result = await testFile(path, { profile: DEFAULT_PROFILE, seed: 2, update: false });
    t.match(result, { outcome: "passed", failures: [] }, name);
  }
  // Of standard input it holds the rules themselves.
  const piped = await uipvs(["import", "-", "--to", "scenario"], { input: NAT_RULES });
  t.match(piped.stdout, "\nipvsadm -a -t 192.0.2.10:80 -r 10.0.0.1:8080 -m -w 3\n");
  t.match(piped.stdout, "\n# Here 10.0.0.1 is an address of the director itself.\n");
  const broken = await uipvs(["import", join(folder, "broken.conf"), "--to", "scenario"]);
  t.match(broken, {
    status: 2,
    stdout: "",
    stderr: /broken\.conf.* line 7, column 13: expected one of .*fastest/,
  });
});

t.test("import --json holds commands and remarks", async (t) => {
  const { stdout, stderr } = await uipvs(["import", "--json", THRESHOLDS]);
  t.equal(stderr, "");
  t.match(JSON.parse(stdout), {
    schema: "uipvs/import/1",
    file: THRESHOLDS,
    commands: [{ command: "-A -t 192.0.2.90:80 -s lc", place: /^line 1, "virtual_server/ }],
    remarks: [
      {
        file: THRESHOLDS,
        line: 9,
        column: 5,
        what: "left out",
        statement: "real_server 10.0.0.2 80",
        rule: "threshold-order",
      },
    ],
  });
});

t.test("import takes the lines of a configuration id", async (t) => {
  const path = join(FIXTURES, "parameters.conf");
  t.match((await uipvs(["import", path, "-i", "high"])).stdout, "-A -t 192.0.2.100:80 -s wrr");
  t.match((await uipvs(["import", path, "-i", "low"])).stdout, "-A -t 192.0.2.101:80 -s wrr");
});

t.test("nothing of a broken configuration is used, by no command", async (t) => {
  const place =
    /"standard input" as a configuration of keepalived, line 7, column 13: expected one of rr/;
  t.match(await uipvs(["import", "-"], { input: BROKEN }), {
    status: 2,
    stdout: "",
    stderr: place,
  });
  t.match(await uipvs(["lint", "-"], { input: BROKEN }), { status: 2, stdout: "", stderr: place });
  const folder = t.testdir({ "k.conf": BROKEN });
  const path = join(folder, "k.conf");
  const env = { UIPVS_SOCKET: join(folder, "s") };
  t.match(await uipvs(["up", "--device", "memory", "--rules", path], { env }), {
    status: 1,
    stdout: "",
    stderr: /k\.conf" as a configuration of keepalived, line 7, column 13/,
  });
  const capture = join(ROOT, "test", "fixtures", "none.pcap");
  t.match(await uipvs(["replay", "--rules", path, "--in", capture]), {
    status: 2,
    stderr: /line 7, column 13/,
  });
  t.match(await uipvs(["import", join(folder, "none")]), {
    status: 2,
    stderr: /Cannot read ".*none": No such file or directory/,
  });
});

t.test("up, diff and apply take a configuration where they take rules", async (t) => {
  const env = { UIPVS_SOCKET: join(temporaryFolder(t), "s") };
  await startUipvs(t, ["up", "--device", "memory", "--rules", NAT], { env }).printed("\n");
  const run = (words: readonly string[]) => uipvs(words, { env });
  t.equal((await run(["ipvsadm", "-S", "-n"])).stdout, NAT_RULES);
  t.same(await run(["diff", NAT]), { status: 0, stdout: "", stderr: "" });
  t.match(await run(["diff", THRESHOLDS]), {
    status: 1,
    stdout: /^\+ -A -t 192\.0\.2\.90:80 -s lc\n/,
    stderr: /left out "real_server 10\.0\.0\.2 80"/,
  });
  t.equal((await run(["apply", THRESHOLDS, "--prune"])).status, 0);
  t.match(
    (await run(["ipvsadm", "-L", "-n", "--thresholds"])).stdout,
    /10\.0\.0\.1:80 +9 +5 +0 +0/,
  );
});

t.test("up says what a configuration has that its table has not", async (t) => {
  const env = { UIPVS_SOCKET: join(temporaryFolder(t), "s") };
  const words = ["up", "--device", "memory", "--rules", THRESHOLDS];
  const { child, ended, printed } = startUipvs(t, words, { env });
  await printed("\n");
  child.kill("SIGTERM");
  t.match(await ended, { status: 0, stderr: /left out "real_server 10\.0\.0\.2 80"/ });
});

t.test("lint tells place, severity and rule, and ends with 1", async (t) => {
  const { status, stdout, stderr } = await uipvs(["lint", THRESHOLDS]);
  t.equal(status, 1);
  t.equal(stderr, "");
  t.match(
    stdout,
    /thresholds\.conf:12:9: error: lower threshold 9 of 10\.0\.0\.2:80 .* \[threshold-order\]\n/,
  );
  t.match(
    stdout,
    /thresholds\.conf:15:9: warning: weight 70000 of 10\.0\.0\.3:80 .* \[weight-range\]\n/,
  );
  t.same(await uipvs(["lint", NAT]), { status: 0, stdout: "", stderr: "" });
});

t.test("lint ends with 1 for what --fail-on says", async (t) => {
  const note = "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -i\n";
  const status = async (...words: readonly string[]) =>
    (await uipvs(["lint", "-", ...words], { input: note })).status;
  t.equal(await status(), 0);
  t.equal(await status("--fail-on", "note"), 1);
  t.equal(await status("--fail-on", "error"), 0);
  t.equal((await uipvs(["lint", THRESHOLDS, "--fail-on", "never"])).status, 0);
  t.equal((await uipvs(["lint", THRESHOLDS, "--fail-on", "error"])).status, 1);
});

t.test("lint --json lists the findings", async (t) => {
  const input = "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -w 70000\n";
  const { status, stdout } = await uipvs(["lint", "-", "--json"], { input });
  t.equal(status, 1);
  t.match(JSON.parse(stdout), {
    schema: "uipvs/lint/1",
    file: "-",
    findings: [
      {
        rule: "weight-range",
        severity: "warning",
        file: "standard input",
        line: 2,
        message: /^weight 70000 of 10\.0\.0\.1:80 is above 65535/,
      },
    ],
  });
  t.match(await uipvs(["lint", "-"], { input: "{}" }), { status: 2, stderr: /JSON document/ });
});
