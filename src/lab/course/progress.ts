/**
 * How far a student is: steps that have been passed, and hints that have been asked for.
 *
 * A step that was passed stays passed: later steps change what earlier ones asked for. Kept in
 * `progress.json` in the folder of the running lab, and gone with it.
 *
 * @module
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const localized = z.object({ en: z.string(), zh: z.string() });

const progressSchema = z.object({
  /** When each passed step was found passed, as ISO 8601, by its id. */
  passed: z.record(z.string(), z.string()).default({}),
  /** Hints shown of each step. */
  hints: z.record(z.string(), z.number().int()).default({}),
  /** What the last check had to say of the first step that is not passed. */
  remark: z.object({ step: z.string(), text: localized, detail: z.string() }).optional(),
});

/** How far a student is. */
export type Progress = z.infer<typeof progressSchema>;

/** Returns how far the student of the lab in a folder is. */
export function readProgress(folder: string): Progress {
  try {
    return progressSchema.parse(JSON.parse(readFileSync(join(folder, "progress.json"), "utf8")));
  } catch {
    return { passed: {}, hints: {} };
  }
}

/** Writes what `change` makes of the progress as it is now: others may have written meanwhile. */
export function changeProgress(folder: string, change: (now: Progress) => Progress): Progress {
  const progress = change(readProgress(folder));
  const path = join(folder, "progress.json");
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(progress, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
  return progress;
}
