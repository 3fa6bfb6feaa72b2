import { join } from "node:path";
import t, { type Test } from "tap";
import { DirectorClient } from "../../src/control/director-client.ts";
import { SocketTransport } from "../../src/control/socket-transport.ts";
import { temporaryFolder } from "../daemon/support.ts";
import { type Outcome, startUipvs, uipvs } from "./support.ts";

/** Starts a director without packets, and returns who asks it by the command. */
async function begin(t: Test, words: readonly string[] = []) {
  const socket = join(temporaryFolder(t), "control.sock");
  const up = ["up", "--device", "memory", "--socket", socket, ...words];
  await startUipvs(t, up).printed("\n");
  const sysctl = (...rest: readonly string[]): Promise<Outcome> =>
    uipvs(["sysctl", ...rest], { env: { UIPVS_SOCKET: socket } });
  return { socket, sysctl };
}

t.test("sysctl lists all variables, and reads those that are named", async (t) => {
  const { sysctl } = await begin(t);
  const { status, stdout } = await sysctl();
  t.equal(status, 0);
  t.match(stdout, /^am_droprate = 10\namemthresh = 1024\nbackup_only = 0\n/);
  t.match(stdout, "\nsync_threshold = 3\t50\nsync_version = 1\n");
  t.equal(stdout.split("\n").length, 30);
  t.same(await sysctl("net.ipv4.vs.pmtu_disc", "net/ipv4/vs/drop_entry"), {
    status: 0,
    stdout: "pmtu_disc = 1\ndrop_entry = 0\n",
    stderr: "",
  });
  t.match(await sysctl("-n", "conn_reuse_mode"), { status: 0, stdout: "1\n" });
});

t.test("sysctl sets as a whole or not at all, and prints what is read then", async (t) => {
  const { sysctl } = await begin(t);
  const settings = ["net.ipv4.vs.conntrack=1", "sync_threshold = 5 0x40", "pmtu_disc"];
  t.same(await sysctl(...settings), {
    status: 0,
    stdout: "conntrack = 1\nsync_threshold = 5\t64\npmtu_disc = 1\n",
    stderr: "",
  });
  t.match(await sysctl("-w", "sync_threshold=6"), { stdout: "sync_threshold = 6\t64\n" });
  const before = await sysctl();
  const refused: readonly [words: readonly string[], sentence: string][] = [
    [["pmtu_disc=0", "drop_entry=4"], 'Cannot set drop_entry to "4": must be a whole number, 0–3'],
    [["drop_entry=abc", "pmtu_disc=0"], 'Cannot set drop_entry to "abc": must be'],
    [["pmtu_disc=0", "bogus=1"], 'Unknown variable "bogus": must be one of those `uipvs sysctl\''],
    [["pmtu_disc=0", "bogus"], 'Unknown variable "bogus"'],
    [["sync_threshold=64"], "the first below the second unless that is 0"],
    [["sync_ports=3"], "must be a power of two, 1–1073741824"],
  ];
  for (const [words, sentence] of refused) {
    const { status, stdout, stderr } = await sysctl(...words);
    t.equal(status, 1, words.join(" "));
    t.equal(stdout, "");
    t.ok(stderr.startsWith("uipvs: ") && stderr.includes(sentence), stderr);
  }
  t.same(await sysctl(), before);
});

t.test("sysctl shows variables as JSON", async (t) => {
  const { sysctl } = await begin(t);
  const names = ["drop_entry=1", "sync_threshold", "sync_qlen_max=18446744073709551615"];
  const { stdout } = await sysctl("--json", ...names);
  t.same(JSON.parse(stdout), {
    schema: "uipvs/variables/1",
    variables: { drop_entry: 1, sync_threshold: [3, 50], sync_qlen_max: "18446744073709551615" },
  });
  const all = JSON.parse((await sysctl("--json")).stdout) as { variables: object };
  t.equal(Object.keys(all.variables).length, 29);
});

t.test("a command line nobody understands, and nobody to ask, end with status 2", async (t) => {
  const { sysctl } = await begin(t);
  for (const words of [["=1"], ["conntrack="], ["a b"], [""], ["-w"], ["-w", "conntrack"]]) {
    const { status, stderr } = await sysctl(...words);
    t.equal(status, 2, words.join(" "));
    t.match(stderr, /^uipvs: .*must be NAME/);
  }
  t.match(await sysctl(`conntrack=${"0".repeat(300)}`), { status: 2, stderr: /255 bytes/ });
  const outcome = await sysctl("--socket", "/nonexistent/control.sock", "conntrack=1");
  t.equal(outcome.status, 2);
  t.match(outcome.stderr, "uipvs: No director answers at /nonexistent/control.sock: ");
});

t.test("a director begins with the variables it is told, and status shows them", async (t) => {
  const words = ["--sysctl", "expire_nodest_conn=1", "--sysctl=net.ipv4.vs.sync_threshold=7"];
  const { socket, sysctl } = await begin(t, words);
  const { stdout } = await sysctl("-n", "expire_nodest_conn", "sync_threshold");
  t.equal(stdout, "1\n7\t50\n");
  const shown = await uipvs(["status", "--socket", socket]);
  t.match(shown.stdout, /^Variables: +expire_nodest_conn 1, sync_threshold 7 50$/m);
  await sysctl("sync_threshold=3");
  const { stdout: json } = await uipvs(["status", "--json", "--socket", socket]);
  t.same(JSON.parse(json).variables, { expire_nodest_conn: 1 });
});

t.test("variables are passed to a director that is left behind", async (t) => {
  const socket = join(temporaryFolder(t), "control.sock");
  t.teardown(() => uipvs(["down", "--socket", socket]));
  const words = ["up", "-d", "--device", "memory", "--socket", socket];
  const { status, stderr } = await uipvs([...words, "--sysctl", "sync_threshold=2 20"]);
  t.equal(status, 0, stderr);
  const transport = await SocketTransport.connect(socket);
  t.teardown(() => transport.close());
  t.equal(await new DirectorClient(transport).sysctl("sync_threshold"), "2\t20");
});

t.test("up refuses variables before anything starts", async (t) => {
  const socket = join(temporaryFolder(t), "control.sock");
  const cases: readonly [setting: string, sentence: string][] = [
    ["drop_packet=7", 'Cannot set drop_packet to "7": must be a whole number, 0–3'],
    ["bogus=1", 'Unknown variable "bogus": must be a name of net.ipv4.vs'],
    ["conntrack", 'Cannot understand "conntrack": must be NAME=VALUE'],
    ["lblc_expiration=8589935", "must be a whole number, -8589934–8589934"],
  ];
  for (const [setting, sentence] of cases) {
    for (const detach of [[], ["-d"]]) {
      // A device that cannot be had in most places: were it opened, the sentence would tell.
      const words = ["up", ...detach, "--device", "tun", "--socket", socket];
      const outcome = await uipvs([...words, "--sysctl", setting]);
      t.equal(outcome.status, 2, setting);
      t.equal(outcome.stdout, "");
      t.ok(outcome.stderr.includes(sentence), outcome.stderr);
    }
  }
});
