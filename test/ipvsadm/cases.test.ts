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
  /** Whether a recorded run says anything about this table, and can be repeated on it. */
  readonly suits: (recorded: RecordedCase) => boolean;
}

const memory: Table = {
  name: "a table in memory",
  make: async (shell) => memoryBackend(shell),
  suits: () => true,
};

const director: Table = {
  name: "a director behind its messages",
  make: async () => directorBackend(idleDirector()),
  // Runs that reach no table are repeated on the other one; this one has no synchronisation daemons.
  suits: ({ kernel, argv, setup = [] }) => {
    const lines = [argv, ...setup.map((step) => ("argv" in step ? step.argv : []))];
    const startsDaemon = lines.some((line) =>
      line.some((word) => word.startsWith("--start-daemon")),
    );
    return kernel === true && !startsDaemon;
  },
};

/**
 * Whether the original did what nobody wants repeated: it crashes on scheduler flags made of commas only,
 * breaks a row longer than its buffer in two, and shows a negative time, which no kernel reports.
 */
function isDefect({ argv, conn_table: connections = "" }: RecordedCase): boolean {
  return (
    argv.includes(",") ||
    connections.split("\n").some((line) => line.length > 255) ||
    connections.includes(" -5\n")
  );
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

t.test("few recorded runs are defects of the original", async (t) => {
  t.equal(recordedCases().filter(isDefect).length, 3);
});

t.test("scheduler flags made of commas only are refused", async (t) => {
  const crash = recordedCases().find(({ argv }) => argv.includes(","));
  t.match(crash && (await repeat(crash, memory.make)), { code: 2, stderr: /scheduler flag/ });
});

/** Whether the original refused an option that is ours. */
function isAddition({ argv }: RecordedCase): boolean {
  return argv.includes("--json") || argv.includes("--dry-run");
}

t.test("one recorded run asks for an option that is ours", async (t) => {
  t.same(
    recordedCases()
      .filter(isAddition)
      .map(({ argv }) => argv),
    [["-L", "--json"]],
  );
});

for (const table of [memory, director]) {
  t.test(`on ${table.name}, a run prints and returns what ipvsadm 1.31 did`, async (t) => {
    for (const [group, members] of groups) {
      t.test(`in the cases of group ${group}`, async (t) => {
        for (const recorded of members) {
          if (isDefect(recorded) || isAddition(recorded) || !table.suits(recorded)) continue;
          const title = JSON.stringify(recorded.argv);
          const { stdout, stderr, code } = recorded;
          t.same(await repeat(recorded, table.make), { stdout, stderr, code }, title);
        }
      });
    }
  });
}
