/**
 * The error a refused command ends in, and the error numbers it may carry.
 *
 * Packets never cause one: a bad packet is counted by reason (engine/verdict.ts). Commands do: a
 * refused change throws an `IpvsError` and leaves everything as it was.
 *
 * @module
 */

/**
 * Linux error numbers a command of the IPVS family can be refused with, by symbolic name.
 *
 * Source: asm-generic/errno-base.h and errno.h, the values of x86-64.
 */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EIO: 5,
  ENOMEM: 12,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ERANGE: 34,
  EMSGSIZE: 90,
  ENOPROTOOPT: 92,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETUNREACH: 101,
} as const;

/** Symbolic name of an error number, as in errno(3). */
export type ErrorCode = keyof typeof ERRNO;

/** A command that was refused, with the error number the kernel would answer with. */
export class IpvsError extends Error {
  override readonly name = "IpvsError";
  /** Symbolic error name, stable across releases. */
  readonly code: ErrorCode;
  /** Linux error number, positive. */
  readonly errno: number;

  /**
   * @param code symbolic error name
   * @param message what was refused and why, without a final period
   */
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
    this.errno = ERRNO[code];
  }
}

/** Returns the symbolic name of a positive Linux error number, or `undefined` for one unknown here. */
export function errorCodeOf(errno: number): ErrorCode | undefined {
  for (const [code, number] of Object.entries(ERRNO)) {
    if (number === errno) return code as ErrorCode;
  }
  return undefined;
}
