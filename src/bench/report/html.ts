/**
 * A benchmark as one page that asks for nothing: charts inlined, light and dark, wide and narrow.
 *
 * @module
 */
import { stringify } from "yaml";
import { isCapture } from "../capture-workload.ts";
import { FIGURES, figureOf } from "../figures.ts";
import { type Row, summarize } from "../summary.ts";
import type { Parameter } from "../workload-common.ts";
import type { AnyWorkload } from "../workload-file.ts";
import { type Chart, type ChartTexts, figureChart, loadCharts } from "./charts.ts";
import type { BenchDocument } from "./document.ts";
import { findings, rowName } from "./findings.ts";
import { GROUPS } from "./groups.ts";
import { STYLE } from "./html-style.ts";
import { compareWithPublished } from "./published.ts";
import { estimateText, formatFor, runsText } from "./text.ts";

/** Bars are drawn for at most this many rows; more are told in the tables. */
const MOST_BARS = 60;

/** A line takes at least this many points. */
const LEAST_POINTS = 3;

const FAIR = { value: 1, name: "fair" };

const CHARTS: readonly (ChartTexts & { readonly keys: readonly string[] })[] = [
  {
    title: "How evenly new connections are split",
    explanation:
      "New connections of the busiest server over the average, each by its weight. 1 is a perfect split; at 2 the busiest server gets twice its part.",
    keys: ["maxOverAverage"],
    mark: FAIR,
  },
  {
    title: "How far the fullest server is above the others",
    explanation:
      "Open connections by weight of the fullest server, above the average of all, over the whole time. A split that looks even can still fill one server when long connections pile up there.",
    keys: ["imbalance"],
  },
  {
    title: "How long connections take",
    explanation:
      "Servers share their cores among their connections, so a full server is slow. Half of the connections take no longer than p50, all but one in a thousand no longer than p99.9.",
    keys: ["latency.p50", "latency.p99", "latency.p99.9"],
    logarithmic: true,
  },
  {
    title: "Clients a change of the servers moves",
    explanation:
      "If a server goes, comes or changes weight and the director remembers nothing, some clients are sent elsewhere. “At least” is what any scheduler has to move to keep to the weights; what is beyond costs caches and sessions.",
    keys: ["moved", "leastMoved"],
  },
  {
    title: "Connections that break, by cause",
    explanation:
      "Removed: their server was taken out of service. Crashed: it died, and until that was noticed more were sent there. Forgotten and moved: a new director took over and did not know them, or sent them to another server.",
    keys: ["broken.removed", "broken.crashed", "broken.forgotten", "broken.moved"],
    stacked: true,
  },
  {
    title: "The rush to a server that comes",
    explanation:
      "What a new server gets of the next 200 connections, over its fair part. Schedulers that look for the least connections may send it nearly all, as it has none.",
    keys: ["flood"],
    mark: FAIR,
  },
  {
    title: "Connections that follow a template",
    explanation:
      "New connections sent where their client was before, by persistence, not by the scheduler.",
    keys: ["persistenceHits"],
  },
  {
    title: "What a choice costs",
    explanation: "Time of one choice of the scheduler alone, on the machine this was run on.",
    keys: ["nsPerChoice"],
  },
];

/**
 * Returns the page.
 *
 * @throws Error when the package that draws is not installed
 */
export async function htmlReport(document: BenchDocument): Promise<string> {
  const draw = await loadCharts();
  const { workload, results } = document;
  const rows = summarize(results);
  const charts = chartsOf(rows, workload).map(
    (chart) =>
      `<figure><h3>${escapeHtml(chart.title)}</h3><p>${escapeHtml(chart.explanation)}</p>${draw(chart)}</figure>`,
  );
  const said = findings(rows).map((each) => `<li>${escapeHtml(withUnits(each))}</li>`);
  const title = `${workload.name}: schedulers compared`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(workload.description.trim())}</p>
<p class="small">${escapeHtml(factsOf(document))}</p>
${said.length === 0 ? "" : `<h2>In short</h2>\n<ul>${said.join("\n")}</ul>`}
<h2>Charts</h2>
${charts.join("\n")}
<h2>All figures</h2>
${tablesOf(rows).join("\n")}
${publishedOf(workload, rows)}
<h2>What the figures mean</h2>
<dl>${meaningsOf(rows)}</dl>
<h2>The workload</h2>
<pre>${escapeHtml(stringify(workload))}</pre>
</main>
</body>
</html>
`;
}

function factsOf({ workload, results, plan }: BenchDocument): string {
  const time = isCapture(workload) ? "times are the capture's" : "time is virtual";
  return `${runsText(workload, results.length)}, plan ${plan}. Decisions are the real engine's, ${time}.`;
}

function chartsOf(rows: readonly Row[], workload: AnyWorkload): readonly Chart[] {
  const swept = Object.entries(workload.sweep).filter(([, values]) => values.length > 1);
  const [only] = swept;
  return CHARTS.flatMap(({ keys, ...texts }) => {
    if (only !== undefined && swept.length === 1 && only[1].length >= LEAST_POINTS) {
      return lineCharts(rows, only[0], only[1], keys, texts);
    }
    const chart = figureChart(rows.slice(0, MOST_BARS), rowName, keys, texts);
    return chart === undefined ? [] : [chart];
  });
}

/** One chart a figure, a line a scheduler, over the values of the parameter that is swept. */
function lineCharts(
  rows: readonly Row[],
  path: string,
  values: readonly Parameter[],
  keys: readonly string[],
  texts: ChartTexts,
): readonly Chart[] {
  const names = [...new Set(rows.map(({ scheduler }) => scheduler))];
  return keys.flatMap((key): Chart[] => {
    const series = names
      .map((name) => ({
        name,
        values: values.map((value) => {
          const row = rows.find(
            ({ scheduler, parameters }) => scheduler === name && parameters[path] === value,
          );
          return row?.figures[key]?.mean ?? null;
        }),
      }))
      .filter((each) => each.values.some((value) => value !== null));
    // Lines that all lie on each other say nothing.
    if (new Set(series.flatMap((each) => each.values)).size < 2) return [];
    const { title, unit } = figureOf(key)!;
    const heading = keys.length === 1 ? texts.title : `${texts.title}: ${title.replace("… ", "")}`;
    return [
      { ...texts, title: heading, unit, lines: path, categories: values.map(String), series },
    ];
  });
}

function tablesOf(rows: readonly Row[]): readonly string[] {
  const parameters = Object.keys(rows[0]?.parameters ?? {});
  return GROUPS.flatMap(({ title, keys }) => {
    const there = keys.filter((key) =>
      rows.some((row) => (row.figures[key]?.mean ?? null) !== null),
    );
    if (there.length === 0) return [];
    const head = ["scheduler", ...parameters, ...there.map((key) => figureOf(key)?.title ?? key)];
    const lines = rows.map((row) => [
      row.scheduler,
      ...parameters.map((path) => String(row.parameters[path])),
      ...there.map((key) => estimateText(key, row.figures[key])),
    ]);
    return [`<h3>${escapeHtml(title)}</h3>${table(head, lines)}`];
  });
}

function publishedOf({ published }: AnyWorkload, rows: readonly Row[]): string {
  if (published === undefined) return "";
  const lines = compareWithPublished(published, rows).map(
    ({ scheduler, where, figure, theirs, ours }) => [
      scheduler,
      where,
      figureOf(figure)?.title ?? figure,
      formatFor(figure, theirs),
      formatFor(figure, ours),
    ],
  );
  const head = ["scheduler", "where", "figure", "published", "here"];
  return `<h2>Published, and here</h2><p>${escapeHtml(published.source)}</p>${table(head, lines)}<p>${escapeHtml(published.note)}</p>`;
}

function meaningsOf(rows: readonly Row[]): string {
  return FIGURES.filter(({ key }) => rows.some((row) => (row.figures[key]?.mean ?? null) !== null))
    .map(({ title, meaning }) => `<dt>${escapeHtml(title)}</dt><dd>${escapeHtml(meaning)}</dd>`)
    .join("\n");
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const cells = (tag: string, line: readonly string[]) =>
    `<tr>${line.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  const body = lines.map((line) => cells("td", line)).join("\n");
  return `<div class="scroll"><table><thead>${cells("th", head)}</thead><tbody>${body}</tbody></table></div>`;
}

/** Keeps numbers and their units on one line. */
function withUnits(text: string): string {
  return text.replace(/(\d) (%|ms|s|ns)(?!\w)/g, "$1\u00a0$2");
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
