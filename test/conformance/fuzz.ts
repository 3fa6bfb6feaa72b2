/**
 * Random scenarios, played on a real kernel and on the emulator.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { differenceText } from "../../src/scenario/difference-text.ts";
import { randomScenario } from "../../src/scenario/random-scenario.ts";
import type { TranscriptRecord } from "../../src/scenario/transcript.ts";
import { check, readScenario, readTranscript } from "./check.ts";

/** Scenarios played in one boot of the kernel. */
const AT_ONCE = 50;

const TICKS_PER_SECOND = 100;
/**
 * Where a kernel's clock begins: 300 s before it passes zero (linux/jiffies.h `INITIAL_JIFFIES`), and all
 * timers are rounded to parts of 32768 ticks.
 */
const BOOT_TICK = 32768 - 300 * TICKS_PER_SECOND;
/** What a sleep takes beyond its time, in seconds: the slack of the kernel's timers. */
const SLACK = 53e-6;
/** What lies between two scenarios of one boot, in seconds, as measured. */
const PAUSE = 75e-6;

/** What to do. */
export interface FuzzOptions {
  /** Program that plays scenarios on a kernel: `PATH run SCENARIO_DIR OUT_DIR`. */
  readonly oracle: string;
  readonly count: number;
  /** Scenario N is that of seed `seed` + N. */
  readonly seed: number;
  /** Folder for the scenarios that differ. */
  readonly keep?: string;
}

/**
 * Makes scenarios and compares.
 *
 * @param tell takes what is to be shown
 */
export async function fuzz(
  options: FuzzOptions,
  tell: (text: string) => void,
): Promise<{ readonly passed: number; readonly failed: number }> {
  let failed = 0;
  for (let first = 0; first < options.count; first += AT_ONCE) {
    const folder = mkdtempSync(join(tmpdir(), "uipvs-fuzz-"));
    try {
      const count = Math.min(AT_ONCE, options.count - first);
      failed += await fuzzOnce(options, options.seed + first, count, folder, tell);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return { passed: options.count - failed, failed };
}

async function fuzzOnce(
  { oracle, keep }: FuzzOptions,
  seed: number,
  count: number,
  folder: string,
  tell: (text: string) => void,
): Promise<number> {
  const scenarios = Array.from({ length: count }, (_, index) => ({
    name: `random-${String(seed + index).padStart(6, "0")}`,
    text: randomScenario(seed + index),
  }));
  const path = (name: string, suffix: string) => join(folder, name + suffix);
  for (const { name, text } of scenarios) writeFileSync(path(name, ".scn"), text);
  record(
    oracle,
    folder,
    scenarios.map(({ name }) => path(name, ".jsonl")),
  );
  let failed = 0;
  let begun = 0;
  for (const { name, text } of scenarios) {
    const recording = readTranscript(path(name, ".jsonl"));
    const differences = await check(readScenario(path(name, ".scn")), recording, tickAt(begun));
    begun += durationOf(recording);
    if (differences.length === 0) continue;
    failed++;
    tell(differenceText(name, text, differences));
    if (keep === undefined) continue;
    mkdirSync(keep, { recursive: true });
    for (const suffix of [".scn", ".jsonl"])
      copyFileSync(path(name, suffix), join(keep, name + suffix));
  }
  return failed;
}

/** Returns the tick at a time since the kernel was booted, in seconds. */
function tickAt(time: number): number {
  return BOOT_TICK + Math.floor(time * TICKS_PER_SECOND);
}

/** Returns how long a scenario took on the kernel, in seconds. */
function durationOf(recording: readonly TranscriptRecord[]): number {
  const sleeps = recording.filter(({ op }) => op === "sleep").length;
  return (recording.at(-1)?.t ?? 0) + sleeps * SLACK + PAUSE;
}

/**
 * Has the kernel play all scenarios of a folder. Its status tells nothing: a line without effect, such as an
 * answer to nothing, counts as a failure there.
 *
 * @throws Error when not all were played
 */
function record(oracle: string, folder: string, transcripts: readonly string[]): void {
  const { error, stderr } = spawnSync(oracle, ["run", folder, folder], {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  if (error !== undefined) throw error;
  const missing = transcripts.find((transcript) => !existsSync(transcript));
  if (missing !== undefined) throw new Error(`${oracle} left no ${missing}:\n${stderr}`);
}
