/**
 * A benchmark as tables for a terminal.
 *
 * @module
 */
import Table from "cli-table3";
import { isCapture } from "../capture-workload.ts";
import { figureOf, formatValue } from "../figures.ts";
import { type Estimate, type Row, summarize } from "../summary.ts";
import type { AnyWorkload } from "../workload-file.ts";
import type { BenchDocument } from "./document.ts";
import { findings } from "./findings.ts";
import { GROUPS } from "./groups.ts";
import { compareWithPublished } from "./published.ts";

/** Servers and happenings are told one by one for at most this many. */
const MOST_ROWS = 40;

/** Returns the tables, without a line end behind the last. */
export function textReport(document: BenchDocument): string {
  const { workload, results } = document;
  const rows = summarize(results);
  const parts = [heading(document)];
  for (const { title, keys } of GROUPS) {
    const there = keys.filter((key) =>
      rows.some((row) => (row.figures[key]?.mean ?? null) !== null),
    );
    if (there.length > 0) parts.push(`${title}\n${figuresTable(rows, there)}`);
  }
  const [only] = rows;
  if (rows.length === 1 && only !== undefined) {
    if (only.first.servers.length <= MOST_ROWS) parts.push(`Servers\n${serversTable(only)}`);
    if (only.first.events.length > 0) parts.push(`Happenings\n${eventsTable(only)}`);
  }
  if (workload.published !== undefined) {
    const { source, note } = workload.published;
    const lines = compareWithPublished(workload.published, rows).map((each) => [
      each.scheduler,
      each.where,
      figureOf(each.figure)?.title ?? each.figure,
      formatFor(each.figure, each.theirs),
      formatFor(each.figure, each.ours),
    ]);
    const table = draw(["scheduler", "where", "figure", "published", "here"], lines);
    parts.push(`Published: ${source}\n${table}${note === "" ? "" : `\n${note}`}`);
  }
  const said = findings(rows);
  if (said.length > 0) parts.push(said.map((each) => `- ${each}`).join("\n"));
  return parts.join("\n\n");
}

function heading({ workload, results }: BenchDocument): string {
  const { name, description } = workload;
  const first = `${name}: ${runsText(workload, results.length)}`;
  return description === "" ? first : `${first}\n${description.trim()}`;
}

/** Says what was run how often. */
export function runsText(workload: AnyWorkload, runs: number): string {
  const { seed, repeat } = workload;
  const what = isCapture(workload)
    ? `the packets of ${workload.capture} with the rules of ${workload.rules}`
    : workload.seconds === undefined
      ? `${workload.connections.toLocaleString("en")} connections`
      : `${workload.seconds.toLocaleString("en")} seconds of connections`;
  const seeds = repeat > 1 ? `${repeat} seeds from ${seed} on` : `seed ${seed}`;
  return `${runs} run${runs === 1 ? "" : "s"} of ${what}, ${seeds}`;
}

function figuresTable(rows: readonly Row[], keys: readonly string[]): string {
  const parameters = Object.keys(rows[0]!.parameters);
  return draw(
    ["scheduler", ...parameters, ...keys.map((key) => figureOf(key)?.title ?? key)],
    rows.map((row) => [
      row.scheduler,
      ...parameters.map((path) => String(row.parameters[path])),
      ...keys.map((key) => estimateText(key, row.figures[key])),
    ]),
  );
}

/** Returns a value of a figure as people read it. */
export function formatFor(key: string, value: number | null | undefined): string {
  return formatValue(value, figureOf(key)?.unit ?? "ratio");
}

/** Returns a figure with its interval. */
export function estimateText(key: string, estimate: Estimate | undefined): string {
  const mean = formatFor(key, estimate?.mean);
  const interval = estimate?.interval ?? null;
  return interval === null ? mean : `${mean} ±${formatFor(key, interval)}`;
}

function serversTable({ first }: Row): string {
  return draw(
    ["server", "weight", "connections", "share", "by weight"],
    first.servers.map(({ server, name, weight, connections, share, fairShare }) => [
      name ?? String(server),
      String(weight),
      String(connections),
      formatValue(share, "share"),
      formatValue(fairShare, "share"),
    ]),
  );
}

function eventsTable({ first }: Row): string {
  return draw(
    ["at", "happens", "server", "open", "broken", "moved", "at least", "flood"],
    first.events.map(({ at, action, server, open, broken, moved, leastMoved, flood }) => [
      `${at.toFixed(1)} s`,
      action,
      server === null ? "-" : String(server),
      String(open),
      String(broken),
      formatValue(moved, "share"),
      formatValue(leastMoved, "share"),
      formatValue(flood, "ratio"),
    ]),
  );
}

/** Returns a table without lines; all but the first column are aligned to the right. */
function draw(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, at) => (at === 0 ? "left" : "right")),
    chars: Object.fromEntries(
      [
        "top",
        "top-mid",
        "top-left",
        "top-right",
        "bottom",
        "bottom-mid",
        "bottom-left",
        "bottom-right",
        "left",
        "left-mid",
        "mid",
        "mid-mid",
        "right",
        "right-mid",
        "middle",
      ].map((name) => [name, name === "middle" ? " " : ""]),
    ),
    style: { head: [], border: [], "padding-left": 1, "padding-right": 0 },
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
