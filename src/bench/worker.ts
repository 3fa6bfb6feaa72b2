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
}

/** What a worker sends: connections begun since the last message, and in the end the result. */
export type WorkReport =
  | { readonly connections: number }
  | { readonly result: RunResult; readonly connections: number };

parentPort?.on("message", ({ planned, timed }: WorkOrder) => {
  let told = 0;
  const tell = (report: WorkReport) => parentPort?.postMessage(report);
  const result = doRun(planned, timed, (connections) => {
    tell({ connections: connections - told });
    told = connections;
  });
  tell({ result, connections: planned.workload.connections - told });
});
