/**
 * Whether two paths lead to one file, so that nothing is written over what is being read.
 *
 * @module
 */
import { statSync } from "node:fs";
import { resolve } from "node:path";

/** Whether both paths lead to the same file, which need not exist; devices such as /dev/null do not count. */
export function isSameFile(a: string, b: string): boolean {
  const [first, second] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  if (first === undefined || second === undefined) return resolve(a) === resolve(b);
  return first.isFile() && first.dev === second.dev && first.ino === second.ino;
}
