/**
 * Does runs on several threads, each on whichever is free.
 *
 * Results depend on no thread: they come in the order of the plan.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { PlannedRun } from "./plan.ts";
import type { RunResult } from "./result.ts";
import { doRun } from "./run.ts";
import type { WorkOrder, WorkReport } from "./worker.ts";

/** How runs are done. */
export interface CrewOptions {
  /** Threads; as many as there are cores unless given. */
  readonly threads?: number | undefined;
  readonly timed: boolean;
  /** Connections of a run, of captures packets. */
  readonly sizeOf: (run: PlannedRun) => number;
  /** Told how many more of them are done. */
  readonly onProgress?: (done: number) => void;
  /** Told each result as soon as it and all before it are there. */
  readonly onResult?: (result: RunResult) => void;
}

/** Connections that are done sooner than a thread is started. */
const SMALL = 20_000;

/**
 * Returns the results of all runs, in their order.
 *
 * @throws the first error of any run; the other threads are ended then
 */
export async function doRuns(
  runs: readonly PlannedRun[],
  options: CrewOptions,
): Promise<readonly RunResult[]> {
  const { threads = availableParallelism(), timed, sizeOf, onProgress, onResult } = options;
  if (runs.reduce((sum, run) => sum + sizeOf(run), 0) <= SMALL) return doHere(runs, options);
  const results: RunResult[] = [];
  let next = 0;
  let told = 0;
  const tell = () => {
    for (let result = results[told]; result !== undefined; result = results[told]) {
      told++;
      onResult?.(result);
    }
  };
  const workers = Array.from(
    { length: Math.min(threads, runs.length) },
    () => new Worker(new URL("./worker.js", import.meta.url)),
  );
  const work = (worker: Worker) =>
    new Promise<void>((resolve, reject) => {
      let place = -1;
      const order = () => {
        place = next++;
        const planned = runs[place];
        if (planned === undefined) resolve();
        else worker.postMessage({ planned, timed, size: sizeOf(planned) } satisfies WorkOrder);
      };
      worker.on("message", (report: WorkReport) => {
        onProgress?.(report.done);
        if (!("result" in report)) return;
        results[place] = report.result;
        tell();
        order();
      });
      worker.on("error", reject);
      order();
    });
  try {
    await Promise.all(workers.map(work));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results;
}

/** Does runs one after the other, in this thread. */
async function doHere(
  runs: readonly PlannedRun[],
  { timed, sizeOf, onProgress, onResult }: CrewOptions,
): Promise<readonly RunResult[]> {
  const results: RunResult[] = [];
  for (const run of runs) {
    const result = await doRun(run, timed, () => {});
    results.push(result);
    onProgress?.(sizeOf(run));
    onResult?.(result);
  }
  return results;
}
