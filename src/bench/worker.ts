/**
 * A worker thread: does the runs it is sent, one after the other, and tells how far it is.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";
import type { PlannedRun } from "./plan.ts";
import type { RunResult } from "./result.ts";
import { doRun } from "./run.ts";

/** What a worker is sent. */
export interface WorkOrder {
  readonly planned: PlannedRun;
  readonly timed: boolean;
  /** Connections or packets of the run. */
  readonly size: number;
}

/** What a worker sends: how much more is done, connections or packets, and in the end the result. */
export type WorkReport =
  | { readonly done: number }
  | { readonly result: RunResult; readonly done: number };

parentPort?.on("message", async ({ planned, timed, size }: WorkOrder) => {
  let told = 0;
  const tell = (report: WorkReport) => parentPort?.postMessage(report);
  const result = await doRun(planned, timed, (done) => {
    tell({ done: done - told });
    told = done;
  });
  tell({ result, done: size - told });
});
