/**
 * Loads modules into the running kernel, without the program modprobe(8).
 *
 * Source: init_module(2); asm/unistd_64.h, asm-generic/unistd.h.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { openLibc } from "./libc.ts";
import { errorName, systemError } from "./system-error.ts";

/** Number of the system call init_module, by Node's name of the processor. */
const INIT_MODULE: Readonly<Record<string, number>> = { x64: 175, arm64: 105 };

/**
 * Loads a module file, uncompressed and made for this kernel. One that is loaded already is left alone.
 *
 * @throws SystemError when the kernel refuses it; Error without koffi, or on a processor unknown
 */
export function loadModule(path: string): void {
  const action = `Cannot load kernel module ${path}`;
  const libc = openLibc(action);
  const number = INIT_MODULE[process.arch];
  if (number === undefined) throw new Error(`${action}: no way on a processor "${process.arch}"`);
  const image = readFileSync(path);
  const parameters = new Uint8Array(1);
  if (libc.syscall(number, image, image.length, parameters) === 0) return;
  const errno = libc.errno();
  if (errorName(errno) === "EEXIST") return;
  throw systemError("init_module", errno, action, {
    EPERM: "needs the capability CAP_SYS_MODULE",
    ENOEXEC: "it is not a module for this kernel",
    ENOENT: "a module it needs is not loaded",
  });
}
