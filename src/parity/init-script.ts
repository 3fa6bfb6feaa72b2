/**
 * The first program of a guest: prepares its files and becomes Node.
 *
 * @module
 */

/** Where a guest sees the folder it shares with its host. */
export const GUEST_FOLDER = "/run/shared";

/** What runs in the guest. */
export interface InitOptions {
  /** Command that mounts the shared folder at `$1`. */
  readonly mountShared: string;
  /** Absolute path of Node. */
  readonly node: string;
  /** Absolute path of the program for Node, and its words. */
  readonly program: readonly string[];
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
