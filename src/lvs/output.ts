/**
 * What a line prints, as text, and whether that is what was expected.
 *
 * In expected output `...` or `…` stands for anything: alone on a line for any number of lines, else for any
 * part of the line. Blanks at the end of a line do not count, nor does how many there are in a row.
 *
 * @module
 */
import type { DiffLine } from "../scenario/line-diff.ts";
import type { Seen } from "../scenario/play.ts";
import type { SeenPacket } from "../scenario/transcript.ts";

const ANYTHING = /\.\.\.|…/;

/** Returns what a line printed, from the records it left. */
export function printedText(records: readonly Seen[]): string {
  return records.map(recordText).join("");
}

function recordText(record: Seen): string {
  switch (record.op) {
    case "ipvsadm":
    case "iptables":
    case "ip6tables":
    case "ip":
    case "sh":
      return decoded(record.out + record.err);
    case "sysctl":
      if (record.value === null) return `sysctl: cannot stat ${record.name}: No such file\n`;
      if (record.errno !== undefined) return `sysctl: setting ${record.name}: ${record.errno}\n`;
      return `${record.name} = ${decoded(record.value)}\n`;
    case "send":
      return record.error === undefined
        ? `${record.errno ?? ""}${packetLines(record.rx ?? [])}`
        : `${record.error}\n`;
    case "stray":
      return packetLines(record.rx);
    case "cat":
      return record.out === undefined ? `${record.errno}\n` : decoded(record.out);
    default:
      return "";
  }
}

function packetLines(packets: readonly (SeenPacket | string)[]): string {
  return packets
    .map((packet) =>
      typeof packet === "string" ? packet : `${packet.dev} ${packet.dmac ?? "-"} ${packet.dec}`,
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** Returns the text of a record's bytes. */
function decoded(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** Returns the lines of an output. */
export function outputLines(text: string): readonly string[] {
  const lines = text.split("\n").map((line) => line.trimEnd());
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Whether lines are as expected. */
export function isAsExpected(expected: readonly string[], lines: readonly string[]): boolean {
  // reachable[n]: the patterns so far can match the first n lines.
  let reachable = new Array<boolean>(lines.length + 1).fill(false);
  reachable[0] = true;
  for (const pattern of expected) {
    const next = new Array<boolean>(lines.length + 1).fill(false);
    const takesAll = isAnyLines(pattern);
    for (let at = 0; at <= lines.length; at++) {
      if (takesAll) next[at] = reachable[at] === true || (at > 0 && next[at - 1] === true);
      else if (at > 0 && reachable[at - 1] === true) next[at] = fits(pattern, lines[at - 1]!);
    }
    reachable = next;
  }
  return reachable[lines.length] === true;
}

/**
 * Returns expected lines and those that came, side by side: ` ` where they fit, as they came, `-` where a line
 * is missing, `+` where none was expected.
 */
export function outputDiff(
  expected: readonly string[],
  lines: readonly string[],
): readonly DiffLine[] {
  const width = lines.length + 1;
  /** Lines that do not fit, at least, from (row, column) on. */
  const costs = new Uint32Array((expected.length + 1) * width);
  const cost = (row: number, column: number) => costs[row * width + column]!;
  const step = (row: number, column: number): "take" | "both" | "-" | "+" => {
    if (row === expected.length) return "+";
    const pattern = expected[row]!;
    const atEnd = column === lines.length;
    if (isAnyLines(pattern)) {
      return !atEnd && cost(row, column + 1) < cost(row + 1, column) ? "take" : "-";
    }
    if (atEnd) return "-";
    if (fits(pattern, lines[column]!)) return "both";
    return cost(row + 1, column) <= cost(row, column + 1) ? "-" : "+";
  };
  for (let row = expected.length; row >= 0; row--) {
    for (let column = lines.length; column >= 0; column--) {
      if (row === expected.length) costs[row * width + column] = lines.length - column;
      else {
        const isFree = isAnyLines(expected[row]!);
        costs[row * width + column] = {
          take: () => cost(row, column + 1),
          both: () => cost(row + 1, column + 1),
          "-": () => cost(row + 1, column) + Number(!isFree),
          "+": () => cost(row, column + 1) + 1,
        }[step(row, column)]();
      }
    }
  }
  const diff: DiffLine[] = [];
  for (let row = 0, column = 0; row < expected.length || column < lines.length; ) {
    const next = step(row, column);
    if (next === "-") {
      const text = expected[row++]!;
      if (!isAnyLines(text)) diff.push({ sign: "-", text });
      continue;
    }
    diff.push({ sign: next === "+" ? "+" : " ", text: lines[column++]! });
    if (next === "both") row++;
  }
  return diff;
}

function isAnyLines(pattern: string): boolean {
  return /^\s*(\.\.\.|…)\s*$/.test(pattern);
}

function fits(pattern: string, line: string): boolean {
  const parts = squeezed(pattern).split(ANYTHING).map(escaped);
  return new RegExp(`^${parts.join(".*")}$`, "s").test(squeezed(line));
}

function squeezed(line: string): string {
  return line.trimEnd().replaceAll(/\s+/g, " ");
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
