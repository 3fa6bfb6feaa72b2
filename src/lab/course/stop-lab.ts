/**
 * Ends a lab with everything in it, also one whose keeper was killed.
 *
 * What a student has started on a host, the shell included, is known by two things: it is in the network namespace of a
 * host, and its environment names the folder of the lab. Both together, as a number of a namespace comes round again. Of
 * simulated hosts, it is known by its environment alone.
 *
 * Source: proc(5), /proc/PID/environ, /proc/PID/ns.
 *
 * @module
 */
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Milliseconds } from "../../base/clock.ts";
import { isRunning } from "../../daemon/process-info.ts";
import { LabError } from "./lab-error.ts";
import { type LabNote, readNote } from "./lab-note.ts";
import { FOLDER_VARIABLE, HOST_VARIABLE } from "./run-folder.ts";

/** How long a keeper may take to take everything down. */
const PATIENCE: Milliseconds = 10_000;
/** How long a student's programs may take to end. */
const GRACE: Milliseconds = 500;
const INTERVAL: Milliseconds = 10;

/** Whether the keeper of a lab lives. */
export function isKept(note: LabNote): boolean {
  return isRunning(note);
}

/**
 * Ends the lab in a folder.
 *
 * @returns its name, or `undefined` where there was none
 * @throws LabError when something of it does not end
 */
export async function stopLab(folder: string): Promise<string | undefined> {
  const note = readNote(folder);
  if (note === undefined) {
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
  await endInhabitants(folder, note, true);
  if (isKept(note)) await endKeeper(note);
  // Of a keeper that was killed, what it started ends by itself; this is for what does not.
  await endInhabitants(folder, note, false);
  rmSync(folder, { recursive: true, force: true });
  return note.name;
}

async function endKeeper(note: LabNote): Promise<void> {
  signal(note.pid, "SIGTERM");
  for (let waited = 0; isKept(note); waited += INTERVAL) {
    if (waited >= PATIENCE) {
      throw new LabError(
        `The keeper of lab "${note.name}" (process ${note.pid}) was asked to end ${PATIENCE / 1000} s ago and has not`,
      );
    }
    await sleep(INTERVAL);
  }
}

/** Ends what runs on hosts: at first as if its terminal were closed. */
async function endInhabitants(folder: string, note: LabNote, students: boolean): Promise<void> {
  const find = () => inhabitants(folder, note, students);
  for (const pid of find()) signal(pid, "SIGHUP");
  for (let waited = 0; find().length > 0 && waited < GRACE; waited += INTERVAL) {
    await sleep(INTERVAL);
  }
  for (const pid of find()) signal(pid, "SIGKILL");
}

/** Returns the numbers of the processes on hosts, all of them or those of the student. */
function inhabitants(folder: string, note: LabNote, students: boolean): readonly number[] {
  const simulated = note.kind === "simulated";
  // All but what the student has started is the keeper itself.
  if (note.hosts.length === 0 || (simulated && !students)) return [];
  const networks = new Set(note.hosts.map(({ network }) => network));
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const network = simulated ? undefined : statSync(`/proc/${pid}/ns/net`).ino;
        if (!networks.has(network)) return false;
        const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
        if (!environment.includes(`${FOLDER_VARIABLE}=${folder}`)) return false;
        return !students || environment.some((line) => line.startsWith(`${HOST_VARIABLE}=`));
      } catch {
        // It ended meanwhile, or is another user's.
        return false;
      }
    })
    .map(Number);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
      throw new LabError(`Cannot end process ${pid}: ${(error as Error).message}`);
    }
  }
}
