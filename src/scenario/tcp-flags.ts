/**
 * TCP flags as letters: `SA`, `FA`, `-` for none.
 *
 * @module
 */

/** From the lowest bit up: FIN, SYN, RST, PSH, ACK, URG, ECE, CWR. */
export const FLAG_LETTERS = "FSRPAUEC";

const NONE = "-";

/** Returns the letters of flags as they stand in a header, in the order of the bits. */
export function flagLetters(flags: number): string {
  return [...FLAG_LETTERS].filter((_letter, bit) => flags & (1 << bit)).join("") || NONE;
}

/** Returns the flags of letters in any order, or `undefined` for a text that is none. */
export function flagsOf(text: string): number | undefined {
  if (text === NONE) return 0;
  if (!/^[FSRPAUEC]+$/.test(text)) return undefined;
  let flags = 0;
  for (const letter of text) flags |= 1 << FLAG_LETTERS.indexOf(letter);
  return flags;
}
