/**
 * Finds the files an `include` of keepalived.conf(5) names, as glob(3) with braces does.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import type { IncludedFile } from "./preprocessor.ts";

/**
 * Returns the files of a pattern, sorted by name; none where wildcards fit none.
 *
 * @param pattern relative to the folder of the file it stands in
 * @param from the file it stands in
 * @throws the system's error when a file cannot be read, also when one without wildcards is not there
 */
export function includedFiles(pattern: string, from: string): readonly IncludedFile[] {
  return alternatives(pattern).flatMap((each) => {
    const path = isAbsolute(each) ? each : join(dirname(from), each);
    const paths = /[*?[]/.test(path) ? matching(path) : [path];
    return paths.map((found) => ({ path: found, text: readFileSync(found, "utf8") }));
  });
}

/** Returns what `a{b,c}d` stands for: `abd` and `acd`. */
function alternatives(pattern: string): readonly string[] {
  // The innermost braces first.
  const brace = /\{([^{}]*)\}/.exec(pattern);
  if (brace === null) return [pattern];
  const [before, after] = [
    pattern.slice(0, brace.index),
    pattern.slice(brace.index + brace[0].length),
  ];
  return brace[1]!.split(",").flatMap((each) => alternatives(before + each + after));
}

function matching(path: string): readonly string[] {
  let found = [isAbsolute(path) ? "/" : ""];
  for (const part of path.split("/").filter((each) => each !== "")) {
    found = found.flatMap((folder) => {
      if (!/[*?[]/.test(part)) return [join(folder, part)].filter((each) => existsSync(each));
      if (!isFolder(folder)) return [];
      const form = expression(part);
      const names = readdirSync(folder === "" ? "." : folder).sort();
      return names.filter((name) => form.test(name)).map((name) => join(folder, name));
    });
  }
  return found.filter((each) => statSync(each).isFile());
}

function isFolder(path: string): boolean {
  return statSync(path === "" ? "." : path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Returns a name with wildcards as a regular expression; a leading dot has to be written. */
function expression(part: string): RegExp {
  const text = part.replaceAll(/\[!?[^\]]*\]|[*?]|[.+^${}()|[\]\\]/g, (piece) => {
    if (piece === "*") return ".*";
    if (piece === "?") return ".";
    if (piece.length > 2) return piece.replace("[!", "[^");
    return `\\${piece}`;
  });
  return new RegExp(`^${part.startsWith(".") ? "" : "(?!\\.)"}${text}$`);
}
