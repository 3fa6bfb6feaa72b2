/**
 * Whether optional dependencies are there: their compilation may have been refused, or be impossible.
 *
 * @module
 */
import { createRequire } from "node:module";
import { lacking } from "./requirement.ts";

/** Returns `false`, or the sentence to skip a test with, for a package that may not be there. */
export function noPackage(name: "raw-socket"): string | false {
  try {
    createRequire(import.meta.url)(name);
    return false;
  } catch {
    return lacking(`the optional dependency ${name} is not installed for this Node`);
  }
}
