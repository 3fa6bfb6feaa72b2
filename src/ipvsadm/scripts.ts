/**
 * The two scripts that come with ipvsadm: `ipvsadm-save` and `ipvsadm-restore`.
 *
 * Source: ipvsadm-save(8), ipvsadm-restore(8), and the behaviour of the scripts of release 1.31.
 *
 * @module
 */
import { run } from "./main.ts";
import type { World } from "./world.ts";

/** Exit status of a script that was called wrongly. */
const STATUS_USAGE = 1;

/**
 * Prints the rules; `-n` among the arguments keeps numbers, operands are passed over.
 *
 * @returns the exit status
 */
export async function runSave(argv: readonly string[], world: World): Promise<number> {
  if (argv.some((argument) => argument.startsWith("-") && argument !== "-n")) {
    const program = `${world.name}-save`;
    await world.stderr.write(
      `${program}: Script to save the IPVS table to stdout.\n` +
        "   With the -n option, prints out the table in numeric format.\n",
    );
    return STATUS_USAGE;
  }
  return run(argv.includes("-n") ? ["-S", "-n"] : ["-S"], world);
}

/**
 * Replaces the table by the rules on standard input, of which lines that begin with `#` are dropped.
 *
 * @returns the exit status
 */
export async function runRestore(world: World): Promise<number> {
  const rules = withoutComments(await textOf(world.stdin));
  const cleared = await run(["-C"], world);
  return cleared === 0 ? run(["-R"], { ...world, stdin: once(rules) }) : cleared;
}

function withoutComments(text: string): string {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  const rules = lines.join("\n").replace(/\n+$/, "");
  // Alone, these two are options of the echo that passes the rules on.
  return rules === "-n" || rules === "-e" ? "" : `${rules}\n`;
}

async function textOf(input: World["stdin"]): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of input) {
    text += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}
