import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import t, { type Test } from "tap";
import { ERRNO } from "../../src/base/error.ts";
import { DirectorClient } from "../../src/control/director-client.ts";
import { NetlinkBackend } from "../../src/control/netlink-backend.ts";
import { SocketTransport } from "../../src/control/socket-transport.ts";
import { processIdentity } from "../../src/daemon/process-info.ts";
import { MESSAGE_TYPE, messageAt, messagesIn, outcomeOf } from "../../src/wire/netlink.ts";
import { temporaryFolder } from "../daemon/support.ts";
import { type Running, startUipvs, uipvs } from "./support.ts";

/** A director without packets that serves; its socket is in a folder of its own. */
async function serving(
  t: Test,
  words: readonly string[] = [],
  socket = join(temporaryFolder(t), "run", "control.sock"),
): Promise<{ readonly socket: string; readonly running: Running; readonly line: string }> {
  const running = startUipvs(t, ["up", "--device", "memory", "--socket", socket, ...words]);
  const line = await running.printed("\n");
  return { socket, running, line };
}

/** Leaves a director behind, which ends with the test at the latest. */
async function leftBehind(t: Test, words: readonly string[] = []): Promise<string> {
  const socket = join(temporaryFolder(t), "control.sock");
  t.teardown(() => uipvs(["down", "--socket", socket]));
  const { status, stderr } = await uipvs([
    "up",
    "-d",
    "--device",
    "memory",
    "--socket",
    socket,
    ...words,
  ]);
  t.equal(status, 0, stderr);
  return socket;
}

async function statusOf(socket: string): Promise<Record<string, unknown>> {
  const { stdout } = await uipvs(["status", "--json", "--socket", socket]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

t.test("up says where it listens, serves, and leaves nothing when told to end", async (t) => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const { socket, running, line } = await serving(t);
    t.equal(line, `Listening on ${socket}, device memory (memory)\n`);
    t.equal(statSync(socket).mode & 0o777, 0o600);
    t.equal(statSync(join(socket, "..")).mode & 0o777, 0o700);
    running.child.kill(signal);
    t.match(await running.ended, { status: 0, stderr: "" });
    t.same(readdirSync(join(socket, "..")), []);
  }
});

t.test("a second signal does not cut the cleaning up short", async (t) => {
  const { socket, running } = await serving(t);
  running.child.kill("SIGINT");
  running.child.kill("SIGTERM");
  running.child.kill("SIGHUP");
  await running.ended;
  t.same(readdirSync(join(socket, "..")), []);
});

t.test("up names device, socket and privilege when it has to refuse", async (t) => {
  const file = join(temporaryFolder(t), "file");
  writeFileSync(file, "mine");
  const taken = await uipvs(["up", "--device", "memory", "--socket", file]);
  t.equal(taken.status, 1);
  t.match(taken.stderr, `uipvs: Cannot use "${file}" as the control socket: it exists and is not`);
  t.equal(readFileSync(file, "utf8"), "mine");
  const long = await uipvs(["up", "--device", "memory", "--socket", `/tmp/${"x".repeat(200)}`]);
  t.equal(long.status, 1);
  t.match(long.stderr, /bytes long, at most 107 fit/);
});

t.test("up on a socket in use says who holds it, for how long, and leaves it alone", async (t) => {
  const { socket, running } = await serving(t);
  for (const detach of [[], ["-d"]]) {
    const words = ["up", ...detach, "--device", "memory", "--socket", socket];
    const { status, stderr } = await uipvs(words);
    t.equal(status, 3);
    const holder = `process ${running.child.pid} already does, for \\d+ s: .*uipvs.js up --device`;
    t.match(stderr, new RegExp(`^uipvs: Cannot listen on "${socket}": ${holder}`));
  }
  t.equal((await statusOf(socket)).pid, running.child.pid);
});

t.test("up replaces what a killed director has left", async (t) => {
  const { socket, running } = await serving(t);
  running.child.kill("SIGKILL");
  await running.ended;
  t.ok(existsSync(socket));
  const again = await serving(t, [], socket);
  t.equal((await statusOf(socket)).pid, again.running.child.pid);
});

t.test("down cleans up after a killed director, and says what it removed", async (t) => {
  const { socket, running } = await serving(t);
  running.child.kill("SIGKILL");
  await running.ended;
  const { status, stdout } = await uipvs(["down", "--socket", socket]);
  t.equal(status, 0);
  t.match(stdout, `Removed the control socket ${socket} of a director that is gone\n`);
  t.match(stdout, `Removed its note ${socket}.json\n`);
  t.same(readdirSync(join(socket, "..")), []);
});

t.test("down says that nothing runs, which is no failure", async (t) => {
  const socket = join(temporaryFolder(t), "control.sock");
  t.same(await uipvs(["down", "--socket", socket]), {
    status: 0,
    stdout: `No director runs at ${socket}, and none has left anything there\n`,
    stderr: "",
  });
});

t.test("up -d returns when the director serves, and down when it has ended", async (t) => {
  const socket = await leftBehind(t);
  const { pid } = await statusOf(socket);
  const { status, stdout } = await uipvs(["down", "--socket", socket]);
  t.equal(status, 0);
  t.equal(stdout, `The director at ${socket} has ended (process ${pid})\n`);
  t.equal(processIdentity(pid as number), undefined);
  t.same(readdirSync(join(socket, "..")), []);
});

t.test("up -d passes on why the director did not start, with its exit status", async (t) => {
  const folder = temporaryFolder(t);
  const socket = join(folder, "control.sock");
  const rules = join(folder, "none.rules");
  const words = ["up", "-d", "--device", "memory", "--socket", socket, "--rules", rules];
  const { status, stdout, stderr } = await uipvs(words);
  t.equal(status, 1);
  t.equal(stdout, "");
  t.match(stderr, /^uipvs: ENOENT.*none\.rules/);
  t.notOk(existsSync(socket));
});

t.test("two directors serve two sockets and know nothing of each other", async (t) => {
  const [one, other] = [await serving(t), await serving(t)];
  const rules = ["-A", "-t", "192.0.2.1:80"];
  await uipvs(["ipvsadm", ...rules], { env: { UIPVS_SOCKET: one.socket } });
  t.match(await statusOf(one.socket), { services: 1, pid: one.running.child.pid });
  t.match(await statusOf(other.socket), { services: 0, pid: other.running.child.pid });
  await uipvs(["down", "--socket", one.socket]);
  t.match(await statusOf(other.socket), { services: 0 });
});

t.test("a director begins with the rules of a file, comments passed over", async (t) => {
  const rules = join(temporaryFolder(t), "start.rules");
  const saved =
    "-A -t 192.0.2.1:80 -s rr\n" +
    "-a -t 192.0.2.1:80 -r 10.0.0.2:8080 -m -w 3\n" +
    "-A -f 7 -s wlc -p 300\n";
  writeFileSync(rules, `# The web.\n\n${saved}`);
  const { socket } = await serving(t, ["--rules", rules]);
  t.match(await statusOf(socket), { services: 2, destinations: 1 });
  const { stdout } = await uipvs(["ipvsadm", "-S", "-n"], { env: { UIPVS_SOCKET: socket } });
  t.same(stdout.trim().split("\n").sort(), saved.trim().split("\n").sort());
});

t.test("broken rules are refused as a whole, with file, line and value", async (t) => {
  const folder = temporaryFolder(t);
  const rules = join(folder, "start.rules");
  const socket = join(folder, "control.sock");
  const cases: readonly [line: string, reason: RegExp][] = [
    ["-a -t 192.0.2.1:80 -r 10.0.0.2:80 -w heavy", /illegal weight specified/],
    ["-A -t 192.0.2.1:80", /Service already exists/],
    ["-A -t 192.0.2.9:80 -s nobody", /Scheduler or persistence engine not found/],
    ["-L", /"-L" changes nothing/],
    ["hello", /must begin with a command such as -A/],
  ];
  for (const [line, reason] of cases) {
    writeFileSync(rules, `# first\n-A -t 192.0.2.1:80\n${line}\n`);
    const words = ["up", "--device", "memory", "--socket", socket, "--rules", rules];
    const { status, stdout, stderr } = await uipvs(words);
    t.equal(status, 1, line);
    t.equal(stdout, "");
    t.match(stderr, `uipvs: Cannot load the rules of "${rules}", line 3, "${line}": `);
    t.match(stderr, reason);
    t.same(readdirSync(folder), ["start.rules"]);
  }
});

t.test("a malformed message is refused, and the connection lives on", async (t) => {
  const { socket } = await serving(t);
  const transport = await SocketTransport.connect(socket);
  const backend = new NetlinkBackend(transport);
  t.teardown(() => backend.close());
  // Whole by its length, of a family nobody has.
  const nonsense = new Uint8Array(20).fill(0xff);
  new DataView(nonsense.buffer).setUint32(0, nonsense.length, true);
  const replies = await transport.exchange(nonsense);
  t.equal(replies.length, 1);
  t.match(messageAt(replies[0]!, 0), { type: MESSAGE_TYPE.error });
  t.same(await backend.info(), { version: 0x010201, connectionTableSize: 4096 });
});

t.test("a message that cannot be framed is refused, and ends the connection", async (t) => {
  const { socket } = await serving(t);
  const connection = createConnection(socket);
  const header = new Uint8Array(16);
  new DataView(header.buffer).setUint32(0, 7, true);
  new DataView(header.buffer).setUint32(8, 99, true);
  connection.write(header);
  const chunks: Buffer[] = [];
  for await (const chunk of connection) chunks.push(chunk as Buffer);
  const [refusal, ...more] = messagesIn(Buffer.concat(chunks));
  t.same(more, []);
  t.match(refusal, { type: MESSAGE_TYPE.error, sequence: 99 });
  t.equal(outcomeOf(refusal!)?.errno, ERRNO.EINVAL);
});

t.test("a director told to stop on its socket answers, ends, and leaves nothing", async (t) => {
  const { socket, running } = await serving(t);
  const transport = await SocketTransport.connect(socket);
  t.teardown(() => transport.close());
  await new DirectorClient(transport).stop();
  t.match(await running.ended, { status: 0, stderr: "" });
  t.same(readdirSync(join(socket, "..")), []);
});

t.test("status without a director ends with status 2 and says how to start one", async (t) => {
  const socket = join(temporaryFolder(t), "control.sock");
  const { status, stdout, stderr } = await uipvs(["status", "--socket", socket]);
  t.equal(status, 2);
  t.equal(stdout, "");
  t.match(stderr, `uipvs: No director answers at ${socket}: `);
  t.match(stderr, "uipvs up");
});

t.test("status shows what there is, for people and for programs", async (t) => {
  const { socket, running } = await serving(t, ["--profile", "6.1.176"]);
  const { stdout } = await uipvs(["status", "--socket", socket]);
  t.match(stdout, new RegExp(`^Director: +process ${running.child.pid}, up for \\d+ s$`, "m"));
  t.match(stdout, /^Profile: +6\.1\.176$/m);
  t.match(stdout, /^Drops: +none$/m);
  t.match(await statusOf(socket), {
    pid: running.child.pid,
    socket,
    device: "memory",
    deviceKind: "memory",
    profile: "6.1.176",
    services: 0,
    destinations: 0,
    connections: 0,
    packets: { accept: 0, drop: 0, forward: 0, hold: 0 },
    accepts: {},
    drops: {},
  });
});

t.test("the socket of the environment is asked where none is named", async (t) => {
  const { socket, running } = await serving(t);
  const { stdout } = await uipvs(["status", "--json"], { env: { UIPVS_SOCKET: socket } });
  t.equal((JSON.parse(stdout) as { pid: number }).pid, running.child.pid);
});
