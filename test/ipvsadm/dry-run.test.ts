import t from "tap";
import { directorBackend } from "../../src/control/director-services.ts";
import { recordedCases, repeat } from "./cases.ts";
import { idleDirector } from "./idle-director.ts";
import { MemoryBackend } from "./memory-backend.ts";
import { runIpvsadm } from "./support.ts";

const RULES = `\
-A -t 192.0.2.1:80 -s rr
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -m -w 3
-A -f 7 -s wlc
`;

/** A director with the rules, and how to run commands on it. */
async function prepared() {
  const backend = directorBackend(idleDirector());
  const run = (argv: readonly string[], stdin = "") =>
    runIpvsadm(argv, { openBackend: async () => backend, stdin });
  await run(["-R"], RULES);
  const table = async () => (await run(["-L", "--json"])).stdout;
  return { run, table };
}

t.test("a change is told and not made", async (t) => {
  const { run, table } = await prepared();
  const before = await table();
  const cases: readonly [line: string, told: string][] = [
    ["-A -u 192.0.2.1:53 -o", "+ -A -u 192.0.2.1:53 -s wlc -o\n"],
    ["-E -t 192.0.2.1:80 -s sh -p 60", "~ -E -t 192.0.2.1:80 -s sh -p 60\n"],
    ["-E -t 192.0.2.1:80 -s rr", ""],
    ["-D -f 7", "- -D -f 7\n"],
    ["-a -f 7 -r 10.0.0.9 -x 9 -y 4", "+ -a -f 7 -r 10.0.0.9:0 -g -w 1 -x 9 -y 4\n"],
    ["-e -t 192.0.2.1:80 -r 10.0.0.2 -m -w 0", "~ -e -t 192.0.2.1:80 -r 10.0.0.2:80 -m -w 0\n"],
    ["-e -t 192.0.2.1:80 -r 10.0.0.2 -m -w 3", ""],
    ["-d -t 192.0.2.1:80 -r 10.0.0.2", "- -d -t 192.0.2.1:80 -r 10.0.0.2:80\n"],
    ["-Z", "~ -Z\n"],
    ["-Z -f 7", "~ -Z -f 7\n"],
    ["--set 0 60 0", "~ --set 900 60 300\n"],
    ["--set 900 0 0", ""],
  ];
  for (const [line, stdout] of cases) {
    t.same(await run([...line.split(" "), "--dry-run"]), { stdout, stderr: "", code: 0 }, line);
  }
  const cleared = await run(["-C", "--dry-run"]);
  t.same(cleared.stdout.split("\n").sort(), ["", "- -D -f 7", "- -D -t 192.0.2.1:80"]);
  t.equal(await table(), before);
});

t.test("daemons are started and stopped in words only", async (t) => {
  const backend = new MemoryBackend();
  const run = (line: string) => runIpvsadm(line.split(" "), { openBackend: async () => backend });
  const start = "--start-daemon backup --mcast-interface lo --syncid 5";
  t.match(await run(`${start} --dry-run`), { stdout: `+ ${start}\n`, code: 0 });
  t.match(await run("--stop-daemon backup --dry-run"), { stderr: "No daemon is running\n" });
  await run(start);
  t.match(await run(`${start} --dry-run`), { stderr: "Daemon has already run\n", code: 255 });
  t.match(await run("--stop-daemon backup --dry-run"), { stdout: "- --stop-daemon backup\n" });
});

t.test("a restore is told line by line, each seeing those before it", async (t) => {
  const { run, table } = await prepared();
  const before = await table();
  const lines = "-A -f 8\n-a -f 8 -r 10.0.0.3\n-A -f 8\n-D -f 9\n-L -n -f 8\n-D -f 8\n";
  t.same(await run(["-R", "--dry-run"], lines), {
    stdout:
      "+ -A -f 8 -s wlc\n+ -a -f 8 -r 10.0.0.3:0 -g -w 1\n" +
      "Prot LocalAddress:Port Scheduler Flags\n" +
      "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n" +
      "FWM  8 wlc\n" +
      "  -> 10.0.0.3:0                   Route   1      0          0         \n" +
      "- -D -f 8\n",
    stderr: "Service already exists\nNo such service\n",
    code: 0,
  });
  t.equal(await table(), before);
});

t.test("a line of a real restore may be a rehearsal", async (t) => {
  const { run } = await prepared();
  await run(["-R"], "-A -f 8 --dry-run\n-A -f 9\n");
  const { stdout } = await run(["-S", "-n"]);
  t.match(stdout, "-A -f 9 ");
  t.notMatch(stdout, "-A -f 8 ");
});

/** Whether only the director can tell: which schedulers it was built with, which addresses are its own. */
function isUnknowable(argv: readonly string[]): boolean {
  return argv.includes("twos") || argv.some((word) => word.startsWith("[fe80:"));
}

t.test("recorded changes end the same when rehearsed", async (t) => {
  const changing = new Set(["-A", "-E", "-D", "-a", "-e", "-d", "-C", "-Z"]);
  let compared = 0;
  for (const recorded of recordedCases()) {
    const { argv, kernel, program, conn_table, stdin } = recorded;
    const plain = program === undefined && conn_table === undefined && stdin === "";
    if (!kernel || !plain || !changing.has(argv[0] ?? "")) continue;
    if (recorded.setup?.some((step) => "shell" in step)) continue;
    // Behind a double dash it would be no option.
    if (argv.includes("--") || isUnknowable(argv)) continue;
    const rehearsed = { ...recorded, argv: [...argv, "--dry-run"] };
    const { stderr, code } = await repeat(rehearsed, async () => new MemoryBackend());
    t.same({ stderr, code }, { stderr: recorded.stderr, code: recorded.code }, argv.join(" "));
    compared++;
  }
  t.ok(compared > 100, `${compared} runs compared`);
});

t.test("without a director a rehearsal ends like the real thing", async (t) => {
  const openBackend = async () => {
    throw Object.assign(new Error("connect ENOENT"), { code: "ENOENT" });
  };
  for (const argv of [["-C"], ["-A", "-f", "1"]]) {
    const real = await runIpvsadm(argv, { openBackend });
    t.same(await runIpvsadm([...argv, "--dry-run"], { openBackend }), real);
  }
});
