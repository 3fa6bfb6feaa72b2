/**
 * The folder of a new lab, with the files one begins with.
 *
 * @module
 */
import { cpSync, existsSync } from "node:fs";
import { TEMPLATE } from "./find-labs.ts";
import { LabError } from "./lab-error.ts";

/** Makes the folder. @throws LabError when there is something of that name */
export function newLab(folder: string): void {
  if (existsSync(folder)) throw new LabError(`Cannot make lab "${folder}": it exists`);
  cpSync(TEMPLATE, folder, { recursive: true });
}
