/**
 * The conformance command: plays scenarios on the emulator, and compares with recordings of a real kernel.
 *
 *     npm run conformance -- record SCENARIO_DIR OUT_DIR [NAME...]
 *     npm run conformance -- check DIR [NAME...]
 *     npm run conformance -- fuzz --oracle PATH [--count N] [--seed S] [--keep DIR]
 *
 * @module
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { differenceText } from "../../src/scenario/difference-text.ts";
import { ScenarioError } from "../../src/scenario/scenario-error.ts";
import { transcriptText } from "../../src/scenario/transcript.ts";
import { check, playOnEmulator, readScenario, readTranscript } from "./check.ts";
import { fuzz } from "./fuzz.ts";

const SCENARIO = ".scn";
const TRANSCRIPT = ".jsonl";

const program = new Command("conformance").description(
  "Plays scenarios on the emulator, and compares with recordings of a real kernel.",
);

program
  .command("record")
  .description("play scenarios on the emulator and write what was seen, a file each")
  .argument("<scenario-dir>", `folder of NAME${SCENARIO}`)
  .argument("<out-dir>", `folder for NAME${TRANSCRIPT}`)
  .argument("[name...]", "scenarios; all of the folder unless given")
  .action(async (folder: string, out: string, names: string[]) => {
    mkdirSync(out, { recursive: true });
    await each(folder, names, SCENARIO, async (name) => {
      const records = await playOnEmulator(readScenario(join(folder, name + SCENARIO)));
      writeFileSync(join(out, name + TRANSCRIPT), transcriptText(records));
      return undefined;
    });
  });

program
  .command("check")
  .description("play scenarios on the emulator and compare with the recordings beside them")
  .argument("<dir>", `folder of NAME${SCENARIO} and NAME${TRANSCRIPT}`)
  .argument("[name...]", "scenarios; all that are recorded unless given")
  .action(async (folder: string, names: string[]) => {
    await each(folder, names, TRANSCRIPT, async (name) => {
      const file = join(folder, name + SCENARIO);
      const recording = readTranscript(join(folder, name + TRANSCRIPT));
      const differences = await check(readScenario(file), recording);
      if (differences.length === 0) return undefined;
      return differenceText(file, readFileSync(file, "utf8"), differences);
    });
  });

program
  .command("fuzz")
  .description("make random scenarios, play them on a real kernel and on the emulator, and compare")
  .requiredOption("--oracle <path>", "program that plays scenarios: PATH run SCENARIO_DIR OUT_DIR")
  .option("--count <n>", "how many", wholeNumber, 100)
  .option("--seed <s>", "what chance hangs on", wholeNumber, 1)
  .option("--keep <dir>", "folder for the scenarios that differ, each with its recording")
  .action(async (options: { oracle: string; count: number; seed: number; keep?: string }) => {
    tell(await fuzz(options, (text) => process.stdout.write(text)));
  });

/** Does something with each scenario; it returns what is wrong with one, if anything. */
async function each(
  folder: string,
  names: readonly string[],
  suffix: string,
  act: (name: string) => Promise<string | undefined>,
): Promise<void> {
  const chosen =
    names.length > 0 ? names.map((name) => name.replace(/\.scn$/, "")) : namesIn(folder, suffix);
  let failed = 0;
  for (const name of chosen) {
    const problem = await act(name).catch((error: unknown) => {
      if (error instanceof ScenarioError) return `${error.message}\n`;
      throw error;
    });
    if (problem === undefined) continue;
    failed++;
    process.stdout.write(problem);
  }
  tell({ passed: chosen.length - failed, failed });
}

function tell({ passed, failed }: { readonly passed: number; readonly failed: number }): void {
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  if (failed > 0) process.exitCode = 1;
}

function namesIn(folder: string, suffix: string): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length))
    .sort();
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("must be a whole number");
  return Number(text);
}

await program.parseAsync();
