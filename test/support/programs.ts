/**
 * Programs of the system that a test may need.
 *
 * @module
 */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

/** Returns `false` if the program is on the PATH, or the sentence that it is not. */
export function missing(program: string): string | false {
  const found = (process.env.PATH ?? "").split(":").some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== "";
    } catch {
      return false;
    }
  });
  return !found && `there is no program ${program}`;
}
