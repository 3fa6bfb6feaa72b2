/**
 * The first files of a virtual machine: enough to reach the host's files.
 *
 * A Debian kernel has as modules what it needs to see a file system, so they must be there before it does:
 * they come in an archive the kernel unpacks into memory, with the few programs of this host that load and
 * mount.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { type ArchivedFile, cpioArchive } from "./cpio.ts";
import { quoted } from "./init-script.ts";

const PROGRAMS = ["/bin/sh", "/bin/mount", "/sbin/insmod", "/usr/sbin/chroot"];
/** Where the host's files are to be seen. */
const ROOT = "/host";

/** What is to be reached. */
export interface InitramfsOptions {
  /** Paths of module files on this host, in the order they are to be loaded in. */
  readonly modules: readonly string[];
  /** Command that mounts the host's files at `$1`. */
  readonly mountRoot: string;
  /** Path of the program to become, on the host. */
  readonly init: string;
}

/**
 * Returns the archive.
 *
 * @throws Error when this host lacks one of the programs, or a file cannot be read
 */
export function initramfs({ modules, mountRoot, init }: InitramfsOptions): Uint8Array {
  const script = `#!/bin/sh
set -e
PATH=/bin:/sbin:/usr/sbin
export PATH
${modules.map((path) => `insmod ${quoted(archived(path))}\n`).join("")}set -- ${ROOT}
${mountRoot}
mount -t devtmpfs dev ${ROOT}/dev
exec chroot ${ROOT} ${quoted(init)}
`;
  const needed = [...PROGRAMS, ...librariesOf(PROGRAMS)];
  return cpioArchive([
    { path: "/init", contents: Buffer.from(script) },
    // The kernel does not make it.
    { path: `${ROOT}/.keep`, contents: new Uint8Array(0) },
    ...needed.map((path): ArchivedFile => ({ path, contents: readFileSync(path) })),
    ...modules.map(
      (path): ArchivedFile => ({ path: archived(path), contents: readFileSync(path) }),
    ),
  ]);
}

/** Returns the path of a module in the archive. */
function archived(path: string): string {
  return `/modules/${basename(path)}`;
}

/** Returns the paths of the shared libraries of programs. */
function librariesOf(programs: readonly string[]): readonly string[] {
  const told = execFileSync("ldd", programs, { encoding: "utf8" });
  return [...new Set([...told.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path))];
}
