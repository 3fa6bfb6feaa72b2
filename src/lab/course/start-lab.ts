/**
 * Starts a lab: finds out where it can stand, and leaves a keeper behind that holds it.
 *
 * @module
 */
import { spawn } from "node:child_process";
import {
  accessSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { delimiter, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findGround, type Ground, IN_USER_NAMESPACE } from "../ground.ts";
import { obstacleTo } from "../simulated/obstacle.ts";
import type { KeeperReport } from "./keeper-report.ts";
import { LabError } from "./lab-error.ts";
import type { Lab } from "./lab-folder.ts";
import { readNote } from "./lab-note.ts";
import { FOLDER_VARIABLE, keeperLog, makeRunFolder, pageToken } from "./run-folder.ts";
import { isKept, stopLab } from "./stop-lab.ts";

/** The shell a host is entered with. */
const SHELL = "bash";
/** Programs that build the hosts, and enter them. */
const BUILDERS = ["ip", "unshare", "nsenter"] as const;

/** How a lab is to be started. */
export interface StartOptions {
  /** Ends the attempt: everything is taken down then. */
  readonly signal: AbortSignal;
  /** Where the page of its director is served; nowhere unless given. */
  readonly page?: PagePlace | undefined;
  /** Simulates the hosts even where they could be namespaces. */
  readonly simulated?: boolean | undefined;
}

/** What became of it. */
export interface StartedLab {
  /** URL of the page, if one is served. */
  readonly page: string | undefined;
  /** Why its hosts are simulated where they were to be namespaces, as a sentence without final period. */
  readonly lack: string | undefined;
}

/** Where the page of a lab's director is served. */
export interface PagePlace {
  /** As `uipvs up --web` takes it. */
  readonly address: string;
  /** What opens it; a new one unless given. */
  readonly token?: string;
}

/**
 * Takes the lab in a folder down and builds it anew, of the same kind, its page at the same URL if one is served.
 *
 * @throws LabError as `stopLab` and `startLab` do
 */
export async function restartLab(
  folder: string,
  lab: Lab,
  signal: AbortSignal,
): Promise<StartedLab> {
  const page = pagePlace(folder);
  const simulated = readNote(folder)?.kind === "simulated";
  await stopLab(folder);
  return startLab(folder, lab, { signal, page, simulated });
}

/** Returns where the page of the lab in a folder is served, if one is. */
function pagePlace(folder: string): PagePlace | undefined {
  const address = readNote(folder)?.page;
  if (address === undefined) return undefined;
  return { address, token: readFileSync(pageToken(folder), "utf8") };
}

/**
 * Starts a lab in a folder and returns once everything stands. Where the machine allows no namespaces, hosts are simulated.
 *
 * @throws LabError when another one runs, a program is missing, or the lab cannot be had here
 */
export async function startLab(
  folder: string,
  lab: Lab,
  options: StartOptions,
): Promise<StartedLab> {
  const note = readNote(folder);
  if (note !== undefined && isKept(note)) {
    throw new LabError(`Lab "${note.name}" is running: end it with \`uipvs lab stop' first`);
  }
  const ground: Ground = options.simulated
    ? { kind: "none", reason: "simulated hosts were asked for" }
    : await findGround();
  checkPrograms(lab, ground);
  if (ground.kind === "none") checkSimulation(lab, ground.reason);
  // Whatever a killed one left.
  await stopLab(folder);
  makeRunFolder(folder);
  const { page, signal } = options;
  if (page?.token !== undefined) writeFileSync(pageToken(folder), page.token, { mode: 0o600 });
  const url = await leaveKeeper(folder, lab, ground, signal, page?.address);
  const isForced = options.simulated === true || ground.kind !== "none";
  return { page: url, lack: isForced ? undefined : ground.reason };
}

function checkPrograms(lab: Lab, { kind }: Ground): void {
  const needed = kind === "none" ? [SHELL] : [SHELL, ...BUILDERS, ...lab.plan.needs];
  const missing = needed.filter((program) => !isThere(program));
  if (missing.length > 0) {
    throw new LabError(`Cannot start lab "${lab.name}" without the program ${missing.join(", ")}`);
  }
}

function checkSimulation(lab: Lab, reason: string): void {
  const obstacle = obstacleTo(lab);
  if (obstacle === undefined) return;
  throw new LabError(
    `Cannot start lab "${lab.name}" on simulated hosts, as ${obstacle}; it needs network namespaces: ${reason}`,
  );
}

/** Starts the keeper and waits until it says that everything stands. */
async function leaveKeeper(
  folder: string,
  lab: Lab,
  ground: Ground,
  signal: AbortSignal,
  address: string | undefined,
): Promise<string | undefined> {
  const file = fileURLToPath(new URL(`./keeper${extname(import.meta.url)}`, import.meta.url));
  const words = [
    ...(ground.kind === "user-namespace" ? IN_USER_NAMESPACE : []),
    ...[
      process.execPath,
      file,
      folder,
      lab.folder,
      ground.kind,
      ...(address === undefined ? [] : [address]),
    ],
  ];
  const log = openSync(keeperLog(folder), "w", 0o600);
  const keeper = spawn(words[0]!, words.slice(1), {
    detached: true,
    cwd: "/",
    // Temporary folders of its hosts are in its own.
    env: { ...process.env, [FOLDER_VARIABLE]: folder, TMPDIR: folder },
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  const end = () => keeper.kill("SIGTERM");
  signal.addEventListener("abort", end, { once: true });
  try {
    const report = await new Promise<KeeperReport>((resolve, reject) => {
      keeper.once("error", reject);
      keeper.once("message", (message) => resolve(message as KeeperReport));
      keeper.once("exit", (code) => {
        const said = readLog(folder);
        const sentence = signal.aborted ? "It was interrupted" : said || `exit status ${code}`;
        resolve({ kind: "failed", sentence });
      });
    });
    if (report.kind === "failed") {
      await ended(keeper);
      // One that did not get as far as to claim the folder leaves it.
      if (readNote(folder) === undefined) rmSync(folder, { recursive: true, force: true });
      throw new LabError(`Cannot start lab "${lab.name}": ${report.sentence}`);
    }
    if (keeper.connected) keeper.disconnect();
    keeper.unref();
    return report.page;
  } finally {
    signal.removeEventListener("abort", end);
  }
}

function ended(keeper: ReturnType<typeof spawn>): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => keeper.once("exit", () => resolve()));
}

function readLog(folder: string): string {
  try {
    return readFileSync(keeperLog(folder), "utf8").trim();
  } catch {
    return "";
  }
}

function isThere(program: string): boolean {
  const folders = (process.env.PATH ?? "").split(delimiter);
  // What only root needs elsewhere is often not on the PATH of others.
  return [...folders, "/usr/sbin", "/sbin"].some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== "";
    } catch {
      return false;
    }
  });
}
