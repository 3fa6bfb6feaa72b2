/**
 * Which network namespace this is, and whether another still exists.
 *
 * A namespace is known by its inode number. It lives as long as a process is in it or its file is
 * mounted somewhere, as ip-netns(8) does.
 *
 * Source: namespaces(7); proc(5), /proc/PID/mountinfo.
 *
 * @module
 */
import { readdirSync, readFileSync, statSync } from "node:fs";

/** Returns the number of this process's network namespace, or 0 if unknown. */
export function networkNamespace(): number {
  return namespaceOf("self") ?? 0;
}

/** Whether a network namespace is known to exist: held by a process, or mounted where we can see it. */
export function namespaceExists(inode: number): boolean {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8");
  if (mounts.includes(` net:[${inode}] `)) return true;
  return readdirSync("/proc").some((name) => /^\d+$/.test(name) && namespaceOf(name) === inode);
}

/** Returns the network namespace of a process, or `undefined` when it is gone or not ours to see. */
function namespaceOf(pid: string): number | undefined {
  try {
    return statSync(`/proc/${pid}/ns/net`).ino;
  } catch {
    return undefined;
  }
}
