/**
 * Does one planned run: the simulation, and how long things took.
 *
 * @module
 */
import { performance } from "node:perf_hooks";
import { isCapture } from "./capture-workload.ts";
import { nsPerChoice } from "./choice-cost.ts";
import type { PlannedRun } from "./plan.ts";
import type { RunResult } from "./result.ts";
import { Simulation } from "./simulation.ts";

/**
 * Returns the result of a run.
 *
 * @param timed whether to take times, which are never the same twice
 * @param onProgress told now and then how much is done: connections, of a capture packets
 */
export async function doRun(
  planned: PlannedRun,
  timed: boolean,
  onProgress: (done: number) => void,
): Promise<RunResult> {
  const { run, scheduler, parameters, repetition, workload } = planned;
  const head = { run, scheduler, parameters, repetition, seed: workload.seed };
  if (isCapture(workload)) {
    // All that reads rules and captures is only loaded where there are some.
    const { runCapture } = await import("./capture-run.ts");
    const { figures, servers } = await runCapture(workload, scheduler, { onProgress });
    return { ...head, figures, servers, events: [] };
  }
  const begin = performance.now();
  const result = { ...head, ...new Simulation(workload, scheduler).run(onProgress) };
  const nsPerConnection = ((performance.now() - begin) * 1e6) / workload.connections;
  if (!timed) return result;
  return { ...result, timing: { nsPerChoice: nsPerChoice(workload, scheduler), nsPerConnection } };
}
