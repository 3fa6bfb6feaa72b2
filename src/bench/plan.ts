/**
 * All runs a benchmark consists of: schedulers, times combinations of swept parameters, times repetitions.
 *
 * The plan follows from the workload alone, so every machine that works on a part of it numbers the runs
 * alike.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { schedulers } from "../../schedulers/index.ts";
import type { Workload } from "./workload.ts";
import { checkWorkload, type RawWorkload, WorkloadError, withValue } from "./workload-file.ts";

/** One run to be done. */
export interface PlannedRun {
  readonly run: number;
  readonly scheduler: string;
  readonly parameters: Readonly<Record<string, number | string>>;
  readonly repetition: number;
  /** With the parameters and its own seed in it. */
  readonly workload: Workload;
}

/** All runs, and a fingerprint that tells plans apart. */
export interface Plan {
  readonly workload: Workload;
  readonly runs: readonly PlannedRun[];
  /** 16 hexadecimal digits. */
  readonly fingerprint: string;
}

/**
 * Makes the plan of a workload.
 *
 * @throws WorkloadError for an unknown scheduler, or a swept value that does not fit
 */
export function makePlan(raw: RawWorkload): Plan {
  const workload = checkWorkload(raw);
  const names = workload.schedulers.includes("all") ? [...schedulers.keys()] : workload.schedulers;
  for (const name of names) {
    if (schedulers.has(name)) continue;
    const known = [...schedulers.keys()].join(", ");
    throw new WorkloadError(`Cannot compare scheduler "${name}": must be all, or of ${known}`);
  }
  const runs: PlannedRun[] = [];
  for (const parameters of combinations(workload.sweep)) {
    let changed = raw;
    for (const [path, value] of Object.entries(parameters)) {
      changed = withValue(changed, path, value);
    }
    const base = checkWorkload(changed);
    for (let repetition = 0; repetition < workload.repeat; repetition++) {
      const seeded = { ...base, seed: (base.seed + repetition) >>> 0 };
      for (const scheduler of names) {
        runs.push({ run: runs.length, scheduler, parameters, repetition, workload: seeded });
      }
    }
  }
  const fingerprint = createHash("sha256")
    .update(JSON.stringify({ workload, names }))
    .digest("hex")
    .slice(0, 16);
  return { workload, runs, fingerprint };
}

/** Returns all combinations of values, the last parameter changing fastest. */
function combinations(
  sweep: Workload["sweep"],
): readonly Readonly<Record<string, number | string>>[] {
  let all: Record<string, number | string>[] = [{}];
  for (const [path, values] of Object.entries(sweep)) {
    all = all.flatMap((each) => values.map((value) => ({ ...each, [path]: value })));
  }
  return all;
}
