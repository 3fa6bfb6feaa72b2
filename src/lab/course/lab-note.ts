/**
 * The note of a running lab, `lab.json` in its folder: who keeps it, and how its hosts are entered.
 *
 * Written by the keeper, first as its claim to the folder, and again once everything stands; removed when all is
 * taken down. A note whose keeper is
 * gone means a lab that was killed.
 *
 * @module
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { isRunning, type ProcessIdentity, processIdentity } from "../../daemon/process-info.ts";

/** What the hosts of a lab are. */
export const LAB_KINDS = ["namespaces", "user-namespace", "simulated"] as const;

const noteSchema = z.object({
  /** Name of the lab. */
  name: z.string(),
  /** Folder the lab was read from. */
  source: z.string(),
  kind: z.enum(LAB_KINDS),
  /** Whether everything stands; until then the note is a claim to the folder. */
  standing: z.boolean(),
  /** When everything stood, as ISO 8601. */
  startedAt: z.string(),
  /** The keeper. */
  pid: z.number().int(),
  startTicks: z.number().int(),
  /** Where its page is served, such as `127.0.0.1:4787`; absent where none is. */
  page: z.string().optional(),
  /** What opens the gate to simulated hosts; absent where they are namespaces. */
  gate: z.string().optional(),
  hosts: z.array(
    z.object({
      name: z.string(),
      /** A process in the host's namespaces; the keeper, where hosts are simulated. */
      pid: z.number().int(),
      /** Inode number of its network namespace; absent where hosts are simulated. */
      network: z.number().int().optional(),
      /** Control socket of the host's director; absent where none is. */
      socket: z.string().optional(),
    }),
  ),
});

/** What is noted of a running lab. */
export type LabNote = z.infer<typeof noteSchema>;

/** Returns who keeps a lab that this process keeps. */
export function ownIdentity(): ProcessIdentity {
  return processIdentity(process.pid) ?? { pid: process.pid, startTicks: 0 };
}

/** Returns where the note is. */
export function notePath(folder: string): string {
  return join(folder, "lab.json");
}

/**
 * Claims a folder by a note, unless there is one: of two labs that start at once, one succeeds.
 *
 * @returns whether it was left
 */
export function claimNote(folder: string, note: LabNote): boolean {
  const draft = writeDraft(folder, note);
  try {
    // A link comes into being whole or not at all, and never in the place of another.
    linkSync(draft, notePath(folder));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Leaves the note, in the place of any other. */
export function writeNote(folder: string, note: LabNote): void {
  renameSync(writeDraft(folder, note), notePath(folder));
}

function writeDraft(folder: string, note: LabNote): string {
  const draft = `${notePath(folder)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(note, undefined, 2)}\n`, { mode: 0o600 });
  return draft;
}

/** Returns the note in a folder, whether its keeper lives or not; `undefined` when none can be understood. */
export function readNote(folder: string): LabNote | undefined {
  try {
    return noteSchema.parse(JSON.parse(readFileSync(notePath(folder), "utf8")));
  } catch {
    return undefined;
  }
}

/** Returns the note of the lab that runs now, if any does. */
export function readRunningNote(folder: string): LabNote | undefined {
  const note = readNote(folder);
  return note?.standing === true && isRunning(note) ? note : undefined;
}
