/**
 * The compatible front end: one run of `ipvsadm`.
 *
 * Keeps no state between runs and never ends the process, so that it serves a program, a shell and
 * a test.
 *
 * @module
 */
import { parseCommandLine } from "./argv.ts";
import type { Command } from "./command.ts";
import { change } from "./commands/change.ts";
import { list } from "./commands/list.ts";
import { save } from "./commands/save.ts";
import { Failure } from "./failure.ts";
import { ruleLines, ruleWords } from "./restore.ts";
import { Session } from "./session.ts";
import { usageText, VERSION_LINE } from "./usage.ts";
import type { World } from "./world.ts";

/** How a command line ended. */
interface Outcome {
  /** Exit status, 0–255. */
  readonly status: number;
  /** Whether a restore ends with it, whatever lines are left. */
  readonly final: boolean;
}

const DONE: Outcome = { status: 0, final: false };
const FINISHED: Outcome = { status: 0, final: true };

/**
 * Runs one command line.
 *
 * @param argv arguments without the program's name
 * @returns the exit status
 */
export async function run(argv: readonly string[], world: World): Promise<number> {
  const session = new Session(world);
  try {
    return (await runLine(argv, session, false)).status;
  } finally {
    await session.close();
  }
}

async function runLine(
  argv: readonly string[],
  session: Session,
  restoring: boolean,
): Promise<Outcome> {
  const { name, env, stderr } = session.world;
  try {
    const command = await parseCommandLine(argv, {
      program: name,
      posixOrder: env.POSIXLY_CORRECT !== undefined || env.POSIX_ME_HARDER !== undefined,
      restoring,
      lookup: session.names,
    });
    return await execute(command, session);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.message !== "") await stderr.write(`${error.message}\n`);
    return { status: error.status, final: error.scope === "run" };
  }
}

async function execute(command: Command, session: Session): Promise<Outcome> {
  const { name, stdout } = session.world;
  switch (command.verb) {
    case "help":
      await stdout.write(usageText(name));
      return FINISHED;
    case "version":
      await stdout.write(VERSION_LINE);
      return FINISHED;
    case "restore":
      return restore(session);
    case "list":
      await list(command, session);
      return DONE;
    case "save":
      await save(command.numeric, session);
      return DONE;
    default:
      await change(command, session);
      return DONE;
  }
}

/** Runs the lines of standard input; the last one run decides the status. */
async function restore(session: Session): Promise<Outcome> {
  let outcome = DONE;
  for await (const line of ruleLines(session.world.stdin)) {
    const words = ruleWords(line);
    if (words.length === 0) continue;
    outcome = await runLine(words, session, true);
    if (outcome.final) break;
  }
  return outcome;
}
