/**
 * Reads the table a file describes: rules, or a JSON document, which its first character tells apart.
 *
 * @module
 */
import type { Rehearsal } from "../ipvsadm/rehearsal.ts";
import { parseRules } from "../ipvsadm/rules-file.ts";
import type { Wanted } from "./wanted.ts";
import { wantedOfJson } from "./wanted-json.ts";
import { wantedOfRules } from "./wanted-rules.ts";

/**
 * Returns the table a text describes.
 *
 * @param path where the text is from, for messages
 * @param known whether a scheduler or a persistence engine exists is judged by this table
 * @throws RulesError for a rule that cannot be understood, WantedError for a document that cannot
 */
export async function readWanted(path: string, text: string, known: Rehearsal): Promise<Wanted> {
  return text.trimStart().startsWith("{")
    ? wantedOfJson(path, text)
    : wantedOfRules(await parseRules(path, text), known);
}
