/**
 * Reads and writes the kernel's settings below /proc/sys.
 *
 * Names are those of sysctl(8) with slashes, as interface names may contain dots:
 * `net/ipv4/conf/eth0.5/forwarding`.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { systemError } from "./system-error.ts";

const ROOT = "/proc/sys/";

/** Returns the value of a setting without its line end, or `undefined` when there is no such setting. */
export function readSysctl(name: string): string | undefined {
  return existsSync(ROOT + name) ? readFileSync(ROOT + name, "utf8").trim() : undefined;
}

/**
 * Sets a setting.
 *
 * @throws SystemError when it does not exist or may not be written
 */
export function writeSysctl(name: string, value: string): void {
  try {
    writeFileSync(ROOT + name, value, { flag: "r+" });
  } catch (error) {
    const { errno, syscall } = error as NodeJS.ErrnoException;
    throw systemError(syscall ?? "write", -(errno ?? 0), `Cannot set ${name} to "${value}"`, {
      EROFS: "/proc/sys is mounted read-only, as containers have it",
      EACCES: "needs the capability CAP_NET_ADMIN in this network namespace",
      EPERM: "needs the capability CAP_NET_ADMIN in this network namespace",
      ENOENT: "the kernel has no such setting",
    });
  }
}

/** Returns the names in a folder of settings, such as the interfaces below `net/ipv4/conf`. */
export function sysctlsIn(folder: string): readonly string[] {
  return existsSync(ROOT + folder) ? readdirSync(ROOT + folder) : [];
}
