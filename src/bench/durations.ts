/**
 * How long connections last: seconds, or seconds of work where servers have finite cores.
 *
 * @module
 */
import type { Stream } from "./stream.ts";
import type { Workload } from "./workload.ts";

/**
 * Shape of task durations in Hadoop clusters: most are short, and a few per cent hold most of the time.
 * A rounded stand-in of ours, not the trace of one cluster: relative duration and the share not above it.
 */
const HADOOP: readonly CdfPoint[] = [
  [0.02, 0],
  [0.1, 0.3],
  [0.25, 0.55],
  [0.6, 0.75],
  [1.5, 0.88],
  [5, 0.96],
  [15, 0.99],
  [60, 0.999],
  [200, 1],
];

/** A value, and the probability of not being above it. */
export type CdfPoint = readonly [value: number, probability: number];

/** Returns a function that draws durations. */
export function durations(config: Workload["durations"], stream: Stream): () => number {
  switch (config.kind) {
    case "fixed":
      return () => config.mean;
    case "exponential":
      return () => stream.exponential(config.mean);
    case "pareto": {
      // The mean of a Pareto distribution is its least value times shape / (shape - 1).
      const least = (config.mean * (config.shape - 1)) / config.shape;
      return () => least * stream.unit() ** (-1 / config.shape);
    }
    case "hadoop":
      return fromCdf(HADOOP, config.mean, stream);
    case "cdf":
      return fromCdf(config.points, config.mean, stream);
  }
}

/** Draws from a distribution that is linear between its points; with `mean`, stretched to have it. */
function fromCdf(
  points: readonly CdfPoint[],
  mean: number | undefined,
  stream: Stream,
): () => number {
  const factor = mean === undefined ? 1 : mean / cdfMean(points);
  return () => factor * cdfValue(points, stream.unit());
}

/** Returns the value at a probability. */
export function cdfValue(points: readonly CdfPoint[], probability: number): number {
  const above = points.findIndex(([, each]) => each >= probability);
  if (above <= 0) return points[0]![0];
  const [low, lowAt] = points[above - 1]!;
  const [high, highAt] = points[above]!;
  return low + ((high - low) * (probability - lowAt)) / (highAt - lowAt);
}

/** Returns the mean of a distribution that is linear between its points. */
export function cdfMean(points: readonly CdfPoint[]): number {
  let mean = points[0]![0] * points[0]![1];
  for (let at = 1; at < points.length; at++) {
    const [low, lowAt] = points[at - 1]!;
    const [high, highAt] = points[at]!;
    mean += ((low + high) / 2) * (highAt - lowAt);
  }
  return mean;
}
