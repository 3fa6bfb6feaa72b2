import { once } from "node:events";
import { existsSync } from "node:fs";
import t from "tap";
import { findGround } from "../../src/lab/ground.ts";
import { endProgram, NamespaceHost } from "../../src/lab/namespace-host.ts";
import { execute } from "../../src/lab/system-command.ts";
import { noNamespaces } from "../support/namespaces.ts";

const skip = await noNamespaces();

t.test("a host has a network and a folder of its own", { skip }, async (t) => {
  const host = await NamespaceHost.start("one");
  const links = await host.mustRun(["ip", "-oneline", "link"]);
  t.match(links, /^1: lo: [^\n]*\n$/, "a loopback and nothing else");
  t.ok(existsSync(host.folder));
  await host.stop();
  t.notOk(existsSync(host.folder));
  t.throws(() => host.spawn(["true"]), new Error('Cannot enter host "one": it was stopped'));
  await t.rejects(host.run(["true"]), /it was stopped/);
});

t.test("run() returns what a program says, mustRun() throws it", { skip }, async (t) => {
  const host = await NamespaceHost.start("one");
  t.teardown(() => host.stop());
  const script = "cat; echo no >&2; exit 3";
  t.strictSame(await host.run(["sh", "-c", script], { stdin: "yes" }), {
    status: 3,
    stdout: "yes",
    stderr: "no\n",
  });
  await t.rejects(host.mustRun(["sh", "-c", script]), /exit 3": exit status 3, no$/);
});

t.test("ip() and setSysctls() change this host only", { skip }, async (t) => {
  const [one, two] = [await NamespaceHost.start("one"), await NamespaceHost.start("two")];
  t.teardown(() => Promise.all([one.stop(), two.stop()]));
  await one.ip(["link set lo up", "addr add 192.0.2.1/32 dev lo"]);
  await one.setSysctls({ "net/ipv4/ip_forward": 1, "net/ipv4/conf/lo/arp_ignore": 1 });
  const look = ["sh", "-c", "ip -brief -4 addr; cat /proc/sys/net/ipv4/ip_forward"];
  t.match(await one.mustRun(look), /^lo +UNKNOWN +127\.0\.0\.1\/8 192\.0\.2\.1\/32 \n1\n$/);
  t.equal(await two.mustRun(look), "0\n");
  await t.rejects(
    one.ip(["link show lo", "link set eth9 up"]),
    /eth9.*"ip link set eth9 up" on "one"/,
  );
  await t.rejects(one.setSysctls({ "net/ipv4/nothing": 1 }), /nothing/);
});

t.test("a guarded program ends with its own exit status", { skip }, async (t) => {
  const host = await NamespaceHost.start("one");
  t.teardown(() => host.stop());
  const program = host.spawnGuarded(["sh", "-c", "echo $GREETING; exit 7"], { GREETING: "hello" });
  const said = once(program.stdout, "data");
  t.strictSame(await once(program, "close"), [7, null]);
  t.equal(String(await said), "hello\n");
});

t.test("a guarded program is told to end when nobody wants it any more", { skip }, async (t) => {
  const host = await NamespaceHost.start("one");
  t.teardown(() => host.stop());
  const script = 'trap "echo told; exit 5" TERM; echo ready; while :; do sleep 0.05; done';
  for (const end of ["input", "signal"] as const) {
    const program = host.spawnGuarded(["sh", "-c", script]);
    let said = "";
    program.stdout.on("data", (text: Buffer) => {
      said += text;
    });
    await once(program.stdout, "data");
    if (end === "signal") await endProgram(program);
    else await Promise.all([once(program, "close"), program.stdin.end()]);
    t.equal(said, "ready\ntold\n", end);
  }
});

t.test("execute() ends a program that takes too long", async (t) => {
  const { status } = await execute(["sh", "-c", "exec sleep 60"], { timeout: 50 });
  t.equal(status, 137);
});

t.test("findGround() says what is missing", async (t) => {
  const path = process.env.PATH;
  process.env.PATH = "/nowhere";
  t.teardown(() => {
    process.env.PATH = path;
  });
  const ground = await findGround();
  t.equal(ground.kind, "none");
  t.match(ground, { reason: /"unshare" is not installed|koffi|Linux/ });
});
