/**
 * Where the tests find the files of the project, wherever they were compiled to.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** Folder that holds package.json. */
export const ROOT = projectRoot();

/** Returns the path of a file in `test/fixtures/`. */
export function fixture(...path: readonly string[]): string {
  return join(ROOT, "test", "fixtures", ...path);
}
