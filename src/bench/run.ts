/**
 * Does one planned run: the simulation, and how long things took.
 *
 * @module
 */
import { performance } from "node:perf_hooks";
import { nsPerChoice } from "./choice-cost.ts";
import type { PlannedRun } from "./plan.ts";
import type { RunResult } from "./result.ts";
import { Simulation } from "./simulation.ts";

/**
 * Returns the result of a run.
 *
 * @param timed whether to take times, which are never the same twice
 */
export function doRun(
  planned: PlannedRun,
  timed: boolean,
  onProgress: (connections: number) => void,
): RunResult {
  const { run, scheduler, parameters, repetition, workload } = planned;
  const begin = performance.now();
  const { figures, servers, events } = new Simulation(workload, scheduler).run(onProgress);
  const nsPerConnection = ((performance.now() - begin) * 1e6) / workload.connections;
  const result = {
    run,
    scheduler,
    parameters,
    repetition,
    seed: workload.seed,
    figures,
    servers,
    events,
  };
  if (!timed) return result;
  return { ...result, timing: { nsPerChoice: nsPerChoice(workload, scheduler), nsPerConnection } };
}
