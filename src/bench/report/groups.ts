/**
 * Figures that are shown together.
 *
 * @module
 */

/** One table, or part of a page. */
export interface Group {
  readonly title: string;
  readonly keys: readonly string[];
}

export const GROUPS: readonly Group[] = [
  {
    title: "Balance",
    keys: ["connections", "maxOverAverage", "variation", "jain", "imbalance", "slots", "refused"],
  },
  {
    title: "Service",
    keys: [
      "latency.p50",
      "latency.p90",
      "latency.p99",
      "latency.p99.9",
      "slowdown.mean",
      "slowdown.p99",
    ],
  },
  {
    title: "Change",
    keys: [
      "moved",
      "leastMoved",
      "flood",
      "broken",
      "broken.removed",
      "broken.crashed",
      "broken.forgotten",
      "broken.moved",
    ],
  },
  { title: "Persistence", keys: ["persistenceHits", "templates"] },
  { title: "Cost", keys: ["nsPerChoice"] },
];
