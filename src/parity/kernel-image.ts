/**
 * Kernel images for PCs, as boot loaders read them.
 *
 * Source: linux, Documentation/x86/boot.rst ("The Real-Mode Kernel Header").
 *
 * @module
 */
import { closeSync, openSync, readSync } from "node:fs";

/** Bytes from the start in which the header and what it points to are. */
const HEAD = 0x8000;
/** Offsets of the header's fields. */
const MAGIC_AT = 0x202;
const VERSION_POINTER_AT = 0x20e;
const MAGIC = "HdrS";
/** The pointer to the version counts from the second sector. */
const SECTOR = 0x200;

/**
 * Returns the release of the kernel in an image, such as `6.1.0-48-amd64`, or `undefined` for a file that is
 * none, or cannot be read.
 */
export function imageRelease(path: string): string | undefined {
  const head = readHead(path);
  if (head.toString("latin1", MAGIC_AT, MAGIC_AT + MAGIC.length) !== MAGIC) return undefined;
  const at = SECTOR + head.readUInt16LE(VERSION_POINTER_AT);
  return /^[^\s\0]+/.exec(head.toString("latin1", at))?.[0];
}

function readHead(path: string): Buffer {
  const head = Buffer.alloc(HEAD);
  try {
    const fd = openSync(path, "r");
    try {
      readSync(fd, head);
    } finally {
      closeSync(fd);
    }
  } catch {
    // What cannot be read is no image.
  }
  return head;
}
