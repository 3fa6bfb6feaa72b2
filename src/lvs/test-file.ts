/**
 * Tests files of scenarios in the emulator, in virtual time.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { Milliseconds } from "../base/clock.ts";
import type { Profile } from "../engine/profile.ts";
import { DirectorsBed } from "../scenario/directors-bed.ts";
import { ScenarioError } from "../scenario/scenario-error.ts";
import { readScript } from "./read-script.ts";
import { runScript, type ScriptFailure } from "./run-script.ts";
import type { Script } from "./script.ts";
import { withRecordedOutput } from "./update.ts";

/** What came of a file. */
export interface FileResult {
  readonly file: string;
  /** `broken`: it could not be read, or asks for what the emulator does not have. */
  readonly outcome: "passed" | "failed" | "skipped" | "broken";
  /** Real time it took. */
  readonly duration: Milliseconds;
  readonly failures: readonly ScriptFailure[];
  /** Why it was skipped, or what is wrong with it. */
  readonly reason?: string;
  /** Expectations looked at. */
  readonly judged: number;
  /** Outputs recorded into it. */
  readonly recorded: number;
  /** Every file it was read from, itself first. */
  readonly files: readonly string[];
}

/** How files are tested. */
export interface TestOptions {
  readonly profile: Profile;
  readonly seed: number;
  /** Whether outputs that differ are recorded into the file. */
  readonly update: boolean;
}

/** Tests a file. */
export async function testFile(file: string, options: TestOptions): Promise<FileResult> {
  const start = performance.now();
  const result = await tested(file, options);
  return { ...result, duration: performance.now() - start };
}

async function tested(file: string, options: TestOptions): Promise<Omit<FileResult, "duration">> {
  const nothing = { file, failures: [], judged: 0, recorded: 0, files: [file] };
  let script: Script;
  try {
    script = readScript(file, (path) => readFileSync(path, "utf8"));
  } catch (error) {
    return { ...nothing, outcome: "broken", reason: brokenBecause(file, error) };
  }
  const { files } = script;
  const skip = script.skips.find(({ where }) => where === "test");
  if (skip !== undefined) return { ...nothing, files, outcome: "skipped", reason: skip.reason };
  const bed = new DirectorsBed({ profile: options.profile, seed: options.seed });
  try {
    const { failures, changes, judged } = await runScript(script, bed, { seed: options.seed });
    if (!options.update) {
      return { ...nothing, files, outcome: outcomeOf(failures), failures, judged };
    }
    const own = changes.filter((change) => change.file === file);
    if (own.length > 0) writeFileSync(file, withRecordedOutput(readFileSync(file, "utf8"), own));
    const left = failures.filter(({ diff, place }) => diff === undefined || place.file !== file);
    const recorded = own.length;
    return { ...nothing, files, outcome: outcomeOf(left), failures: left, judged, recorded };
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return { ...nothing, files, outcome: "broken", reason: error.message };
  } finally {
    await bed.close();
  }
}

function outcomeOf(failures: readonly ScriptFailure[]): "passed" | "failed" {
  return failures.length === 0 ? "passed" : "failed";
}

/** Returns why a file cannot be read. @throws anything that is no such reason */
function brokenBecause(file: string, error: unknown): string {
  if (error instanceof ScenarioError) return error.message;
  if (error instanceof Error && "code" in error) return `Cannot read "${file}": ${error.message}`;
  throw error;
}
