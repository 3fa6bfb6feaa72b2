import t from "tap";
import type { Backend } from "../../src/control/backend.ts";
import { directorBackend } from "../../src/control/director-services.ts";
import { type RecordedCase, recordedCases, repeat, type TableFactory } from "./cases.ts";
import { idleDirector } from "./idle-director.ts";
import { MemoryBackend } from "./memory-backend.ts";

/** Something the recorded runs can be repeated on. */
interface Table {
  readonly name: string;
  readonly make: TableFactory;
  /** Returns why a recorded run cannot be repeated here, if there is a reason. */
  readonly skip: (recorded: RecordedCase) => string | false;
}

const memory: Table = {
  name: "a table in memory",
  make: async (shell) => memoryBackend(shell),
  skip: () => false,
};

const director: Table = {
  name: "a director behind its messages",
  make: async () => directorBackend(idleDirector()),
  skip: ({ kernel, argv, setup = [] }) => {
    const lines = [argv, ...setup.map((step) => ("argv" in step ? step.argv : []))];
    if (!kernel) return "needs no table, so one is enough";
    if (lines.some((line) => line.some((word) => word.startsWith("--start-daemon")))) {
      return "the director has no synchronisation daemons";
    }
    return false;
  },
};

/** Returns why a recorded run is not to be repeated at all, if there is a reason. */
function skipReason({ argv, conn_table: connections = "" }: RecordedCase): string | false {
  if (argv.includes(",")) return "the original crashes on scheduler flags made of commas only";
  if (connections.split("\n").some((line) => line.length > 255)) {
    return "the original breaks a row longer than its buffer in two";
  }
  if (connections.includes(" -5\n")) return "a kernel never reports a negative time";
  return false;
}

/** A table with the interfaces the shell commands would have made. */
function memoryBackend(shell: readonly string[]): Backend {
  const backend = new MemoryBackend();
  for (const command of shell) {
    const name = /ip link add (\S+)/.exec(command)?.[1];
    if (name === undefined) throw new Error(`Cannot make an interface with "${command}"`);
    backend.interfaces.set(name, { up: command.includes(`link set ${name} up`), mtu: 1500 });
  }
  return backend;
}

const groups = new Map<string, RecordedCase[]>();
for (const recorded of recordedCases()) {
  groups.set(recorded.group, [...(groups.get(recorded.group) ?? []), recorded]);
}

for (const table of [memory, director]) {
  t.test(`on ${table.name}, a run prints and returns what ipvsadm 1.31 did`, async (t) => {
    for (const [group, members] of groups) {
      t.test(`in the cases of group ${group}`, async (t) => {
        for (const recorded of members) {
          const title = JSON.stringify(recorded.argv);
          const reason = skipReason(recorded) || table.skip(recorded);
          if (reason) {
            t.pass(title, { skip: reason });
            continue;
          }
          const { stdout, stderr, code } = recorded;
          t.same(await repeat(recorded, table.make), { stdout, stderr, code }, title);
        }
      });
    }
  });
}
