/**
 * Tables to compare with files, and what it takes to bring one to the other.
 *
 * @module
 */
import type { Backend } from "../../src/control/backend.ts";
import { directorBackend } from "../../src/control/director-services.ts";
import { commandText } from "../../src/ipvsadm/format/commands.ts";
import { Rehearsal } from "../../src/ipvsadm/rehearsal.ts";
import { carryOut, rehearse } from "../../src/rules/carry-out.ts";
import { plan } from "../../src/rules/plan.ts";
import { readWanted } from "../../src/rules/read-wanted.ts";
import { idleDirector } from "../ipvsadm/idle-director.ts";
import { runIpvsadm } from "../ipvsadm/support.ts";

/** Returns an empty director, behind its messages. */
export function emptyBackend(): Backend {
  return directorBackend(idleDirector());
}

/** Returns a director that has obeyed the rules. */
export async function backendWith(rules: string): Promise<Backend> {
  const backend = emptyBackend();
  const { stderr } = await ipvsadm(backend, ["-R"], rules);
  if (stderr !== "") throw new Error(stderr);
  return backend;
}

/** Runs the front end on a backend. */
export function ipvsadm(backend: Backend, argv: readonly string[], stdin = "") {
  return runIpvsadm(argv, { openBackend: async () => backend, stdin });
}

/** Returns a backend's table as a document. */
export async function documentOf(backend: Backend): Promise<string> {
  return (await ipvsadm(backend, ["-L", "--json"])).stdout;
}

/** Returns the steps from a backend's table to a file, as lines. */
export async function diff(backend: Backend, text: string): Promise<readonly string[]> {
  const table = await Rehearsal.of(backend);
  const steps = await plan(table, await readWanted("f.rules", text, table), true);
  return steps.map(({ sign, change }) => `${sign} ${commandText(change)}`);
}

/** Brings a backend's table to a file. */
export async function apply(backend: Backend, text: string, prune = false): Promise<void> {
  const table = await Rehearsal.of(backend);
  const steps = await plan(table, await readWanted("f.rules", text, table), prune);
  await rehearse("f.rules", steps, table);
  await carryOut("f.rules", steps, backend);
}

/** What was asked of a backend, and may be refused there. */
export interface Watched {
  readonly backend: Backend;
  /** Names of the changing methods called, in their order. */
  readonly calls: string[];
}

/** Returns a backend that notes changes, and first asks `interfere` about each by its number from 1. */
export function watched(original: Backend, interfere?: (call: number) => void): Watched {
  const calls: string[] = [];
  const backend = new Proxy(original, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return async (...words: unknown[]) => {
        if (/^(add|edit|delete|set|flush|zero)/.test(String(name))) {
          calls.push(String(name));
          interfere?.(calls.length);
        }
        return member.apply(target, words);
      };
    },
  });
  return { backend, calls };
}
