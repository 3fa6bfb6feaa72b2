/**
 * Archives of files as a kernel unpacks them when it starts.
 *
 * Source: linux, Documentation/driver-api/early-userspace/buffer-format.rst (the format `newc`).
 *
 * @module
 */
import { dirname } from "node:path";

/** A file of an archive. */
export interface ArchivedFile {
  /** Absolute path. */
  readonly path: string;
  readonly contents: Uint8Array;
}

const MAGIC = "070701";
const TRAILER = "TRAILER!!!";
const ALIGNMENT = 4;
/** Mode bits of what everybody may read and enter or run. */
const FOLDER = 0o040755;
const PROGRAM = 0o100755;

/** Returns an archive of files that everybody may read and run, and of the folders they are in. */
export function cpioArchive(files: readonly ArchivedFile[]): Uint8Array {
  const folders = new Set<string>();
  for (const { path } of files) {
    for (let folder = dirname(path); folder !== "/"; folder = dirname(folder)) folders.add(folder);
  }
  // A folder comes before what is in it, and its path is shorter.
  const ordered = [...folders].sort((a, b) => a.length - b.length);
  let inode = 0;
  const parts = [
    ...ordered.flatMap((path) => entry(path.slice(1), FOLDER, ++inode)),
    ...files.flatMap(({ path, contents }) => entry(path.slice(1), PROGRAM, ++inode, contents)),
    ...entry(TRAILER, 0, 0),
  ];
  return Buffer.concat(parts);
}

function entry(
  name: string,
  mode: number,
  inode: number,
  contents: Uint8Array = new Uint8Array(0),
): readonly Uint8Array[] {
  const links = 1;
  const [owner, group, modified, device] = [0, 0, 0, 0];
  const fields = [
    ...[inode, mode, owner, group, links, modified, contents.length],
    ...[device, device, device, device],
    ...[name.length + 1, 0],
  ];
  const header = MAGIC + fields.map((field) => field.toString(16).padStart(8, "0")).join("");
  return [padded(Buffer.from(`${header}${name}\0`, "latin1")), padded(contents)];
}

function padded(bytes: Uint8Array): Uint8Array {
  const missing = -bytes.length & (ALIGNMENT - 1);
  return missing === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(missing)]);
}
