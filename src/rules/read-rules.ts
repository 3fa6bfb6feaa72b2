/**
 * Reads the rules a director begins with, from any file that describes a table.
 *
 * All of the file is understood before any of it is obeyed.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { Rehearsal } from "../ipvsadm/rehearsal.ts";
import { parseRules, type Rule, type Rules, RulesError } from "../ipvsadm/rules-file.ts";
import { KeepalivedError } from "../keepalived/keepalived-error.ts";
import { plan } from "./plan.ts";
import { formatOf, type ReadOptions, readWanted } from "./read-wanted.ts";
import { type Wanted, WantedError } from "./wanted.ts";

const NO_RULES: Rules = { path: "", rules: [] };

/**
 * Reads a file of rules, a JSON document or a configuration of keepalived; without a path there are
 * no rules.
 *
 * @throws RulesError, WantedError or KeepalivedError for a file that cannot be understood
 * @throws the system's error when the file cannot be read
 */
export async function readRules(
  path: string | undefined,
  options: ReadOptions = {},
): Promise<Rules> {
  if (path === undefined) return NO_RULES;
  const text = await readFile(path, "utf8");
  if (formatOf(text) === "rules") return parseRules(path, text);
  return rulesOf(await readWanted(path, text, new Rehearsal(), options));
}

/** Whether an error says that a file of any form cannot be understood. */
export function isBrokenRules(error: unknown): boolean {
  return (
    error instanceof RulesError || error instanceof WantedError || error instanceof KeepalivedError
  );
}

/** Returns the commands that make a table where there is none. */
export async function rulesOf(wanted: Wanted): Promise<Rules> {
  const steps = await plan(new Rehearsal(), wanted, false);
  const rules = steps.map(({ change, place = "" }): Rule => ({ change, place }));
  return { path: wanted.path, rules };
}
