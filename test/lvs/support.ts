/**
 * Runs scripts given as lines.
 *
 * @module
 */
import { readScript } from "../../src/lvs/read-script.ts";
import { type RunOptions, runScript, type ScriptResult } from "../../src/lvs/run-script.ts";
import type { Script } from "../../src/lvs/script.ts";
import type { Bed } from "../../src/scenario/bed.ts";
import { DirectorsBed } from "../../src/scenario/directors-bed.ts";

/** Reads lines as the file `a.lvs`, beside which there are these other files. */
export function script(
  lines: readonly string[],
  others: Readonly<Record<string, string>> = {},
): Script {
  const files: Readonly<Record<string, string>> = {
    ...others,
    "a.lvs": lines.map((line) => `${line}\n`).join(""),
  };
  return readScript("a.lvs", (path) => {
    const text = files[path];
    if (text === undefined) throw new Error(`ENOENT: no such file, open '${path}'`);
    return text;
  });
}

/** Runs lines in the emulator, or on another bed. */
export async function run(
  lines: readonly string[],
  options: RunOptions & { readonly bed?: (emulator: Bed) => Bed } = {},
): Promise<ScriptResult> {
  const emulator = new DirectorsBed();
  try {
    return await runScript(script(lines), options.bed?.(emulator) ?? emulator, options);
  } finally {
    await emulator.close();
  }
}

/** Returns what is wrong, as `LINE: message`. */
export async function wrong(lines: readonly string[]): Promise<readonly string[]> {
  const { failures } = await run(lines);
  return failures.map(({ place, message }) => `${place.line}: ${message}`);
}
