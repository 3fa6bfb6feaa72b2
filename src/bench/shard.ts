/**
 * Which part of the runs this process is to do, where several share them.
 *
 * Engines of array jobs tell each process its number in the environment: Kubernetes counts from 0, Slurm from
 * wherever its array begins, GNU parallel from 1.
 *
 * @module
 */

/** Part `index` of `count`, from 0. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** A shard that cannot be told. */
export class ShardError extends Error {
  override readonly name = "ShardError";
}

const WHOLE_NUMBER = /^\d+$/;

/**
 * Returns the shard of `I/N`, I from 1 to N; or of `auto/N`, and of `auto` where Slurm tells N, the one that
 * the environment names.
 *
 * @throws ShardError when the text or the environment does not say
 */
export function parseShard(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): Shard {
  const [first = "", second] = text.split("/");
  if (first === "auto") return fromEnvironment(second, environment);
  const [index, count] = [first, second ?? ""].map(numberOf);
  if (index === undefined || count === undefined || index < 1 || index > count) {
    throw new ShardError(`Cannot use shard "${text}": must be I/N with I of 1–N, or auto/N`);
  }
  return { index: index - 1, count };
}

function fromEnvironment(
  given: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Shard {
  const {
    JOB_COMPLETION_INDEX: kubernetes,
    SLURM_ARRAY_TASK_ID: task,
    SLURM_ARRAY_TASK_MIN: first,
    SLURM_ARRAY_TASK_COUNT: tasks,
    PARALLEL_SEQ: sequence,
  } = environment;
  const count = numberOf(given ?? tasks ?? "");
  const index =
    numberOf(kubernetes ?? "") ??
    minus(numberOf(task ?? ""), numberOf(first ?? "1")) ??
    minus(numberOf(sequence ?? ""), 1);
  if (index === undefined) {
    throw new ShardError(
      "Cannot tell the shard: none of JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID, PARALLEL_SEQ is set",
    );
  }
  if (count === undefined || index < 0 || index >= count) {
    throw new ShardError(
      `Cannot be shard ${index + 1} of ${given ?? tasks ?? "an unknown number"}: give --shard auto/N, with N as many as there are`,
    );
  }
  return { index, count };
}

/** Returns the part of `runs` that is a shard's: every `count`-th, so that all have like ones. */
export function runsOf<T>(runs: readonly T[], { index, count }: Shard): readonly T[] {
  return runs.filter((_, at) => at % count === index);
}

function numberOf(text: string): number | undefined {
  return WHOLE_NUMBER.test(text) ? Number(text) : undefined;
}

function minus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b;
}
