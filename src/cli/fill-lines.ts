/**
 * Fills lines with text of any script: Latin words are broken at blanks, Chinese between characters.
 *
 * Widths are those of a terminal, where a Chinese character takes two columns. No line begins with closing or ends
 * with opening punctuation. Source: UAX #14 (rules LB13, LB14 and the class ID), as far as these texts need it.
 *
 * @module
 */
import stringWidth from "string-width";

/** A text, and how it is painted. */
export interface Run {
  readonly text: string;
  readonly paint: (text: string) => string;
  /** Whether it is broken at no blank. */
  readonly whole?: boolean;
}

const IDEOGRAPHIC = String.raw`\p{sc=Han}\u2014\u201c\u201d\u3000-\u303f\uff00-\uffef`;
const UNITS = new RegExp(`\\s+|[${IDEOGRAPHIC}]|[^\\s${IDEOGRAPHIC}]+`, "gu");
const FIRST_WIDE = new RegExp(`^[${IDEOGRAPHIC}]`, "u");
const CLOSING = /^[\uff0c\u3002\u3001\uff1b\uff1a\uff1f\uff01\uff09】」』》”’…,.;:?!)\]}%]/u;
const OPENING = /[\uff08【「『《“‘([{]$/u;

/** What is not broken. */
interface Unit {
  readonly text: string;
  readonly paint: (text: string) => string;
}

/** Returns runs as lines no wider than `width` columns, but for units that are wider alone. */
export function fillLines(runs: readonly Run[], width: number): readonly string[] {
  const lines: string[] = [];
  let line: Unit[] = [];
  const end = () => {
    while (isBlank(line.at(-1))) line.pop();
    lines.push(line.map(({ text, paint }) => paint(text)).join(""));
    line = [];
  };
  for (const piece of piecesOf(runs)) {
    if (line.length > 0 && widthOf(line) + widthOf(piece) > width) end();
    if (line.length === 0 && piece.every(isBlank)) continue;
    line.push(...piece);
  }
  if (line.length > 0) end();
  return lines;
}

/** Returns units in pieces between which a line may end; blanks are pieces of their own. */
function piecesOf(runs: readonly Run[]): readonly (readonly Unit[])[] {
  const units = runs.flatMap(({ text, paint, whole }) => {
    const parts = whole ? [text] : (text.match(UNITS) ?? []);
    return parts.map((part): Unit => ({ text: /^\s+$/.test(part) ? " " : part, paint }));
  });
  const pieces: Unit[][] = [];
  let before: Unit | undefined;
  for (const unit of units) {
    if (before === undefined || mayBreak(before, unit)) pieces.push([unit]);
    else pieces.at(-1)!.push(unit);
    before = unit;
  }
  return pieces;
}

function mayBreak(before: Unit, after: Unit): boolean {
  if (isBlank(before) || isBlank(after)) return true;
  if (CLOSING.test(after.text) || OPENING.test(before.text)) return false;
  return FIRST_WIDE.test(before.text) || FIRST_WIDE.test(after.text);
}

function isBlank(unit: Unit | undefined): boolean {
  return unit?.text === " ";
}

function widthOf(units: readonly Unit[]): number {
  return units.reduce((sum, { text }) => sum + stringWidth(text), 0);
}
