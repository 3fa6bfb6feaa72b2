/**
 * Configurations of keepalived to read: ours, and those its package brings.
 *
 * @module
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { commandText } from "../../src/ipvsadm/format/commands.ts";
import { type Imported, importKeepalived } from "../../src/keepalived/import.ts";
import type { IncludedFile } from "../../src/keepalived/preprocessor.ts";
import { remarkText } from "../../src/keepalived/remark.ts";
import { rulesOf } from "../../src/rules/read-rules.ts";
import { ROOT } from "../support/files.ts";

/** Folder of our configurations. */
export const FIXTURES = join(ROOT, "test", "fixtures", "keepalived");

const SAMPLES_FOLDER = "/usr/share/doc/keepalived/samples";

/** Paths of the samples of Debian's package; none where it is not installed. */
export const SAMPLES: readonly string[] = existsSync(SAMPLES_FOLDER)
  ? readdirSync(SAMPLES_FOLDER)
      .filter((name) => name.startsWith("keepalived.conf."))
      .map((name) => join(SAMPLES_FOLDER, name))
  : [];

/** Returns a configuration without its health checks. */
export function withoutChecks(text: string): string {
  let depth = 0;
  return text
    .split("\n")
    .filter((line) => {
      const plain = line.replace(/[#!].*$/, "");
      if (depth === 0 && !/^\s*[A-Z]+_(CHECK|GET)\b/.test(plain)) return true;
      depth += (plain.match(/\{/g) ?? []).length - (plain.match(/\}/g) ?? []).length;
      return false;
    })
    .join("\n");
}

/** Imports a text, with other files to include. */
export function imported(
  text: string,
  { id = "test", files = {} }: { id?: string; files?: Readonly<Record<string, string>> } = {},
): Imported {
  return importKeepalived("k.conf", text, {
    configId: id,
    include: (pattern): readonly IncludedFile[] => {
      const found = files[pattern];
      if (found === undefined) throw new Error(`no ${pattern}`);
      return [{ path: pattern, text: found }];
    },
  });
}

/** Returns the commands a text becomes. */
export async function commands(...words: Parameters<typeof imported>): Promise<readonly string[]> {
  const { rules } = await rulesOf(imported(...words).wanted);
  return rules.map(({ change }) => commandText(change));
}

/** Returns what a text has that its table has not. */
export function remarks(...words: Parameters<typeof imported>): readonly string[] {
  return imported(...words).remarks.map(remarkText);
}
