/**
 * Colour, where somebody looks at a terminal that has it.
 *
 * @module
 */

/** Whether what is written to `stream` may have colours. Source: https://no-color.org */
export function wantsColor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
}

/** Puts a text in bold, in green, in a fainter colour, or in that of code. Source: ECMA-48 §8.3.117 (SGR). */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly chosen: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly code: (text: string) => string;
}

const plain = (text: string): string => text;

/** Returns how to paint. */
export function paint(color: boolean): Paint {
  if (!color) return { bold: plain, chosen: plain, faint: plain, code: plain };
  const sgr = (on: number, off: number) => (text: string) => `\u001b[${on}m${text}\u001b[${off}m`;
  return { bold: sgr(1, 22), chosen: sgr(32, 39), faint: sgr(2, 22), code: sgr(36, 39) };
}
