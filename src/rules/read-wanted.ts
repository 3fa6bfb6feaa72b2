/**
 * Reads the table a file describes: rules, a JSON document, or a configuration of keepalived, which
 * their contents tell apart.
 *
 * @module
 */
import { hostname } from "node:os";
import type { Rehearsal } from "../ipvsadm/rehearsal.ts";
import { parseRules } from "../ipvsadm/rules-file.ts";
import { includedFiles } from "../keepalived/file-includes.ts";
import { importKeepalived, isKeepalived } from "../keepalived/import.ts";
import type { Surroundings } from "../keepalived/preprocessor.ts";
import type { Remark } from "../keepalived/remark.ts";
import type { Wanted } from "./wanted.ts";
import { wantedOfJson } from "./wanted-json.ts";
import { wantedOfRules } from "./wanted-rules.ts";

/** What a file is. */
export type RulesFormat = "rules" | "json" | "keepalived";

/** How to read a file. */
export interface ReadOptions {
  /** What conditional lines of a configuration of keepalived are compared with; the host's name. */
  readonly configId?: string | undefined;
  /** Told what a table made of a configuration of keepalived does not have. */
  readonly onRemark?: ((remark: Remark) => void) | undefined;
}

/** Returns what a text is. */
export function formatOf(text: string): RulesFormat {
  if (text.trimStart().startsWith("{")) return "json";
  return isKeepalived(text) ? "keepalived" : "rules";
}

/** Returns what a configuration of keepalived on this host depends on. */
export function surroundings(configId = hostname().split(".")[0]!): Surroundings {
  return { configId, include: includedFiles };
}

/**
 * Returns the table a text describes.
 *
 * @param path where the text is from, for messages and for what it includes
 * @param known whether a scheduler or a persistence engine exists is judged by this table
 * @throws RulesError for a rule that cannot be understood, WantedError for a document that cannot,
 *   KeepalivedError for a configuration that cannot
 */
export async function readWanted(
  path: string,
  text: string,
  known: Rehearsal,
  { configId, onRemark }: ReadOptions = {},
): Promise<Wanted> {
  switch (formatOf(text)) {
    case "json":
      return wantedOfJson(path, text);
    case "rules":
      return wantedOfRules(await parseRules(path, text), known);
    case "keepalived": {
      const { wanted, remarks } = importKeepalived(path, text, surroundings(configId));
      for (const remark of remarks) onRemark?.(remark);
      return wanted;
    }
  }
}
