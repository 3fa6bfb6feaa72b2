/**
 * What the figures mean for this workload, in plain words.
 *
 * @module
 */
import { figureOf, formatValue } from "../figures.ts";
import type { Row } from "../summary.ts";

/** Jain's index below which all else that is said of a scheduler means little. */
const LOPSIDED = 0.2;

interface Question {
  readonly key: string;
  /** Completes "… best" into a sentence. */
  readonly best: string;
  readonly worst: string;
  /** Asked only where the worst is beyond this. */
  readonly from?: number;
}

const QUESTIONS: readonly Question[] = [
  {
    key: "maxOverAverage",
    best: "Connections are split closest to the weights by",
    worst: "least so by",
  },
  {
    key: "imbalance",
    best: "The fullest server stays closest to the others with",
    worst: "furthest above them with",
  },
  {
    key: "latency.p99",
    best: "99 of 100 connections are served soonest with",
    worst: "latest with",
  },
  { key: "moved", best: "A change of the servers moves fewest clients with", worst: "most with" },
  { key: "broken", best: "Fewest connections break with", worst: "most with" },
  { key: "refused", best: "Fewest connections are refused with", worst: "most with" },
  {
    key: "flood",
    best: "A server that comes is spared most by",
    worst: "and gets the largest rush from",
    from: 1.1,
  },
  {
    key: "persistenceHits",
    best: "Templates are followed most often with",
    worst: "least often with",
  },
];

/** Returns one sentence for each figure that tells the schedulers apart. */
export function findings(rows: readonly Row[]): readonly string[] {
  const lopsided = rows.filter(({ figures }) => (figures.jain?.mean ?? 1) < LOPSIDED).map(rowName);
  const caution =
    lopsided.length === 0
      ? []
      : [
          `Nearly all connections go to one server with ${list(lopsided)}, which is no fit for this workload: what else is said of them means little.`,
        ];
  return [...QUESTIONS.flatMap((question) => answer(question, rows)), ...caution];
}

/** Answers one question; with nothing where no two schedulers differ. */
function answer({ key, best, worst, from }: Question, rows: readonly Row[]): readonly string[] {
  const figure = figureOf(key)!;
  const told = rows.flatMap((row) => {
    const value = row.figures[key]?.mean ?? null;
    return value === null ? [] : [{ name: rowName(row), value }];
  });
  if (told.length < 2) return [];
  const sign = figure.better === "higher" ? -1 : 1;
  const sorted = [...told].sort((a, b) => sign * (a.value - b.value));
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  const [good, bad] = [first, last].map(({ value }) => formatValue(value, figure.unit));
  if (good === bad || (from !== undefined && last.value <= from)) return [];
  const alike = (text: string | undefined) =>
    told.filter(({ value }) => formatValue(value, figure.unit) === text).map(({ name }) => name);
  return [
    `${best} ${list(alike(good))} (${figure.title} ${good}), ${worst} ${list(alike(bad))} (${bad}).`,
  ];
}

/** Returns what a row is called: its scheduler, and the parameters that are its own. */
export function rowName({ scheduler, parameters }: Row): string {
  const values = Object.entries(parameters).map(
    ([path, value]) => `${path.split(".").at(-1)}=${value}`,
  );
  return [scheduler, ...values].join(" ");
}

function list(names: readonly string[]): string {
  if (names.length > 4) return `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
