/**
 * Looks for what will surprise in a file of rules or a configuration of keepalived.
 *
 * @module
 */
import type { Surroundings } from "../keepalived/preprocessor.ts";
import { formatOf } from "../rules/read-wanted.ts";
import type { Finding } from "./finding.ts";
import { type LintTable, tableOfKeepalived, tableOfRules } from "./lint-table.ts";
import { SERVICE_RULES, sharedAddressFindings, timeoutFindings } from "./rules.ts";

/**
 * Returns what is found in a text, in the order of its lines.
 *
 * @param path where the text is from, for messages and for what it includes
 * @throws KeepalivedError for a configuration that cannot be understood, SyntaxError for a document
 */
export async function lint(
  path: string,
  text: string,
  surroundings: Surroundings,
): Promise<readonly Finding[]> {
  switch (formatOf(text)) {
    case "keepalived":
      return findingsOf(tableOfKeepalived(path, text, surroundings));
    case "rules":
      return findingsOf(await tableOfRules(path, text));
    case "json":
      throw new SyntaxError(
        `Cannot lint "${path}": it is a JSON document; write it as rules with uipvs import first`,
      );
  }
}

function findingsOf(table: LintTable): readonly Finding[] {
  const all = [
    ...table.findings,
    ...table.services.flatMap((service) => SERVICE_RULES.flatMap((rule) => rule(service))),
    ...sharedAddressFindings(table),
    ...timeoutFindings(table),
  ];
  // The services of a group would all be found alike.
  const distinct = new Map(
    all.map((each) => [`${each.at.path}:${each.at.line}:${each.at.column} ${each.rule}`, each]),
  );
  return [...distinct.values()].sort(byPlace);
}

function byPlace({ at: a }: Finding, { at: b }: Finding): number {
  return a.path === b.path ? a.line - b.line || a.column - b.column : 0;
}
