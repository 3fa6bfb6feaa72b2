/**
 * Reads the numbers of a text that is written to a variable, as strictly and as leniently as the kernel.
 *
 * A number is decimal, octal behind `0` or hexadecimal behind `0x`, with a minus sign at most, of at most
 * 20 characters and 64 bits. Blanks of any kind may stand before it; a blank, a tab, a line end or nothing
 * must follow. What stands behind the last number wanted is not looked at, once that is so.
 *
 * Source: Linux kernel/sysctl.c, as a running 6.1 kernel reads.
 *
 * @module
 */

/** A number as it was written. */
export interface WrittenNumber {
  /** Whether there is a minus sign, be it before 0. */
  readonly negative: boolean;
  /** 0–18446744073709551615. */
  readonly magnitude: bigint;
}

const NUMBER = /[ \t\n\v\f\r]*(?:(-?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)(?=[ \t\n]|$)|$)/y;
const MAX_LENGTH = 20;
const MAX_MAGNITUDE = 2n ** 64n - 1n;

/**
 * Returns the numbers at the beginning of a text, at most `most` of them.
 *
 * @returns `undefined` for a text that does not begin with that many numbers, nor ends before
 */
export function readNumbers(text: string, most: number): readonly WrittenNumber[] | undefined {
  const numbers: WrittenNumber[] = [];
  NUMBER.lastIndex = 0;
  while (numbers.length < most) {
    const match = NUMBER.exec(text);
    if (match === null) return undefined;
    const [, sign = "", digits] = match;
    if (digits === undefined) break;
    const magnitude = parsed(digits);
    if (sign.length + digits.length > MAX_LENGTH || magnitude > MAX_MAGNITUDE) return undefined;
    numbers.push({ negative: sign !== "", magnitude });
  }
  return numbers;
}

function parsed(digits: string): bigint {
  return BigInt(/^0[0-7]/.test(digits) ? `0o${digits}` : digits);
}
