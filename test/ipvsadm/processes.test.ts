/**
 * Recorded runs of ipvsadm repeated by real processes on real directors: what is between the words of a
 * command line and the bytes of its output is all there.
 */
import { join } from "node:path";
import t, { type Test } from "tap";
import { directorBackend } from "../../src/control/director-services.ts";
import { NetlinkBackend } from "../../src/control/netlink-backend.ts";
import { SocketTransport } from "../../src/control/socket-transport.ts";
import { startUipvs } from "../cli/support.ts";
import { temporaryFolder } from "../daemon/support.ts";
import { ROOT } from "../support/files.ts";
import { type RecordedCase, recordedCases } from "./cases.ts";
import { idleDirector } from "./idle-director.ts";
import { execute, linkedPrograms } from "./processes.ts";
import { RESOLVER, runIpvsadm } from "./support.ts";

/** Directors at work at the same time, each on the cases of its own. */
const LANES = 3;

/** Cases a group contributes at most: of those that reach the table, and of those that do not. */
const SHARE = { kernel: 3, argv: 1 };

/** What makes a table as good as fresh; there may be no daemon to stop. */
const CLEARING: readonly { readonly argv: readonly string[]; readonly stdin?: string }[] = [
  { argv: ["-C"] },
  { argv: ["--set", "900", "120", "300"] },
  { argv: ["--stop-daemon", "master"] },
  { argv: ["--stop-daemon", "backup"] },
];

/** Returns the lines of commands of a case, for a look at their words. */
function lines({ argv, stdin, setup = [] }: RecordedCase): string {
  const steps = setup.map((step) =>
    "shell" in step ? step.shell : [...step.argv, step.stdin ?? ""].join(" "),
  );
  return [...argv, stdin, ...steps].join(" ");
}

/** Whether a process in this system, on a director without devices, can be expected to do the same. */
function isRepeatable(recorded: RecordedCase): boolean {
  const { setup = [], argv, argv0, conn_table: connections, counters } = recorded;
  const prepared = [argv0, connections, counters].every((value) => value === undefined);
  return (
    prepared &&
    setup.every((step) => !("shell" in step)) &&
    // The directors of uipvs have a scheduler more than that kernel.
    !/twos/.test(lines(recorded)) &&
    // The original crashes on it.
    !argv.includes(",")
  );
}

/** Whether the case asks for names of hosts or services, which are not those of this system. */
async function asksForNames({ argv, stdin, setup = [] }: RecordedCase): Promise<boolean> {
  let asked = false;
  const resolver = {
    addressOf: async (host: string) => {
      asked = true;
      return RESOLVER.addressOf(host);
    },
    hostOf: async () => {
      asked = true;
      return undefined;
    },
    services: RESOLVER.services,
  };
  const table = directorBackend(idleDirector());
  const openBackend = async () => table;
  const steps = setup.flatMap((step) => ("shell" in step ? [] : step));
  for (const step of [...steps, { argv, stdin }]) {
    const [program] = step.argv;
    if (program !== undefined) {
      await runIpvsadm(step.argv, { resolver, openBackend, stdin: step.stdin ?? "" });
    }
  }
  return asked;
}

/** Returns some cases of every group, spread evenly over it. */
async function sample(): Promise<readonly RecordedCase[]> {
  const groups = new Map<string, RecordedCase[]>();
  for (const recorded of recordedCases()) {
    if (!isRepeatable(recorded) || (await asksForNames(recorded))) continue;
    const group = `${recorded.group} ${recorded.kernel === true}`;
    groups.set(group, [...(groups.get(group) ?? []), recorded]);
  }
  return [...groups.values()].flatMap((members) => {
    const share = members[0]?.kernel ? SHARE.kernel : SHARE.argv;
    const step = Math.ceil(members.length / share);
    return members.filter((_, index) => index % step === 0);
  });
}

/** Starts a director and repeats cases on it, one after the other, beginning with a clear table. */
async function repeatAll(t: Test, programs: string, cases: Iterable<RecordedCase>): Promise<void> {
  const socket = join(temporaryFolder(t), "control.sock");
  await startUipvs(t, ["up", "--device", "memory", "--socket", socket]).printed("\n");
  const openBackend = async () => new NetlinkBackend(await SocketTransport.connect(socket));
  for (const recorded of cases) {
    const { argv, stdin, program = "ipvsadm", env = {}, setup = [] } = recorded;
    const steps = setup.flatMap((step) => ("shell" in step ? [] : step));
    for (const { argv, stdin = "" } of [...CLEARING, ...steps]) {
      await runIpvsadm(argv, { openBackend, stdin });
    }
    const printed = await execute(join(programs, program), argv, socket, { stdin, env });
    const { stdout, stderr, code } = recorded;
    t.same(printed, { stdout, stderr, code }, `${program} ${JSON.stringify(argv)}`);
  }
}

t.test("real processes print and return what ipvsadm 1.31 did", async (t) => {
  const cases = await sample();
  t.ok(cases.length >= 100, `${cases.length} cases`);
  const programs = linkedPrograms(t);
  const queue = cases.values();
  await Promise.all(Array.from({ length: LANES }, () => repeatAll(t, programs, queue)));
});

t.test("the scripts are installed under names of their own", async (t) => {
  const socket = join(temporaryFolder(t), "control.sock");
  await startUipvs(t, ["up", "--device", "memory", "--socket", socket]).printed("\n");
  const bin = (name: string) => join(ROOT, "bin", `${name}.js`);
  const rules = "-A -t 192.0.2.1:80 -s wlc\n";
  const restored = await execute(bin("uipvsadm-restore"), [], socket, { stdin: `#\n${rules}` });
  t.same(restored, { stdout: "", stderr: "", code: 0 });
  t.equal((await execute(bin("uipvsadm-save"), ["-n"], socket)).stdout, rules);
  const misused = await execute(bin("uipvsadm-save"), ["-x"], socket);
  t.match(misused, { stdout: "", stderr: /^uipvsadm-save: Script to save/, code: 1 });
});
