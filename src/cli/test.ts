/**
 * `uipvs test`: runs scenarios in the emulator.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";
import { sentenceOf } from "../base/sentence.ts";
import { DEFAULT_PROFILE, PROFILES, type ProfileName, profileNamed } from "../engine/profile.ts";
import { systemReason } from "../ipvsadm/messages.ts";
import { findScripts } from "../lvs/find-scripts.ts";
import { fileText, summaryText } from "../lvs/report-text.ts";
import { type FileResult, testFile } from "../lvs/test-file.ts";
import { ProgressLine } from "./progress-line.ts";
import { CommandFailure, EXIT } from "./terminal.ts";
import { untilChange } from "./watch-files.ts";

interface TestCommandOptions {
  readonly profile: ProfileName;
  readonly seed: number;
  readonly update?: true;
  readonly watch?: true;
  readonly tap?: true;
  readonly json?: true;
  readonly junit?: string;
}

/** A seed is a 32-bit number. */
const MOST_SEED = 0xffffffff;

const HELP = `
A scenario is a file of commands, packets, time and expectations, NAME.lvs: see
docs/scenarios.md. Of a folder all are run, those in folders below it too, but
for files that begin with "_". Time is virtual, so hours pass at once. Nothing
leaves this process, and no privilege is needed; only "sh" lines run programs of
this host.

Exit status:
  0  all passed
  1  an expectation was not met, or a report could not be written
  2  a scenario could not be read or carried out, there is none, or the command
     line is wrong`;

/** Adds `test` to the program. */
export function register(program: Command): void {
  const command = program
    .command("test")
    .summary("run scenarios")
    .description("Run scenarios in virtual time, and tell what is not as they expect.")
    .argument("<path...>", "scenarios, or folders of them")
    .addOption(
      new Option("--profile <release>", "kernel release to decide like")
        .choices(Object.keys(PROFILES))
        .default(DEFAULT_PROFILE.name),
    )
    .option("--seed <number>", "what everything random hangs on", seedNumber, 1)
    .option("--update", "record outputs that differ into the files")
    .addOption(
      new Option("--watch", "run again whenever a file changes").conflicts(["tap", "json"]),
    )
    .addOption(new Option("--tap", "results as TAP").conflicts(["json"]))
    .option("--json", "results as JSON")
    .option("--junit <file>", "write results as JUnit XML, too")
    .addHelpText("after", HELP)
    .action((paths: readonly string[], options: TestCommandOptions) =>
      run(command, paths, options),
    );
}

async function run(
  command: Command,
  paths: readonly string[],
  options: TestCommandOptions,
): Promise<void> {
  for (;;) {
    const results = await runOnce(command, paths, options);
    if (options.watch !== true) {
      finish(results);
      return;
    }
    const change = untilChange([...paths, ...results.flatMap(({ files }) => files)]);
    write(command, "waiting for changes\n");
    await change;
  }
}

async function runOnce(
  command: Command,
  paths: readonly string[],
  { profile, seed, update, tap, json, junit }: TestCommandOptions,
): Promise<readonly FileResult[]> {
  const files = scriptsOf(paths);
  const forPeople = tap === undefined && json === undefined;
  const progress = new ProgressLine(command);
  const results: FileResult[] = [];
  for (const [index, file] of files.entries()) {
    progress.show(`${index} of ${files.length}`);
    const result = await testFile(file, {
      profile: profileNamed(profile),
      seed,
      update: update === true,
    });
    results.push(result);
    if (forPeople) {
      progress.clear();
      write(command, fileText(result));
    }
  }
  progress.clear();
  if (forPeople) write(command, summaryText(results));
  // Their libraries are loaded for those who ask for them.
  if (tap) write(command, (await import("../lvs/report-tap.ts")).tapText(results));
  if (json) write(command, `${JSON.stringify(results, undefined, 2)}\n`);
  if (junit !== undefined) {
    writeReport(junit, (await import("../lvs/report-junit.ts")).junitText(results));
  }
  return results;
}

function writeReport(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CommandFailure(`Cannot write "${path}": ${systemReason(error)}`, EXIT.failure);
  }
}

function scriptsOf(paths: readonly string[]): readonly string[] {
  let files: readonly string[];
  try {
    files = findScripts(paths);
  } catch (error) {
    throw new CommandFailure(sentenceOf(error), EXIT.usage);
  }
  if (files.length === 0) {
    throw new CommandFailure(`There is no scenario (NAME.lvs) in ${paths.join(", ")}`, EXIT.usage);
  }
  return files;
}

/** Ends the command by what came of the files. */
function finish(results: readonly FileResult[]): void {
  if (results.some(({ outcome }) => outcome === "broken")) throw new CommandFailure("", EXIT.usage);
  if (results.some(({ outcome }) => outcome === "failed"))
    throw new CommandFailure("", EXIT.failure);
}

function write(command: Command, text: string): void {
  command.configureOutput().writeOut?.(text);
}

function seedNumber(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= MOST_SEED) return Number(text);
  throw new InvalidArgumentError(`must be a whole number, 0–${MOST_SEED}`);
}
