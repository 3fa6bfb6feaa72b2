import t from "tap";
import { directorBackend } from "../../src/control/director-services.ts";
import type { NetworkInterface } from "../../src/engine/host.ts";
import { type RecordedCase, recordedCases, repeat, type TableFactory } from "./cases.ts";
import { idleDirector } from "./idle-director.ts";
import { MemoryBackend } from "./memory-backend.ts";

/** Something the recorded runs can be repeated on. */
interface Table {
  readonly name: string;
  readonly make: TableFactory;
  readonly suits: (recorded: RecordedCase) => boolean;
}

const director: Table = {
  name: "a director behind its messages",
  make: async (shell) => directorBackend(idleDirector(interfacesOf(shell))),
  suits: () => true,
};

const memory: Table = {
  name: "a table in memory",
  make: async (shell) => {
    const backend = new MemoryBackend();
    for (const [name, made] of interfacesOf(shell)) backend.interfaces.set(name, made);
    return backend;
  },
  // Runs that reach no table show nothing of it.
  suits: ({ kernel }) => kernel === true,
};

/** Why a recorded run is not repeated. */
const EXCEPTIONS: readonly { readonly reason: string; fits(recorded: RecordedCase): boolean }[] = [
  {
    reason: "the original crashes on scheduler flags made of commas only",
    fits: ({ argv }) => argv.includes(","),
  },
  {
    reason: "the original breaks a row longer than its buffer in two",
    fits: ({ conn_table: connections = "" }) =>
      connections.split("\n").some((line) => line.length > 255),
  },
  {
    reason: "the original shows a negative time left, which no kernel reports",
    fits: ({ conn_table: connections = "" }) => connections.includes(" -5\n"),
  },
  {
    reason: "--json is an option of ours",
    fits: ({ argv }) => argv.includes("--json"),
  },
];

function isException(recorded: RecordedCase): boolean {
  return EXCEPTIONS.some(({ fits }) => fits(recorded));
}

/** Returns the interfaces the shell commands would have made, by name. */
function interfacesOf(shell: readonly string[]): Map<string, NetworkInterface> {
  const interfaces = new Map<string, NetworkInterface>();
  for (const command of shell) {
    const name = /ip link add (\S+)/.exec(command)?.[1];
    if (name === undefined) throw new Error(`Cannot make an interface with "${command}"`);
    interfaces.set(name, { up: command.includes(`link set ${name} up`), mtu: 1500 });
  }
  return interfaces;
}

const groups = new Map<string, RecordedCase[]>();
for (const recorded of recordedCases()) {
  groups.set(recorded.group, [...(groups.get(recorded.group) ?? []), recorded]);
}

t.test("all recorded runs are repeated but four", async (t) => {
  t.equal(recordedCases().length, 1488);
  for (const { reason, fits } of EXCEPTIONS) {
    t.equal(recordedCases().filter(fits).length, 1, reason);
  }
});

t.test("scheduler flags made of commas only are refused", async (t) => {
  const crash = recordedCases().find(({ argv }) => argv.includes(","));
  t.match(crash && (await repeat(crash, memory.make)), { code: 2, stderr: /scheduler flag/ });
});

for (const table of [director, memory]) {
  t.test(`on ${table.name}, a run prints and returns what ipvsadm 1.31 did`, async (t) => {
    for (const [group, members] of groups) {
      t.test(`in the cases of group ${group}`, async (t) => {
        for (const recorded of members) {
          if (isException(recorded) || !table.suits(recorded)) continue;
          const title = JSON.stringify(recorded.argv);
          const { stdout, stderr, code } = recorded;
          t.same(await repeat(recorded, table.make), { stdout, stderr, code }, title);
        }
      });
    }
  });
}
