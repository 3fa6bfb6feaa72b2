/**
 * The first program of a guest: prepares its files and becomes Node.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where a guest sees the folder it shares with its host. */
export const GUEST_FOLDER = "/run/shared";
/** Word for the program in a guest: time passes only while the guest has nothing to do. */
export const VIRTUAL_TIME = "virtual-time";

/** What runs in the guest. */
export interface InitOptions {
  /** Command that mounts the shared folder at `$1`. */
  readonly mountShared: string;
  /** Absolute path of Node. */
  readonly node: string;
  /** Absolute path of the program for Node, and its words. */
  readonly program: readonly string[];
}

/** The program in a guest that serves a bed; its first word is a device, the second may be that of virtual time. */
const PROGRAM = fileURLToPath(new URL(`./bed-program${extname(import.meta.url)}`, import.meta.url));
const INIT = "init";

/** What the program in a guest has to know. */
export interface ServedGuest {
  /** Command that mounts the shared folder at `$1`. */
  readonly mountShared: string;
  /** Path of the guest's device whose other end is the host. */
  readonly channel: string;
  /** Whether time passes in the guest only while it has nothing to do; it does not. */
  readonly virtualTime?: boolean;
  /** Absolute path of another program for Node than the one that serves a bed, and its words. */
  readonly program?: readonly string[];
}

/** Writes the script of a guest, by default one that serves a bed, into the folder it shares; returns its path. */
export function writeInit(folder: string, guest: ServedGuest): string {
  const path = join(folder, INIT);
  const words = [guest.channel, ...(guest.virtualTime ? [VIRTUAL_TIME] : [])];
  const script = initScript({
    mountShared: guest.mountShared,
    node: process.execPath,
    program: guest.program ?? [PROGRAM, ...words],
  });
  writeFileSync(path, script, { mode: 0o755 });
  return path;
}

/**
 * Returns the text of the script.
 *
 * The guest's root is the host's, read-only, so what must be written is in memory. There is nobody to ask
 * for names, so nobody is asked, which would take long. Devices are the kernel's own; where it does not
 * provide them, the few that are needed are made.
 */
export function initScript({ mountShared, node, program }: InitOptions): string {
  const words = [node, ...program].map(quoted).join(" ");
  return `#!/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/run TMPDIR=/run LC_ALL=C
XTABLES_LOCKFILE=/run/xtables.lock
export PATH HOME TMPDIR LC_ALL XTABLES_LOCKFILE
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mkdir ${GUEST_FOLDER}
if [ -e /etc/resolv.conf ]; then
  : >/run/resolv.conf
  mount --bind /run/resolv.conf /etc/resolv.conf
fi
set -- ${GUEST_FOLDER}
${mountShared}
if ! grep -q ' /dev devtmpfs ' /proc/mounts; then
  mount -t tmpfs dev /dev
  mkdir /dev/net
  mknod /dev/null c 1 3
  mknod /dev/zero c 1 5
  mknod /dev/random c 1 8
  mknod /dev/urandom c 1 9
  mknod /dev/tty1 c 4 1
  mknod /dev/net/tun c 10 200
fi
exec ${words}
`;
}

/** Returns a word as sh(1) reads it. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
