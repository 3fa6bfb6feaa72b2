/**
 * `uipvs bench` within a test's own process.
 *
 * @module
 */
import { join } from "node:path";
import { Command } from "commander";
import { register } from "../../src/cli/bench.ts";
import { ROOT } from "../support/files.ts";

/** Returns the path of a file that tests of benchmarks share. */
export function fixture(name: string): string {
  return join(ROOT, "test", "fixtures", "bench", name);
}

/** Runs the sub-command and returns what it wrote; it throws as the sub-command does. */
export async function bench(...words: readonly string[]): Promise<{ out: string; err: string }> {
  const written = { out: "", err: "" };
  const program = new Command("uipvs")
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        written.out += text;
      },
      writeErr: (text) => {
        written.err += text;
      },
    });
  register(program);
  await program.parseAsync(["bench", ...words], { from: "user" });
  return written;
}
