/**
 * The compatible front end: one run of `ipvsadm`.
 *
 * Keeps no state between runs and never ends the process, so that it serves a program, a shell and
 * a test. What only some commands need is loaded by them: most of the time of a small command goes into
 * the start of the program.
 *
 * @module
 */
import { parseCommandLine } from "./argv.ts";
import type { Command } from "./command.ts";
import { change } from "./commands/change.ts";
import { Failure } from "./failure.ts";
import { ruleLines, ruleWords } from "./restore.ts";
import { Session } from "./session.ts";
import type { World } from "./world.ts";

/** How a command line ended. */
interface Outcome {
  /** Exit status, 0–255. */
  readonly status: number;
  /** Whether a restore ends with it, whatever lines are left. */
  readonly final: boolean;
}

/** Changes of a restore that are under way at the same time. */
const CHANGES_AT_ONCE = 256;

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
    return (await runLine(argv, session)).status;
  } finally {
    await session.close();
  }
}

function runLine(argv: readonly string[], session: Session): Promise<Outcome> {
  return concluded(session, async () => execute(await parse(argv, session, false), session));
}

function parse(argv: readonly string[], session: Session, restoring: boolean): Promise<Command> {
  const { name, env } = session.world;
  return parseCommandLine(argv, {
    program: name,
    posixOrder: env.POSIXLY_CORRECT !== undefined || env.POSIX_ME_HARDER !== undefined,
    restoring,
    lookup: session.names,
  });
}

/** Returns how a command line ends, and tells of a failure. */
async function concluded(session: Session, run: () => Promise<Outcome>): Promise<Outcome> {
  const { stderr } = session.world;
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.message !== "") await stderr.write(`${error.message}\n`);
    return { status: error.status, final: error.scope === "run" };
  }
}

async function execute(command: Command, session: Session): Promise<Outcome> {
  const { name, stdout } = session.world;
  switch (command.verb) {
    case "help": {
      const { usageText } = await import("./usage.ts");
      await stdout.write(usageText(name));
      return FINISHED;
    }
    case "version": {
      const { VERSION_LINE } = await import("./usage.ts");
      await stdout.write(VERSION_LINE);
      return FINISHED;
    }
    case "restore":
      return command.dryRun ? restore(session.rehearsed(), 1) : restore(session, CHANGES_AT_ONCE);
    case "list":
      if (command.json) await (await import("./commands/list-json.ts")).listJson(command, session);
      else await (await import("./commands/list.ts")).list(command, session);
      return DONE;
    case "save":
      await (await import("./commands/save.ts")).save(command.numeric, session);
      return DONE;
    default:
      await change(command, command.dryRun ? session.rehearsed() : session);
      return DONE;
  }
}

/**
 * Runs the lines of standard input; the last one run decides the status.
 *
 * A refused change ends only its line, so changes need not wait for each other: up to `atOnce` of them
 * are under way, carried out and told of in their order. Everything else waits for those before it.
 */
async function restore(session: Session, atOnce: number): Promise<Outcome> {
  const underWay: Promise<Outcome>[] = [];
  let outcome = DONE;
  // The first change finds out whether anybody answers.
  let most = 1;
  const settle = async (left: number): Promise<void> => {
    while (underWay.length > left) outcome = await underWay.shift()!;
  };
  for await (const line of ruleLines(session.world.stdin)) {
    const words = ruleWords(line);
    if (words.length === 0) continue;
    const command = await parse(words, session, true).catch(failureOnly);
    if (command instanceof Failure || !isChange(command)) {
      await settle(0);
      outcome = await concluded(session, async () => {
        if (command instanceof Failure) throw command;
        return execute(command, session);
      });
    } else {
      underWay.push(concluded(session, () => execute(command, session)));
      await settle(most - 1);
      most = atOnce;
    }
    if (outcome.final) break;
  }
  await settle(0);
  return outcome;
}

/** Returns a failure; what is none is a fault of ours and passed on. */
function failureOnly(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

function isChange({ verb }: Command): boolean {
  switch (verb) {
    case "help":
    case "version":
    case "restore":
    case "list":
    case "save":
      return false;
    default:
      return true;
  }
}
