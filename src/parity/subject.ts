/**
 * What can be compared: a scenario, as far as comparing needs to know it.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type { Milliseconds } from "../base/clock.ts";
import { systemReason } from "../ipvsadm/messages.ts";
import { SCRIPT_SUFFIX } from "../lvs/find-scripts.ts";
import { readScript } from "../lvs/read-script.ts";
import { runScript } from "../lvs/run-script.ts";
import type { Action, Skip } from "../lvs/script.ts";
import { parseScenario } from "../scenario/parse.ts";
import { play } from "../scenario/play.ts";
import type { Statement } from "../scenario/statement.ts";
import type { TranscriptRecord } from "../scenario/transcript.ts";
import type { Play } from "./play-both.ts";

/** What the names of files in folders end in that can be compared. */
export const SUBJECT_SUFFIXES: readonly string[] = [SCRIPT_SUFFIX, ".scn"];

/** A scenario to compare. */
export interface Subject {
  /** Path or name, as it is to be shown. */
  readonly file: string;
  /** The text itself, for messages that quote a line. */
  readonly text: string;
  readonly statements: readonly Statement[];
  /** Seconds it lets pass besides its statements. */
  readonly staying: number;
  /** Where it is not to be played, as it says itself. */
  readonly skips: readonly Skip[];
  readonly play: Play;
}

/** Reads a scenario, one of the language .lvs where its file's name says so. @throws ScenarioError */
export function readSubject(file: string, text: string): Subject {
  if (file.endsWith(SCRIPT_SUFFIX)) return readScriptSubject(file, text);
  const scenario = parseScenario(file, text);
  return {
    file,
    text,
    statements: scenario.statements,
    staying: 0,
    skips: [],
    play: (bed) => collect(play(scenario, bed)),
  };
}

function readScriptSubject(file: string, text: string): Subject {
  const script = readScript(file, (path) => (path === file ? text : readText(path)));
  const actions = script.steps.map(({ action }) => action);
  return {
    file,
    text,
    statements: actions.filter(isStatement),
    staying: actions.reduce((sum, action) => sum + stayingOf(action), 0) / 1000,
    skips: script.skips,
    play: async (bed) => {
      const records: TranscriptRecord[] = [];
      await runScript(script, bed, { record: (record) => void records.push(record) });
      return records;
    },
  };
}

/** What a script has beyond statements. */
const SCRIPT_ACTIONS: ReadonlySet<Action["kind"]> = new Set([
  "expect",
  "exchange",
  "server",
  "virtual",
]);

function isStatement(action: Action): action is Statement {
  return !SCRIPT_ACTIONS.has(action.kind);
}

/** Returns the time exchanges take; those of one line stay at the same time. */
function stayingOf(action: Action): Milliseconds {
  if (action.kind !== "exchange") return 0;
  const { count, every = 0, staying = 0 } = action;
  return count * every + staying;
}

/** Reads a file. @throws ScenarioError for its contents, Error when it cannot be read */
export function readSubjectFile(path: string): Subject {
  return readSubject(path, readText(path));
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`Cannot read "${path}": ${systemReason(error)}`, { cause: error });
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
