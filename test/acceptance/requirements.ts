/**
 * What the acceptance tests need of the machine: namespaces, and the programs the director is tried with.
 *
 * @module
 */
import { noNamespaces } from "../support/namespaces.ts";
import { missing } from "../support/programs.ts";
import { lacking } from "../support/requirement.ts";

/** Returns `false`, or the sentence to skip a test with that needs a laboratory and `programs`. */
export async function lackOfLaboratory(...programs: readonly string[]): Promise<string | false> {
  const lacks = programs.map(missing).filter((lack) => lack !== false);
  return lacks.length > 0 ? lacking(lacks.join(", ")) : noNamespaces();
}
