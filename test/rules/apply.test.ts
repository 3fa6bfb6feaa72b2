import t from "tap";
import { IpvsError } from "../../src/base/error.ts";
import { apply, backendWith, diff, documentOf, emptyBackend, ipvsadm, watched } from "./support.ts";

const RUNNING = `\
-A -t 192.0.2.1:80 -s rr
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -m -w 1
-a -t 192.0.2.1:80 -r 10.0.0.3:80 -m -w 1 -x 50
-A -f 7 -s wlc -p 300
-a -f 7 -r 10.0.0.4:0 -g -w 1
`;

const FILE = `\
# changed by hand
-A -t 192.0.2.1:80 -s rr

-a -t 192.0.2.1:80 -r 10.0.0.2:80 -m -w 5 -x 100 -y 20
-a -t 192.0.2.1:80 -r 10.0.0.9:80 -m -w 1
-A -u 192.0.2.1:53 -s sh -b sh-port,flag-3
-A -f 4294967295 -s rr
`;

const DIFFERENCE = [
  "~ -e -t 192.0.2.1:80 -r 10.0.0.2:80 -m -w 5 -x 100 -y 20",
  "+ -a -t 192.0.2.1:80 -r 10.0.0.9:80 -m -w 1",
  "+ -A -u 192.0.2.1:53 -s sh -b sh-port,flag-3",
  "+ -A -f 4294967295 -s rr",
  "- -d -t 192.0.2.1:80 -r 10.0.0.3:80",
  "- -D -f 7",
];

t.test("a difference is a list of commands, removals last", async (t) => {
  t.same(await diff(await backendWith(RUNNING), FILE), DIFFERENCE);
});

t.test("the commands of a difference bring the table to the file", async (t) => {
  const backend = await backendWith(RUNNING);
  const lines = await diff(backend, FILE);
  const { stderr } = await ipvsadm(backend, ["-R"], lines.map((line) => line.slice(2)).join("\n"));
  t.equal(stderr, "");
  t.same(await diff(backend, FILE), []);
});

t.test("applied with pruning, a file leaves no difference", async (t) => {
  const backend = await backendWith(RUNNING);
  await apply(backend, FILE, true);
  t.same(await diff(backend, FILE), []);
});

t.test("without pruning, what the file does not mention stays", async (t) => {
  const backend = await backendWith(RUNNING);
  await apply(backend, FILE);
  t.same(await diff(backend, FILE), ["- -d -t 192.0.2.1:80 -r 10.0.0.3:80", "- -D -f 7"]);
});

t.test("no command is given for what is equal, and edits replace nothing", async (t) => {
  const { backend, calls } = watched(await backendWith(RUNNING));
  await apply(backend, RUNNING, true);
  t.same(calls, []);
  await apply(backend, FILE);
  t.same(calls, ["editDestination", "addDestination", "addService", "addService"]);
});

t.test("what a saved table leaves out is no difference, except thresholds", async (t) => {
  const backend = await backendWith("-A -t 192.0.2.1:80 -s rr -M 255.255.255.0\n");
  const { stdout } = await ipvsadm(backend, ["-S", "-n"]);
  t.notMatch(stdout, "255.255.255.0");
  t.same(await diff(backend, stdout), []);
  const limited = await backendWith(RUNNING);
  const saved = await ipvsadm(limited, ["-S", "-n"]);
  t.same(await diff(limited, saved.stdout), ["~ -e -t 192.0.2.1:80 -r 10.0.0.3:80 -m -w 1"]);
});

t.test("timeouts are set when the file has them, a 0 keeps what is set", async (t) => {
  const backend = await backendWith(RUNNING);
  t.same(await diff(backend, `${RUNNING}--set 600 0 0\n`), ["~ --set 600 120 300"]);
  await apply(backend, "--set 600 0 0\n");
  t.same(await backend.timeouts(), { tcp: 600, tcpFin: 120, udp: 300 });
});

t.test("a file is the table its commands make", async (t) => {
  const text = "-A -f 1\n-a -f 1 -r 10.0.0.1\n-C\n-A -f 2\n-E -f 2 -s rr\n-A -f 3\n-D -f 3\n";
  t.same(await diff(emptyBackend(), text), ["+ -A -f 2 -s rr"]);
});

t.test("a fault in a file is named with its line, and nothing is changed", async (t) => {
  const backend = await backendWith(RUNNING);
  const before = await documentOf(backend);
  const cases: readonly [text: string, message: RegExp][] = [
    ["-A -f 1\n\n-A -f 1", /"f\.rules", line 3, "-A -f 1": Service already exists$/],
    ["# none\n-a -f 7 -r 10.0.0.1", /line 2, "-a -f 7 -r 10\.0\.0\.1": Service not defined$/],
    ["-A -f 1 -s best", /line 1, .*: Scheduler or persistence engine not found$/],
    ["-A -f 1\n-a -f 1 -r 10.0.0.1 -y 5", /line 2, .*: Numerical result out of range$/],
    ["-A -f 1\n-a -f 1 -r 224.0.0.1", /line 2, .*: Invalid operation/],
    ["-A -t 1.2.3.4:http:x", /line 1, .*illegal virtual server address/],
    ["-Z", /line 1, "-Z": must describe services and servers$/],
    ["-A -f 1 --dry-run", /line 1, .*--dry-run has no place in a file of rules$/],
    ["-L --json", /line 1, .*"-L" changes nothing/],
  ];
  for (const [text, message] of cases) {
    await t.rejects(apply(backend, text), { message }, text);
  }
  t.equal(await documentOf(backend), before);
});

t.test("refused midway, what was done is undone and the line is named", async (t) => {
  for (let call = 1; call <= DIFFERENCE.length; call++) {
    const original = await backendWith(RUNNING);
    const before = await documentOf(original);
    const { backend } = watched(original, (number) => {
      if (number === call) throw new IpvsError("ENOMEM", "Refused");
    });
    await t.rejects(
      apply(backend, FILE, true),
      { name: "PlanError", undone: true, message: /: Memory allocation problem; the table is as/ },
      `call ${call}`,
    );
    t.same(await diff(original, before), [], `after call ${call}`);
  }
  const { backend } = watched(await backendWith(RUNNING), (number) => {
    if (number === 2) throw new IpvsError("ENOMEM", "Refused");
  });
  await t.rejects(apply(backend, FILE), {
    message:
      /^Cannot apply "f\.rules", line 5, "-a -t 192\.0\.2\.1:80 -r 10\.0\.0\.9:80 -m -w 1": /,
  });
});

t.test("where taking back is refused too, both refusals are told", async (t) => {
  const { backend } = watched(await backendWith(RUNNING), (number) => {
    if (number >= 2) throw new IpvsError("EPERM", "Refused");
  });
  await t.rejects(apply(backend, FILE), {
    undone: false,
    message:
      /line 5, .*Permission denied .*half changed: "-e -t 192\.0\.2\.1:80 -r 10\.0\.0\.2:80 -m -w 1" /,
  });
});

t.test("counters of what stays are kept, as what stays is not touched", async (t) => {
  const { backend, calls } = watched(await backendWith(RUNNING));
  await apply(backend, RUNNING.replace("-r 10.0.0.2:80 -m -w 1", "-r 10.0.0.2:80 -m -w 0"), true);
  t.same(calls, ["editDestination"]);
});
