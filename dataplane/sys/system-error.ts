/**
 * A refusal of the operating system, with Node's `code` and `syscall` and a sentence for people.
 *
 * @module
 */
import { getSystemErrorName } from "node:util";

/** What a symbolic error name means for the caller: the lacking privilege, device or setting. */
export type Remedies = Readonly<Record<string, string>>;

/** A system call that failed. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  /** Symbolic name of the error number, such as `EPERM`. */
  readonly code: string;
  /** Positive error number. */
  readonly errno: number;
  /** Name of the call, such as `ioctl`. */
  readonly syscall: string;

  /** @param message what could not be done and why, without a final period */
  constructor(syscall: string, errno: number, message: string) {
    super(message);
    this.syscall = syscall;
    this.errno = errno;
    this.code = errorName(errno);
  }
}

/** Names Node does not know. Source: asm-generic/errno.h. */
const FURTHER_NAMES: Readonly<Record<number, string>> = { 77: "EBADFD" };

/** Returns the symbolic name of a positive error number, or `E` and the number for an unknown one. */
export function errorName(errno: number): string {
  const name = FURTHER_NAMES[errno] ?? (errno > 0 ? getSystemErrorName(-errno) : "");
  return name.startsWith("E") ? name : `E${errno}`;
}

/**
 * Returns the error of a call that failed: `ACTION: REMEDY (ENAME)`, or the bare name without remedy.
 *
 * @param action what could not be done, such as `Cannot open /dev/net/tun`
 * @param remedies sentences by error name
 */
export function systemError(
  syscall: string,
  errno: number,
  action: string,
  remedies: Remedies = {},
): SystemError {
  const code = errorName(errno);
  const remedy = remedies[code];
  const reason = remedy === undefined ? `${syscall} failed with ${code}` : `${remedy} (${code})`;
  return new SystemError(syscall, errno, `${action}: ${reason}`);
}
