/**
 * Reading without ever waiting: for a guest whose time flies as soon as nobody has anything to do.
 *
 * @module
 */
import { readSync } from "node:fs";
import { giveWay } from "../../dataplane/sys/network-namespace.ts";

const LONGEST_READ = 4096;

/**
 * Yields what comes from a terminal, in pieces of any length, one byte a character, and until something comes
 * keeps the processor busy. Nothing else of this process runs meanwhile.
 *
 * @param fd opened not to block
 */
export async function* wakefulReader(fd: number): AsyncGenerator<string, void, undefined> {
  const buffer = Buffer.alloc(LONGEST_READ);
  for (;;) {
    const length = readSome(fd, buffer);
    if (length === undefined) giveWay();
    else if (length === 0) return;
    else yield buffer.toString("latin1", 0, length);
  }
}

/** Returns the bytes read, or `undefined` where there are none yet. */
function readSome(fd: number, buffer: Buffer): number | undefined {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    return undefined;
  }
}
