/**
 * Where the running lab of a user is: one folder, and what is in it.
 *
 *     lab.json        who keeps the lab, and how its hosts are entered (lab-note.ts)
 *     progress.json   steps that have been passed, and hints that have been asked for (progress.ts)
 *     control.sock    control socket of the lab's director, with its notes beside it
 *     HOST.sock       those of other directors
 *     shims/          programs in front of the PATH of its hosts
 *     log             what the keeper had to say
 *     token           what opens the page, where one is served
 *
 * Everything in it goes with the lab.
 *
 * @module
 */
import { lstatSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { controlSocketPath } from "../../control/socket-path.ts";
import type { Environment } from "./find-labs.ts";
import { LabError } from "./lab-error.ts";

/** Variable that names the folder; set in every process of a lab, which is how they are known. */
export const FOLDER_VARIABLE = "UIPVS_LAB_FOLDER";
/** Variable that names the host, in what a student starts on it. */
export const HOST_VARIABLE = "UIPVS_LAB_HOST";

/**
 * Returns the folder of a user's running lab, whether one runs or not.
 *
 * `$UIPVS_LAB_FOLDER` if set and not empty; else `lab` beside the control socket a director of this user would
 * have (`controlSocketPath`), whatever `$UIPVS_SOCKET` says: `/run/uipvs/lab` for root.
 */
export function runFolder(env: Environment, uid: number): string {
  return (
    env[FOLDER_VARIABLE] ||
    join(dirname(controlSocketPath({ ...env, UIPVS_SOCKET: undefined }, uid)), "lab")
  );
}

/** Returns the control socket of the lab's director, the one on the host called `director`. */
export function labSocket(folder: string): string {
  return join(folder, "control.sock");
}

/** Returns the control socket of the director on another host. */
export function otherSocket(folder: string, host: string): string {
  return join(folder, `${host}.sock`);
}

/** Returns where the programs are that stand in front of the PATH of the lab's hosts. */
export function shimFolder(folder: string): string {
  return join(folder, "shims");
}

/** Returns where the keeper writes what it has to say. */
export function keeperLog(folder: string): string {
  return join(folder, "log");
}

/** Returns where the token of the lab's page is. */
export function pageToken(folder: string): string {
  return join(folder, "token");
}

/**
 * Makes the folder of a lab that is to run, open to this user only.
 *
 * @throws LabError when it is another user's: what is in it is run, so nobody else may write there
 */
export function makeRunFolder(folder: string): void {
  mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const user = process.geteuid?.() ?? 0;
  for (const path of [dirname(folder), folder]) {
    const { uid } = lstatSync(path);
    const foreign = path === folder ? uid !== user : uid !== user && uid !== 0;
    if (foreign) {
      throw new LabError(`Cannot use the folder "${path}" for a lab: it belongs to user ${uid}`);
    }
  }
}
