/**
 * When connections begin.
 *
 * @module
 */
import type { Stream } from "./stream.ts";
import type { Workload } from "./workload.ts";

/** Returns a function that gives the time of the next arrival, in seconds from the beginning. */
export function arrivals(config: Workload["arrivals"], stream: Stream): () => number {
  switch (config.kind) {
    case "regular":
      return regular(config.rate);
    case "poisson":
      return poisson(config.rate, stream);
    case "bursty":
      return bursty(config, stream);
  }
}

function regular(rate: number): () => number {
  let count = 0;
  return () => ++count / rate;
}

function poisson(rate: number, stream: Stream): () => number {
  let now = 0;
  return () => {
    now += stream.exponential(1 / rate);
    return now;
  };
}

/**
 * A Poisson process of two rates that take turns of exponential length: `peak` times the mean during
 * bursts, and in between what keeps the mean at `rate`.
 */
function bursty(
  config: Extract<Workload["arrivals"], { kind: "bursty" }>,
  stream: Stream,
): () => number {
  const { rate, peak, burst, calm } = config;
  const share = burst / (burst + calm);
  const rates = [(rate * (1 - peak * share)) / (1 - share), rate * peak];
  const lengths = [calm, burst];
  let phase = 0;
  let now = 0;
  let turn = stream.exponential(calm);
  return () => {
    for (;;) {
      const next = now + stream.exponential(1 / rates[phase]!);
      if (next <= turn) {
        now = next;
        return now;
      }
      // What is left to wait has no memory: it is drawn anew at the other rate.
      now = turn;
      phase = 1 - phase;
      turn += stream.exponential(lengths[phase]!);
    }
  };
}
