/**
 * `uipvs import --to lab`: the lab of a configuration, as the linter sees it, and on hosts.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { lintLab } from "../../src/lab/index.ts";
import { temporaryFolder } from "../daemon/support.ts";
import { FIXTURES } from "../keepalived/support.ts";
import { noLabsForRoot } from "../support/lab-users.ts";
import { missing } from "../support/programs.ts";
import { lacking } from "../support/requirement.ts";
import { uipvs } from "./support.ts";

const skip = lacking(missing("curl") || missing("bash") || (await noLabsForRoot()));

/** Every method, a real server of two methods, and two networks. */
const METHODS = `-A -t 192.0.2.10:80 -s rr
-a -t 192.0.2.10:80 -r 10.0.0.1:8080 -m -w 1
-a -t 192.0.2.10:80 -r 10.0.0.2:8080 -m -w 1
-A -t 10.0.0.100:443 -s rr
-a -t 10.0.0.100:443 -r 10.0.0.2:443 -g -w 1
-a -t 10.0.0.100:443 -r 10.0.0.3:443 -g -w 1
-A -t 192.0.2.30:0 -s wlc -p 60
-a -t 192.0.2.30:0 -r 10.0.1.4:0 -i -w 1
`;

/** What a lab has no host, or no step for, each with why. */
const BEYOND: readonly (readonly [rules: string, reason: RegExp])[] = [
  ["-A -t [2001:db8::1]:80 -s rr", /IPv4 addresses only/],
  ["-A -f 7 -s rr", /no step .*firewall mark/],
  ["-A -u 192.0.2.1:53 -s rr", /no step .*over TCP only/],
  ["-A -t 192.0.2.3:80 -s sh", /no step .*sh may choose a real server of weight 0/],
  ["-A -t 192.0.2.2:80 -s rr", /no step .*weight above 0/],
  ["-a -t 192.0.2.10:80 -r 127.0.0.1:80 -g -w 1", /the director itself/],
  ["-a -t 192.0.2.10:80 -r 192.0.2.10:81 -m -w 1", /the director itself/],
  ["-a -t 192.0.2.10:80 -r 10.0.0.255:80 -m -w 1", /no host of a lab can have the address/],
  ["-a -t 192.0.2.10:80 -r 10.0.0.9:80 -i -w 1 --tun-type gre --tun-nocsum", /IPIP tunnels only/],
];

/** What makes the service of the scheduler sh one that may leave a client without an answer. */
const HASHED = `-a -t 192.0.2.3:80 -r 10.0.0.1:80 -m -w 1
-a -t 192.0.2.3:80 -r 10.0.0.2:80 -m -w 0
`;

function importTo(folder: string, rules: string, ...words: readonly string[]) {
  return uipvs(["import", "-", "--to", "lab", folder, ...words], { input: rules });
}

t.test("the lab of a configuration is one the linter accepts", async (t) => {
  const home = temporaryFolder(t);
  for (const name of ["nat.conf", "persistence.conf", "sorry.conf", "layout.conf"]) {
    const folder = join(home, name);
    const { status, stdout } = await uipvs(["import", join(FIXTURES, name), "--to", "lab", folder]);
    t.match({ status, stdout }, { status: 0, stdout: "" }, name);
    t.strictSame(lintLab(folder), [], name);
  }
  const plan = readFileSync(join(home, "nat.conf", "lab.yaml"), "utf8");
  for (const address of ["192.0.2.10/32", "10.0.0.1/24", "10.0.0.2/24", "10.0.0.3/24"]) {
    t.match(plan, `- ${address}\n`, "addresses are those of the file");
  }
  t.match(plan, "      -a -t 192.0.2.10:80 -r 10.0.0.1:8080 -m -w 3\n");
});

t.test("what a lab does not have of a file is said line by line", async (t) => {
  const home = temporaryFolder(t);
  const rules = `${METHODS}${BEYOND.map(([rule]) => `${rule}\n`).join("")}${HASHED}`;
  const said = await importTo(join(home, "said"), rules);
  t.equal(said.status, 0, said.stderr);
  t.equal(said.stderr.trim().split("\n").length, BEYOND.length);
  const json = await importTo(join(home, "json"), rules, "--json");
  t.equal(json.stderr, "");
  const { remarks } = JSON.parse(json.stdout) as {
    remarks: { statement: string; reason: string }[];
  };
  for (const [rule, reason] of BEYOND) {
    t.match(said.stderr, `: left out "${rule}": `);
    t.match(remarks.find(({ statement }) => statement === rule)?.reason, reason, rule);
  }
  t.strictSame(lintLab(join(home, "said")), []);
  t.equal((await importTo(join(home, "quiet"), rules, "-q")).stderr, "");

  const document = (await uipvs(["import", "-", "--to", "json"], { input: rules })).stdout;
  const parts = await importTo(join(home, "parts"), document);
  t.match(
    parts.stderr,
    /^uipvs: standard input: services\[3\]: left out "-A -t \[2001:db8::1\]:80/m,
  );
  const places = JSON.parse((await importTo(join(home, "places"), document, "--json")).stdout);
  t.match(places, { remarks: [{ file: "standard input", line: null, column: null }] });
});

t.test("nothing is overwritten, and nothing is left of what fails", async (t) => {
  const home = temporaryFolder(t);
  const folder = join(home, "lab");
  const many = Array.from(
    { length: 41 },
    (_, at) => `-a -t 192.0.2.10:80 -r 10.0.${at}.1:80 -m -w 1\n`,
  );
  const wrong: readonly (readonly [rules: string, message: RegExp])[] = [
    ["-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.11:80 -r 10.0.0.1 -m\n", /line 2/],
    ["-A -f 7 -s rr\n", /no service a client could ask by TCP/],
    [`-A -t 192.0.2.10:80 -s rr\n${many.join("")}`, /at most 40: there are 41/],
  ];
  for (const [rules, message] of wrong) {
    t.match(await importTo(folder, rules), { status: 2, stdout: "", stderr: message });
    t.notOk(existsSync(folder));
  }
  t.match(await importTo(join(folder, "deep"), METHODS), {
    status: 2,
    stderr: /no folder to make it in/,
  });
  t.match(await uipvs(["import", "-", "--to", "lab"], { input: METHODS }), {
    status: 2,
    stderr: /A lab needs a folder/,
  });
  t.match(await uipvs(["import", "-", folder], { input: METHODS }), {
    status: 2,
    stderr: /only a lab \(--to lab\) is written to a folder/,
  });
  mkdirSync(folder);
  writeFileSync(join(folder, "lab.yaml"), "mine");
  t.match(await importTo(folder, METHODS), {
    status: 2,
    stderr: /Cannot make lab ".*": it exists/,
  });
  t.equal(readFileSync(join(folder, "lab.yaml"), "utf8"), "mine");
});

t.test(
  "the lab of rules starts, and its clients are answered by every method",
  { skip },
  async (t) => {
    const home = temporaryFolder(t);
    const folder = join(home, "methods");
    const env = { UIPVS_LAB_FOLDER: join(home, "run"), LC_ALL: "C.UTF-8" };
    const lab = (...words: string[]) => uipvs(["lab", ...words], { env });
    t.match(await importTo(folder, METHODS), { status: 0, stderr: "" });
    t.teardown(() => lab("stop"));
    t.match(await lab("start", folder), { status: 0, stderr: "" });
    const ask = async (url: string) =>
      (await lab("enter", "client", "--", "curl", "-s", "--max-time", "3", url)).stdout;
    const servers = new Map<string, readonly string[]>([
      ["http://192.0.2.10/", ["web1", "web2"]],
      ["http://10.0.0.100:443/", ["web2", "web3"]],
      ["http://192.0.2.30/", ["web4"]],
    ]);
    for (const [url, names] of servers) {
      const answers: string[] = [];
      for (const _ of names) answers.push(await ask(url));
      for (const name of names) {
        const page = new RegExp(`^real server ${name}, client 203\\.0\\.113\\.10:\\d+\\n$`);
        t.ok(
          answers.some((answer) => page.test(answer)),
          `${url} by ${name}`,
        );
      }
    }
    const check = await lab("check", "--json");
    t.match(JSON.parse(check.stdout), { lab: "methods", passed: 3, total: 3 });
    t.match(await lab("stop"), { status: 0 });
    t.notOk(existsSync(env.UIPVS_LAB_FOLDER));
  },
);
