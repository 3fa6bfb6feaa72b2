/**
 * What can be compared: a scenario, as far as comparing needs to know it.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { systemReason } from "../ipvsadm/messages.ts";
import { parseScenario } from "../scenario/parse.ts";
import { play } from "../scenario/play.ts";
import type { Statement } from "../scenario/statement.ts";
import type { Play } from "./play-both.ts";

/** A scenario to compare. */
export interface Subject {
  /** Path or name, as it is to be shown. */
  readonly file: string;
  /** The text itself, for messages that quote a line. */
  readonly text: string;
  readonly statements: readonly Statement[];
  readonly play: Play;
}

/** Reads a scenario. @throws ScenarioError */
export function readSubject(file: string, text: string): Subject {
  const scenario = parseScenario(file, text);
  return {
    file,
    text,
    statements: scenario.statements,
    play: (bed) => collect(play(scenario, bed)),
  };
}

/** Reads a file. @throws ScenarioError for its contents, Error when it cannot be read */
export function readSubjectFile(path: string): Subject {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`Cannot read "${path}": ${systemReason(error)}`, { cause: error });
  }
  return readSubject(path, text);
}

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
