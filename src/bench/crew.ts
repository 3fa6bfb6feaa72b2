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
import type { WorkOrder, WorkReport } from "./worker.ts";

/** How runs are done. */
export interface CrewOptions {
  /** Threads; as many as there are cores unless given. */
  readonly threads?: number | undefined;
  readonly timed: boolean;
  /** Told how many more connections have begun. */
  readonly onProgress?: (connections: number) => void;
  /** Told each result as soon as it and all before it are there. */
  readonly onResult?: (result: RunResult) => void;
}

/**
 * Returns the results of all runs, in their order.
 *
 * @throws the first error of any run; the other threads are ended then
 */
export async function doRuns(
  runs: readonly PlannedRun[],
  options: CrewOptions,
): Promise<readonly RunResult[]> {
  const { threads = availableParallelism(), timed, onProgress, onResult } = options;
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
        else worker.postMessage({ planned, timed } satisfies WorkOrder);
      };
      worker.on("message", (report: WorkReport) => {
        onProgress?.(report.connections);
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
