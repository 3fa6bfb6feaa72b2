import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { StaticHost } from "../../dataplane/static-host.ts";
import { schedulers } from "../../schedulers/index.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { directorBackend } from "../../src/control/director-services.ts";
import { Director } from "../../src/engine/director.ts";
import { loadRules, RulesError } from "../../src/ipvsadm/rules-file.ts";
import { readRules } from "../../src/rules/read-rules.ts";

function rulesFile(t: Test, text: string): string {
  const path = join(t.testdir(), "start.rules");
  writeFileSync(path, text);
  return path;
}

function director(): Director {
  return new Director({ schedulers, clock: new ManualClock(), host: new StaticHost() });
}

t.test("rules are obeyed in their order, comments and blank lines passed over", async (t) => {
  const path = rulesFile(
    t,
    "# made by hand\n\n  -A -t 192.0.2.1:80 -s rr\r\n-a -t 192.0.2.1:80 -r 10.0.0.2 -g -w 2\n" +
      "ipvsadm -A -u 192.0.2.1:53 -s sh",
  );
  const rules = await readRules(path);
  t.same(
    rules.rules.map(({ line }) => line),
    [3, 4, 5],
  );
  const served = director();
  await loadRules(rules, directorBackend(served));
  const [web] = served.services().filter(({ id }) => id.port === 80);
  t.equal(served.services().length, 2);
  t.match(served.destinations(web!.id), [{ id: { port: 80 }, config: { weight: 2 } }]);
});

t.test("without a file there are no rules", async (t) => {
  const served = director();
  await loadRules(await readRules(undefined), directorBackend(served));
  t.same(served.services(), []);
});

t.test("a line that cannot be understood is named, and nothing is obeyed", async (t) => {
  const cases: readonly [line: string, reason: RegExp][] = [
    ["-A -t 192.0.2.256:80", /illegal virtual server address\[:port\] specified$/],
    ["-A -t 192.0.2.1:80 -p forever", /invalid timeout value `forever' specified$/],
    ["-A -t 192.0.2.1:80 --shiny", /--shiny: unknown option$/],
    ["-S", /"-S" changes nothing: must be a command such as -A or -a$/],
    ["-R", /must be|help/],
    ["add 192.0.2.1:80", /must begin with a command such as -A or -a$/],
  ];
  for (const [line, reason] of cases) {
    const path = rulesFile(t, `-A -t 192.0.2.1:80\n\n${line}\n`);
    try {
      await readRules(path);
      t.fail(line);
    } catch (error) {
      t.type(error, RulesError, line);
      const { message } = error as RulesError;
      t.match(message, `Cannot load the rules of "${path}", line 3, "${line}": `);
      t.match(message, reason);
    }
  }
});

t.test("a line that is refused is named", async (t) => {
  const path = rulesFile(t, "-A -t 192.0.2.1:80\n-a -t 192.0.2.9:80 -r 10.0.0.2:80\n");
  const rules = await readRules(path);
  await t.rejects(loadRules(rules, directorBackend(director())), {
    name: "RulesError",
    message: /line 2, "-a -t 192\.0\.2\.9:80 .*": Service not defined$/,
  });
});

t.test("a file that is not there is the system's error", async (t) => {
  await t.rejects(readRules(join(t.testdir(), "none")), { code: "ENOENT", syscall: "open" });
});
