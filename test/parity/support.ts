/**
 * The kernel to boot for a test, and what two front ends say in the same guest.
 *
 * @module
 */
import t, { type Test } from "tap";
import type { Bed, CommandOutcome, TimedBed } from "../../src/parity/bed.ts";
import { bootBed } from "../../src/parity/guest-bed.ts";
import { missing } from "../support/programs.ts";
import { lacking } from "../support/requirement.ts";

/** Both front ends. */
export const FRONT_ENDS = ["uipvsadm", "ipvsadm"] as const;
export type FrontEnd = (typeof FRONT_ENDS)[number];

/** `false`, or the sentence to skip a test with that boots a kernel. */
export const noKernel = lacking(
  (missing("linux.uml") && "it needs the package user-mode-linux") ||
    (missing("ipvsadm") && "it needs the package ipvsadm"),
);

let booted: Promise<TimedBed> | undefined;

/** Returns the bed all tests of the file share, of which nothing is left when they have ended. */
export function sharedBed(): Promise<TimedBed> {
  if (booted === undefined) {
    booted = bootBed();
    const bed = booted;
    t.teardown(async () => (await bed).close());
  }
  return booted;
}

/**
 * Asserts that both front ends say the same to each of the command lines, and returns what ours said. None
 * of them may change what the next one is about.
 */
export async function sameWords(
  t: Test,
  bed: Bed,
  lines: readonly string[],
): Promise<readonly CommandOutcome[]> {
  const theirs = await theirWords(bed, lines);
  const ours: CommandOutcome[] = [];
  for (const [index, line] of lines.entries()) {
    const said = await bed.command(line.split(" "));
    t.same(said, theirs[index], line);
    ours.push(said);
  }
  return ours;
}

const MARK = "\u0001";

/** Returns what the system's ipvsadm says, all started by one shell: a fork of Node takes its time. */
async function theirWords(bed: Bed, lines: readonly string[]): Promise<readonly CommandOutcome[]> {
  const script = lines.map((line) => {
    const words = line.split(" ").map((word) => `'${word}'`);
    const show = `printf '\\001'; cat /run/out; printf '\\001'; cat /run/err; printf '\\001'`;
    return `ipvsadm ${words.join(" ")} >/run/out 2>/run/err; printf %s $?; ${show}`;
  });
  const { stdout } = await bed.run(["sh", "-c", script.join("\n")]);
  const parts = stdout.split(MARK);
  return lines.map((_, index) => ({
    status: Number(parts[3 * index]),
    stdout: parts[3 * index + 1] ?? "",
    stderr: parts[3 * index + 2] ?? "",
  }));
}
