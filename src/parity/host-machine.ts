/**
 * This host's own kernel as a machine: nothing is booted, and a process in a network namespace of its own
 * serves the bed.
 *
 * @module
 */
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Milliseconds } from "../base/clock.ts";
import { openKernelBackend } from "../control/kernel-backend.ts";
import type { Machine } from "./machine.ts";

const PROGRAM = fileURLToPath(
  new URL(`./host-bed-program${extname(import.meta.url)}`, import.meta.url),
);
const START_TIMEOUT: Milliseconds = 240_000;

/** Whether this host's kernel has ip_vs, and this process may command it. */
export async function hostHasIpvs(): Promise<boolean> {
  try {
    await (await openKernelBackend()).close();
    return true;
  } catch {
    return false;
  }
}

/** This host's kernel. */
export const hostMachine: Machine = {
  bootTimeout: START_TIMEOUT,
  launch: (folder) => ({
    program: process.execPath,
    words: [PROGRAM, folder],
    env: { ...process.env, TMPDIR: folder, XTABLES_LOCKFILE: join(folder, "xtables.lock") },
  }),
};
