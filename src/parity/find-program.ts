/**
 * Programs of this host by their names.
 *
 * @module
 */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Folders that a PATH may lack. */
const USUAL = ["/usr/bin", "/usr/sbin"];

/** Returns the path of a program on the PATH, or in a folder programs usually are in; `undefined` without one. */
export function findProgram(
  name: string,
  path: string = process.env.PATH ?? "",
  usual: readonly string[] = USUAL,
): string | undefined {
  const folders = [...path.split(delimiter).filter((each) => each !== ""), ...usual];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** Whether a path is that of a file this process may execute. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
