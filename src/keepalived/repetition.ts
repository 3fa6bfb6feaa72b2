/**
 * The values a `~SEQ(…)` or `~LST(…)` gives its parameters, round by round.
 *
 * Source: keepalived.conf(5), "Sequence blocks" and "List blocks".
 *
 * @module
 */

import type { Position } from "../rules/position.ts";
import { expected } from "./keepalived-error.ts";

/** The parameters of one round. */
export type Round = readonly (readonly [name: string, value: string])[];

const NAME = /^[A-Za-z_]\w*$/;
/** Most rounds of one sequence. */
const ROUNDS_MAX = 100_000;

/**
 * Returns the rounds of a sequence.
 *
 * @param text what stands in the parentheses: `var, [start, [step,]] end`
 * @param hexadecimal how values are written
 * @throws KeepalivedError when it is no sequence
 */
export function sequenceOf(text: string, at: Position, hexadecimal: boolean): readonly Round[] {
  const [name = "", ...words] = text.split(",").map((word) => word.trim());
  const numbers = words.map(integer);
  const form = "a sequence such as ~SEQ(name, 1, 10)";
  if (!NAME.test(name) || numbers.length < 1 || numbers.length > 3) throw expected(at, form, text);
  if (numbers.some((number) => number === undefined)) throw expected(at, form, text);
  const end = numbers.at(-1)!;
  const start = numbers.length > 1 ? numbers[0]! : Math.sign(end) || 1;
  const step = numbers.length > 2 ? numbers[1]! : end >= start ? 1 : -1;
  if (step === 0 || Math.abs((end - start) / step) > ROUNDS_MAX) throw expected(at, form, text);
  const rounds: Round[] = [];
  for (let value = start; step > 0 ? value <= end : value >= end; value += step) {
    rounds.push([[name, value.toString(hexadecimal ? 16 : 10)]]);
  }
  return rounds;
}

function integer(text: string): number | undefined {
  return /^[+-]?(0[xX][0-9a-fA-F]+|\d+)$/.test(text)
    ? Number(text.replace(/^[+-]/, "")) * (text.startsWith("-") ? -1 : 1)
    : undefined;
}

/**
 * Returns the rounds of a list.
 *
 * @param text what stands in the parentheses: `var, value, …` or `{var, …}, {value, …}, …`
 * @throws KeepalivedError when it is no list
 */
export function listOf(text: string, at: Position): readonly Round[] {
  const items = [...text.matchAll(/\s*(?:\{([^}]*)\}|([^,{}]+))\s*(?:,|$)/g)].map((item) =>
    (item[1] ?? item[2]!).split(",").map((word) => word.trim()),
  );
  const [names = [], ...rounds] = items;
  if (
    rounds.length === 0 ||
    !names.every((name) => NAME.test(name)) ||
    !rounds.every((round) => round.length === names.length)
  ) {
    throw expected(at, "a list such as ~LST(name, a, b, c)", text);
  }
  return rounds.map((round) => names.map((name, index) => [name, round[index]!] as const));
}
