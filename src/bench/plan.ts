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
import { AS_CONFIGURED, isCapture } from "./capture-workload.ts";
import type { Parameter } from "./workload-common.ts";
import {
  type AnyWorkload,
  checkAnyWorkload,
  type RawWorkload,
  WorkloadError,
  withValue,
} from "./workload-file.ts";

/** One run to be done. */
export interface PlannedRun {
  readonly run: number;
  readonly scheduler: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  readonly repetition: number;
  /** With the parameters and its own seed in it. */
  readonly workload: AnyWorkload;
}

/** All runs, and a fingerprint that tells plans apart. */
export interface Plan {
  readonly workload: AnyWorkload;
  readonly runs: readonly PlannedRun[];
  /** 16 hexadecimal digits. */
  readonly fingerprint: string;
}

/**
 * Makes the plan of a workload.
 *
 * @param digest of the files it names, which are part of the plan as well
 * @throws WorkloadError for an unknown scheduler, or a swept value that does not fit
 */
export function makePlan(raw: RawWorkload, digest?: string): Plan {
  const workload = checkAnyWorkload(raw);
  const names = schedulersOf(workload);
  const runs: PlannedRun[] = [];
  for (const parameters of combinations(workload.sweep)) {
    let changed = raw;
    for (const [path, value] of Object.entries(parameters)) {
      changed = withValue(changed, path, value);
    }
    const base = checkAnyWorkload(changed);
    for (let repetition = 0; repetition < workload.repeat; repetition++) {
      const seeded = { ...base, seed: (base.seed + repetition) >>> 0 };
      for (const scheduler of names) {
        runs.push({ run: runs.length, scheduler, parameters, repetition, workload: seeded });
      }
    }
  }
  const fingerprint = createHash("sha256")
    .update(JSON.stringify({ workload, names, digest }))
    .digest("hex")
    .slice(0, 16);
  return { workload, runs, fingerprint };
}

function schedulersOf(workload: AnyWorkload): readonly string[] {
  const own = isCapture(workload) ? [AS_CONFIGURED] : [];
  const known = [...own, ...schedulers.keys()];
  for (const name of workload.schedulers) {
    if (name === "all" || known.includes(name)) continue;
    throw new WorkloadError(
      `Cannot compare scheduler "${name}": must be all, or of ${known.join(", ")}`,
    );
  }
  return workload.schedulers.includes("all") ? known : workload.schedulers;
}

/** Returns all combinations of values, the last parameter changing fastest. */
function combinations(sweep: AnyWorkload["sweep"]): readonly Readonly<Record<string, Parameter>>[] {
  let all: Record<string, Parameter>[] = [{}];
  for (const [path, values] of Object.entries(sweep)) {
    all = all.flatMap((each) => values.map((value) => ({ ...each, [path]: value })));
  }
  return all;
}
