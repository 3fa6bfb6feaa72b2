/**
 * Runs that differ in their seed only, made one row: means, and intervals of 95 %.
 *
 * @module
 */
import type { RunResult } from "./result.ts";
import type { Parameter } from "./workload-common.ts";

/** A figure over the repetitions. */
export interface Estimate {
  readonly mean: number | null;
  /** The mean is within ± this with a confidence of 95 %; null of fewer than two runs. */
  readonly interval: number | null;
}

/** One scheduler with one combination of parameters. */
export interface Row {
  readonly scheduler: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly repetitions: number;
  readonly figures: Readonly<Record<string, Estimate>>;
  /** The first repetition, for what is told of servers and events. */
  readonly first: RunResult;
}

/** Student's t for a two-sided 95 %, for 1 to 30 degrees of freedom. */
const STUDENT = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145,
  2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048,
  2.045, 2.042,
];
const NORMAL = 1.96;

/** Returns the rows of results, in the order of the plan. */
export function summarize(results: readonly RunResult[]): readonly Row[] {
  const groups = new Map<string, RunResult[]>();
  for (const result of results) {
    const key = JSON.stringify([result.parameters, result.scheduler]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [result]);
    else group.push(result);
  }
  return [...groups.values()].map((group) => {
    const first = group[0]!;
    const { scheduler, parameters } = first;
    const all = group.map(({ figures, timing }) =>
      timing === undefined ? figures : { ...figures, nsPerChoice: timing.nsPerChoice },
    );
    const figures = Object.keys(all[0]!).map((key) => [
      key,
      estimate(all.map((each) => each[key] ?? null)),
    ]);
    return {
      scheduler,
      parameters,
      repetitions: group.length,
      figures: Object.fromEntries(figures) as Record<string, Estimate>,
      first,
    };
  });
}

/** Returns mean and interval of values; none where any is missing. */
export function estimate(values: readonly (number | null)[]): Estimate {
  const there = values.filter((value) => value !== null);
  const { length } = there;
  if (length === 0 || length < values.length) return { mean: null, interval: null };
  const mean = there.reduce((sum, value) => sum + value, 0) / length;
  if (length === 1) return { mean, interval: null };
  const variance = there.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (length - 1);
  const t = STUDENT[length - 2] ?? NORMAL;
  return { mean, interval: t * Math.sqrt(variance / length) };
}
