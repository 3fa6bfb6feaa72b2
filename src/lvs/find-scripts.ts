/**
 * Scenarios by the paths of files and folders.
 *
 * @module
 */
import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { systemReason } from "../ipvsadm/messages.ts";

/** What the names of scripts end in. */
export const SCRIPT_SUFFIX = ".lvs";
/** Files that begin with it are only there to be included. */
const PART = "_";

/**
 * Returns the files that paths name: themselves, and those of folders, sorted.
 *
 * @param suffixes of the files that count in folders
 * @throws Error for a path there is not
 */
export function findScripts(
  paths: readonly string[],
  suffixes: readonly string[] = [SCRIPT_SUFFIX],
): readonly string[] {
  const files = paths.flatMap((path) => (isFolder(path) ? inFolder(path, suffixes) : [path]));
  return [...new Set(files)];
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw new Error(`Cannot read "${path}": ${systemReason(error)}`, { cause: error });
  }
}

function inFolder(folder: string, suffixes: readonly string[]): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => suffixes.some((suffix) => path.endsWith(suffix)))
    .filter((path) => !basename(path).startsWith(PART))
    .sort()
    .map((path) => join(folder, path));
}
