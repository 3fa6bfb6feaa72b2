/**
 * Rules a director begins with: a file as `ipvsadm -S -n` writes it.
 *
 * One command a line, without the program's name; lines that begin with `#` and empty ones are passed
 * over. All of the file is understood before any of it is obeyed, and what is refused later ends the
 * start of the director, so there is none with half of its rules.
 *
 * @module
 */
import type { Backend } from "../control/backend.ts";
import { parseCommandLine } from "./argv.ts";
import type { Change } from "./command.ts";
import { change } from "./commands/change.ts";
import { Failure } from "./failure.ts";
import { systemReason } from "./messages.ts";
import { ruleWords } from "./restore.ts";
import { Session } from "./session.ts";
import { systemResolver } from "./system-resolver.ts";
import type { World } from "./world.ts";

/** One command of a file, understood. */
export interface Rule {
  /** Where it stands, such as `line 3, "-A -f 1"`. */
  readonly place: string;
  /** Line it stands on, from 1; absent where the file has other places. */
  readonly line?: number | undefined;
  readonly change: Change;
}

/** A file of rules, understood and not yet obeyed. */
export interface Rules {
  readonly path: string;
  readonly rules: readonly Rule[];
}

/** A file of rules that is broken. */
export class RulesError extends Error {
  override readonly name = "RulesError";

  /**
   * @param path the file as it was named
   * @param place where the fault is
   * @param reason what is wrong there
   */
  constructor(path: string, place: string, reason: string) {
    super(`Cannot load the rules of "${path}", ${place}: ${reason}`);
  }
}

/** Takes notice of a line that cannot be understood. */
export type OnBroken = (line: number, text: string, reason: string) => void;

/**
 * Returns the rules in a text.
 *
 * @param path where the text is from, for messages
 * @param onBroken passed the lines that cannot be understood, which are passed over then
 * @throws RulesError for a line that cannot be understood, or that changes nothing
 */
export async function parseRules(path: string, file: string, onBroken?: OnBroken): Promise<Rules> {
  const session = new Session(worldOf());
  const rules: Rule[] = [];
  let line = 0;
  for (const raw of file.split("\n")) {
    line++;
    const text = raw.trim();
    if (text === "" || text.startsWith("#")) continue;
    const place = `line ${line}, "${text}"`;
    try {
      rules.push({ place, line, change: await parseRule(text, session) });
    } catch (error) {
      const broken = rulesError(path, place, error);
      if (onBroken === undefined || !(broken instanceof RulesError)) throw broken;
      onBroken(line, text, (error as Error).message.trim());
    }
  }
  return { path, rules };
}

/**
 * Has `backend` obey all rules, in their order.
 *
 * @throws RulesError for the first that is refused; those before it stay
 */
export async function loadRules(file: Rules, backend: Backend): Promise<void> {
  const session = new Session(worldOf(backend));
  for (const rule of file.rules) {
    try {
      await change(rule.change, session);
    } catch (error) {
      throw rulesError(file.path, rule.place, error);
    }
  }
}

async function parseRule(text: string, session: Session): Promise<Change> {
  const words = ruleWords(text);
  if (!words[0]?.startsWith("-")) {
    throw new SyntaxError("must begin with a command such as -A or -a");
  }
  const command = await parseCommandLine(words, {
    program: session.world.name,
    posixOrder: false,
    restoring: true,
    lookup: session.names,
  });
  switch (command.verb) {
    case "list":
    case "save":
    case "restore":
    case "help":
    case "version":
      throw new SyntaxError(`"${words[0]}" changes nothing: must be a command such as -A or -a`);
    default:
      if (command.dryRun) throw new SyntaxError("--dry-run has no place in a file of rules");
      return command;
  }
}

/** Returns the error to end in; a fault that is none of the line's is passed on as it is. */
function rulesError(path: string, place: string, error: unknown): unknown {
  const told = error instanceof Failure || error instanceof SyntaxError;
  return told ? new RulesError(path, place, error.message.trim()) : error;
}

/** The front end's world for rules: nothing to read or write, and `backend` to obey. */
function worldOf(backend?: Backend): World {
  const silent = { write: () => undefined };
  return {
    name: "ipvsadm",
    env: {},
    stdin: (async function* () {})(),
    stdout: silent,
    stderr: silent,
    openBackend: async () => {
      if (backend === undefined) throw new Error("rules are read before there is a director");
      return backend;
    },
    unanswered: systemReason,
    resolver: systemResolver(),
  };
}
