/**
 * Variables as the command line names and sets them, and as JSON shows them.
 *
 * @module
 */
import type { Sysctl } from "../wire/uipvs-genl.ts";
import { CommandFailure, EXIT } from "./terminal.ts";

/** A variable, and the value it is to have if it is to be set. */
export interface SettingWord {
  readonly name: string;
  readonly value: string | undefined;
}

/** What sysctl(8) has before the name; the separators are its own, too. */
const PREFIX = /^net[./]ipv4[./]vs[./]/;
const WORD = /^\s*([^=\s]+)\s*(?:=(.*))?$/s;
/** Bytes a value has at most: none accepted is longer. */
const MAX_VALUE = 255;

/**
 * Reads `NAME` or `NAME=VALUE`, blanks around either passed over, as a listing has them.
 *
 * @throws CommandFailure with the status of a wrong command line
 */
export function settingWord(word: string): SettingWord {
  const match = WORD.exec(word);
  const name = match?.[1]?.replace(PREFIX, "") ?? "";
  const value = match?.[2]?.trim();
  if (name === "" || value === "") {
    throw usage(`Cannot understand ${JSON.stringify(word)}: must be NAME or NAME=VALUE`);
  }
  if (value !== undefined && Buffer.byteLength(value) > MAX_VALUE) {
    throw usage(`Cannot set ${name} to a value of more than ${MAX_VALUE} bytes`);
  }
  return { name, value };
}

/**
 * Reads `NAME=VALUE`.
 *
 * @throws CommandFailure as `settingWord` does
 */
export function setting(word: string): Sysctl {
  const { name, value } = settingWord(word);
  if (value === undefined) {
    throw usage(`Cannot understand ${JSON.stringify(word)}: must be NAME=VALUE`);
  }
  return { name, value };
}

function usage(sentence: string): CommandFailure {
  return new CommandFailure(sentence, EXIT.usage);
}

/** A value as JSON has it: what has 64 bits is text, two numbers are a list. */
export type JsonValue = number | string | readonly number[];

/** Returns variables as a JSON object has them, by name. */
export function variablesJson(variables: readonly Sysctl[]): Readonly<Record<string, JsonValue>> {
  return Object.fromEntries(variables.map(({ name, value }) => [name, jsonValue(name, value)]));
}

function jsonValue(name: string, value: string): JsonValue {
  if (name === "sync_qlen_max") return value;
  const numbers = value.split("\t").map(Number);
  return numbers.length === 1 ? numbers[0]! : numbers;
}
