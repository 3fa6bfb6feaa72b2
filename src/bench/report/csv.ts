/**
 * A benchmark as comma-separated values: one line a run, raw numbers (RFC 4180, with plain line feeds).
 *
 * @module
 */
import type { Parameter } from "../workload-common.ts";
import type { BenchDocument } from "./document.ts";

/** Returns the lines, a head first. What a workload does not give is empty. */
export function csvReport({ results }: BenchDocument): string {
  const [first] = results;
  if (first === undefined) return "";
  const parameters = Object.keys(first.parameters);
  const figures = Object.keys(first.figures);
  const timed = first.timing === undefined ? [] : ["nsPerChoice", "nsPerConnection"];
  const head = ["run", "scheduler", "repetition", "seed", ...parameters, ...figures, ...timed];
  const lines = results.map(({ timing, ...result }) => [
    result.run,
    result.scheduler,
    result.repetition,
    result.seed,
    ...parameters.map((path) => result.parameters[path]),
    ...figures.map((key) => result.figures[key]),
    ...(timing === undefined ? [] : [timing.nsPerChoice, timing.nsPerConnection]),
  ]);
  return [head, ...lines].map((line) => `${line.map(cell).join(",")}\n`).join("");
}

function cell(value: Parameter | null | undefined): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
