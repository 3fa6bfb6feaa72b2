/**
 * What the single figures of a run mean: titles, units, which way is better, and plain words.
 *
 * @module
 */

/** How a figure is printed. */
export type Unit = "ratio" | "share" | "count" | "seconds" | "ns";

/** One figure. */
export interface Figure {
  readonly key: string;
  /** Short, for the head of a column. */
  readonly title: string;
  readonly unit: Unit;
  /** Which way is better; none where a figure only describes. */
  readonly better?: "lower" | "higher";
  /** Differences up to this are none to a baseline, in the figure's own unit. */
  readonly slack: number;
  /** What it says, in one sentence. */
  readonly meaning: string;
}

/** All figures, in the order of reports. */
export const FIGURES: readonly Figure[] = [
  {
    key: "connections",
    title: "connections",
    unit: "count",
    slack: 0,
    meaning: "Connections of the capture that the service got.",
  },
  {
    key: "maxOverAverage",
    title: "max/avg",
    unit: "ratio",
    better: "lower",
    slack: 0.005,
    meaning:
      "New connections of the busiest server over the average, both by weight: 1 is a perfect split, 2 means one server gets twice its part.",
  },
  {
    key: "variation",
    title: "CV",
    unit: "ratio",
    better: "lower",
    slack: 0.005,
    meaning:
      "Spread of the servers' parts by weight: standard deviation over mean, 0 if all are as told.",
  },
  {
    key: "jain",
    title: "Jain",
    unit: "ratio",
    better: "higher",
    slack: 0.005,
    meaning:
      "Jain's fairness index of the parts by weight: 1 is fair, 1/n is all to one of n servers.",
  },
  {
    key: "imbalance",
    title: "imbalance",
    unit: "share",
    better: "lower",
    slack: 0.005,
    meaning:
      "How far the server with most open connections by weight is above the average, over time: what the fullest server suffers.",
  },
  {
    key: "slots",
    title: "table",
    unit: "ratio",
    better: "lower",
    slack: 0.001,
    meaning:
      "Slots of the fullest server in the table of mh over the average, by weight; clients are spread over slots by chance.",
  },
  {
    key: "latency.p50",
    title: "p50",
    unit: "seconds",
    better: "lower",
    slack: 0.0005,
    meaning: "Half of the connections are served within this time.",
  },
  {
    key: "latency.p90",
    title: "p90",
    unit: "seconds",
    better: "lower",
    slack: 0.0005,
    meaning: "Nine of ten connections are served within this time.",
  },
  {
    key: "latency.p99",
    title: "p99",
    unit: "seconds",
    better: "lower",
    slack: 0.0005,
    meaning: "99 of 100 connections are served within this time.",
  },
  {
    key: "latency.p99.9",
    title: "p99.9",
    unit: "seconds",
    better: "lower",
    slack: 0.0005,
    meaning: "999 of 1000 connections are served within this time.",
  },
  {
    key: "slowdown.mean",
    title: "slowdown",
    unit: "ratio",
    better: "lower",
    slack: 0.005,
    meaning:
      "How much longer a connection takes than on an idle server of its kind, on average: 1 is no wait.",
  },
  {
    key: "slowdown.p99",
    title: "slowdown p99",
    unit: "ratio",
    better: "lower",
    slack: 0.005,
    meaning: "The slowdown that 99 of 100 connections do not exceed.",
  },
  {
    key: "broken",
    title: "broken",
    unit: "count",
    better: "lower",
    slack: 0,
    meaning: "Connections that ended before their time, whatever the cause.",
  },
  {
    key: "broken.removed",
    title: "… removed",
    unit: "count",
    better: "lower",
    slack: 0,
    meaning: "Broken as their server was taken out of service.",
  },
  {
    key: "broken.crashed",
    title: "… crashed",
    unit: "count",
    better: "lower",
    slack: 0,
    meaning: "Broken as their server crashed, those sent to it before anybody noticed included.",
  },
  {
    key: "broken.forgotten",
    title: "… forgotten",
    unit: "count",
    better: "lower",
    slack: 0,
    meaning: "Broken as a new director did not know them and did not take them up.",
  },
  {
    key: "broken.moved",
    title: "… moved",
    unit: "count",
    better: "lower",
    slack: 0,
    meaning: "Broken as a new director sent them to another server.",
  },
  {
    key: "refused",
    title: "refused",
    unit: "count",
    better: "lower",
    slack: 0,
    meaning: "Connections nobody took: no server was usable, or the one the rule wanted was not.",
  },
  {
    key: "moved",
    title: "moved",
    unit: "share",
    better: "lower",
    slack: 0.002,
    meaning:
      "Clients sent to another server after a change of the servers, if the director remembers nothing: the average of all changes.",
  },
  {
    key: "leastMoved",
    title: "at least",
    unit: "share",
    slack: 0,
    meaning:
      "The least part of clients those changes must move for the servers to get their parts by weight.",
  },
  {
    key: "flood",
    title: "flood",
    unit: "ratio",
    better: "lower",
    slack: 0.05,
    meaning:
      "What a server that comes gets of the next 200 connections, over its fair part: 1 is fair, far above 1 floods it.",
  },
  {
    key: "persistenceHits",
    title: "hits",
    unit: "share",
    better: "higher",
    slack: 0.002,
    meaning: "New connections that followed a persistence template instead of the scheduler.",
  },
  {
    key: "templates",
    title: "templates",
    unit: "count",
    slack: 0,
    meaning: "The most persistence templates the director had at a time.",
  },
  {
    key: "nsPerChoice",
    title: "a choice",
    unit: "ns",
    slack: 0,
    meaning: "Time of one choice by the scheduler alone on this machine; not the same twice.",
  },
];

const BY_KEY: ReadonlyMap<string, Figure> = new Map(FIGURES.map((figure) => [figure.key, figure]));

/** Returns a figure by its key, or `undefined` for an unknown one. */
export function figureOf(key: string): Figure | undefined {
  return BY_KEY.get(key);
}

/** Returns a value of a unit as people read it; a dash for none. */
export function formatValue(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined) return "-";
  switch (unit) {
    case "ratio":
      return value >= 100 ? value.toFixed(0) : value.toFixed(3);
    case "share":
      return `${(value * 100).toFixed(2)} %`;
    case "count":
      return Number.isInteger(value) ? String(value) : value.toFixed(1);
    case "seconds":
      return formatSeconds(value);
    case "ns":
      return `${value.toFixed(0)} ns`;
  }
}

function formatSeconds(value: number): string {
  if (value < 1) return `${(value * 1000).toPrecision(3)} ms`;
  return value < 100 ? `${value.toPrecision(3)} s` : `${value.toFixed(0)} s`;
}
