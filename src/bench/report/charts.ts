/**
 * Charts of a benchmark, drawn on this side as SVG: a page needs no program to show them.
 *
 * Colours are names of the page's own (`var(--…)`), so one drawing serves light and dark. Each chart is drawn
 * twice, for a wide and for a narrow window, as text of an SVG that is merely shrunk cannot be read.
 *
 * @module
 */
import type { BarSeriesOption, EChartsOption } from "echarts";
import { figureOf, type Unit } from "../figures.ts";
import type { Row } from "../summary.ts";

/** A chart: heading, what it shows, and its values. */
export interface Chart {
  readonly title: string;
  readonly explanation: string;
  readonly unit: Unit;
  readonly logarithmic?: boolean;
  readonly stacked?: boolean;
  readonly categories: readonly string[];
  readonly series: readonly {
    readonly name: string;
    readonly values: readonly (number | null)[];
  }[];
  /** Lines over the values of this parameter instead of bars over names. */
  readonly lines?: string;
  /** A value worth a line of its own, and its name. */
  readonly mark?: { readonly value: number; readonly name: string };
}

/** Placeholders echarts takes as colours, and what stands for them in the page. */
const SERIES = [
  "#010101",
  "#020202",
  "#030303",
  "#040404",
  "#050505",
  "#060606",
  "#070707",
  "#080808",
];
const TEXT = "#0a0a0a";
const FAINT = "#0b0b0b";
const VARIABLES: readonly (readonly [string, string])[] = [
  ...SERIES.map((colour, at) => [colour, `var(--series-${at + 1})`] as const),
  [TEXT, "var(--text)"],
  [FAINT, "var(--faint)"],
];

const WIDE = 860;
const NARROW = 340;
/** Height of a row of a legend. */
const LEGEND_ROW = 24;

/** A way to draw; loaded once, as the package is large. */
export type Draw = (chart: Chart) => string;

/**
 * Loads the package that draws.
 *
 * @throws Error that says what to install
 */
export async function loadCharts(): Promise<Draw> {
  const echarts = await import("echarts").catch(() => {
    throw new Error("Cannot draw charts: the optional package echarts is not installed");
  });
  const draw = (chart: Chart, width: number): string => {
    const height = heightOf(chart, width);
    const canvas = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
    canvas.setOption(optionOf(chart, width));
    const svg = canvas.renderToSVGString();
    canvas.dispose();
    return VARIABLES.reduce((text, [colour, name]) => text.replaceAll(colour, name), svg);
  };
  return (chart) =>
    [WIDE, NARROW]
      .map(
        (width) => `<div class="${width === WIDE ? "wide" : "narrow"}">${draw(chart, width)}</div>`,
      )
      .join("\n");
}

function heightOf(chart: Chart, width: number): number {
  const { lines, categories, series, stacked } = chart;
  if (lines !== undefined) return 320 + legendRows(chart, width) * LEGEND_ROW;
  const bars = stacked === true ? 1 : series.length;
  const step = Math.max(22, bars * 11 + 8);
  return 90 + legendRows(chart, width) * LEGEND_ROW + categories.length * step;
}

/** Width of a letter, of what stands before a name in a legend, and between two of them. */
const LETTER = 8;
const SWATCH = { bars: 20, lines: 32 } as const;
const GAP = 18;

/** Returns how many rows a legend takes; one series needs none. */
function legendRows({ series, lines }: Chart, width: number): number {
  if (series.length < 2) return 0;
  let rows = 1;
  let at = 0;
  for (const { name } of series) {
    const needed = (lines === undefined ? SWATCH.bars : SWATCH.lines) + name.length * LETTER + GAP;
    if (at + needed > width) {
      rows++;
      at = 0;
    }
    at += needed;
  }
  return rows;
}

const LABEL = { color: TEXT, fontSize: 12 } as const;
/** Part of a chart that names of bars may take; longer ones are broken. */
const MOST_FOR_NAMES = 0.45;
/** What axes measure. Seconds are drawn as milliseconds, parts as per cent. */
const AXIS_NAMES: Readonly<Record<Unit, string>> = {
  ratio: "ratio",
  share: "per cent",
  count: "connections",
  seconds: "time",
  ns: "nanoseconds",
};

function optionOf(chart: Chart, width: number): EChartsOption {
  const { categories, lines } = chart;
  const rows = legendRows(chart, width);
  const top = 16 + rows * LEGEND_ROW;
  // Fonts differ between hosts, so names get the room that wide letters would take.
  const longest = Math.max(...categories.map((name) => name.length));
  const names = Math.min(longest * LETTER, width * MOST_FOR_NAMES);
  const categoryAxis = {
    type: "category" as const,
    data: [...categories],
    axisLabel: {
      ...LABEL,
      interval: 0,
      ...(lines === undefined
        ? { width: names, overflow: "break" as const }
        : { hideOverlap: true }),
    },
    axisLine: { lineStyle: { color: FAINT } },
    axisTick: { show: false },
    ...(lines === undefined
      ? { inverse: true }
      : { name: lines, nameLocation: "middle" as const, nameGap: 28, nameTextStyle: LABEL }),
  };
  const axes = [valueAxisOf(chart, width), categoryAxis];
  const [xAxis, yAxis] = lines === undefined ? axes : [...axes].reverse();
  return {
    animation: false,
    color: SERIES,
    textStyle: { fontFamily: "system-ui, sans-serif" },
    ...(rows > 0 && {
      legend: {
        top: 0,
        left: 0,
        width,
        textStyle: LABEL,
        itemWidth: 14,
        itemHeight: 10,
        itemGap: GAP,
      },
    }),
    grid: {
      top: lines === undefined ? top : top + 16,
      right: width === WIDE ? 60 : 36,
      ...(lines === undefined
        ? { left: names + 12, bottom: 54 }
        : { left: 8, bottom: 34, containLabel: true }),
    },
    xAxis,
    yAxis,
    series: chart.series.map((_, at) => seriesOf(chart, at)),
  } as EChartsOption;
}

function valueAxisOf({ unit, logarithmic, lines }: Chart, width: number) {
  const name = logarithmic === true ? `${AXIS_NAMES[unit]}, logarithmic` : AXIS_NAMES[unit];
  return {
    // Logarithms of what is shown are above 0, so that bars grow one way.
    type: logarithmic === true ? ("log" as const) : ("value" as const),
    name,
    nameTextStyle: lines === undefined ? LABEL : { ...LABEL, align: "left" as const },
    nameLocation: lines === undefined ? ("middle" as const) : ("end" as const),
    nameGap: lines === undefined ? 28 : 12,
    axisLabel: {
      ...LABEL,
      fontSize: width === WIDE ? 12 : 10,
      hideOverlap: true,
      formatter: (value: number) => tick(value, unit),
    },
    splitLine: { lineStyle: { color: FAINT } },
    axisLine: { lineStyle: { color: FAINT } },
    splitNumber: width === WIDE ? 6 : 3,
  };
}

function seriesOf({ series, unit, stacked, lines, mark }: Chart, at: number) {
  const { name, values } = series[at]!;
  const scale = unit === "share" ? 100 : unit === "seconds" ? 1000 : 1;
  const data = values.map((value) => (value === null ? null : value * scale));
  const marked = at === 0 &&
    mark !== undefined && { markLine: markLineOf(mark, lines !== undefined) };
  if (lines !== undefined) {
    // Colours come again after the last: another shape then tells the lines apart.
    const again = at >= SERIES.length;
    return {
      type: "line" as const,
      name,
      data,
      symbol: again ? "triangle" : "circle",
      symbolSize: again ? 8 : 6,
      ...(again && { lineStyle: { type: "dashed" as const } }),
      ...marked,
    };
  }
  return {
    type: "bar" as const,
    name,
    data,
    barMaxWidth: 14,
    ...(stacked === true && { stack: "all" }),
    ...(series.length === 1 && {
      label: {
        show: true,
        position: "right" as const,
        color: TEXT,
        fontSize: 11,
        formatter: ({ value }: { readonly value?: unknown }) =>
          typeof value === "number" ? short(value, unit) : "",
      },
    }),
    ...marked,
  };
}

type MarkLine = NonNullable<BarSeriesOption["markLine"]>;

function markLineOf({ value, name }: NonNullable<Chart["mark"]>, horizontal: boolean): MarkLine {
  return {
    silent: true,
    symbol: "none",
    lineStyle: { color: TEXT, type: "dotted" as const },
    label: { ...LABEL, formatter: name, fontSize: 11, position: horizontal ? "end" : "start" },
    data: [horizontal ? { yAxis: value } : { xAxis: value }],
  };
}

/** Returns a value at an axis. */
function tick(value: number, unit: Unit): string {
  const told = unit === "seconds" && value >= 1000 ? value / 1000 : value;
  const text = Number(told.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });
  if (unit !== "seconds") return text;
  return value >= 1000 ? `${text} s` : `${text} ms`;
}

/** Returns a value at the end of its bar. */
function short(value: number, unit: Unit): string {
  if (unit === "count") return value.toLocaleString("en", { maximumFractionDigits: 1 });
  return Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}
/** What a chart is about, whatever its rows. */
export type ChartTexts = Pick<Chart, "title" | "explanation" | "logarithmic" | "stacked" | "mark">;

/** Returns the chart of one figure, or of several of one unit; `undefined` where no row has any. */
export function figureChart(
  rows: readonly Row[],
  nameOf: (row: Row) => string,
  keys: readonly string[],
  texts: ChartTexts,
): Chart | undefined {
  const told = rows.filter((row) => keys.some((key) => (row.figures[key]?.mean ?? null) !== null));
  const series = keys
    .map((key) => ({
      name: figureOf(key)!.title.replace("… ", ""),
      values: told.map((row) => row.figures[key]?.mean ?? null),
    }))
    .filter(({ values }) => texts.stacked !== true || values.some((value) => (value ?? 0) !== 0));
  // Bars that are all alike say nothing.
  const alike = told.length > 1 && series.every(({ values }) => new Set(values).size === 1);
  if (told.length === 0 || alike || series.length === 0) return undefined;
  return { ...texts, unit: figureOf(keys[0]!)!.unit, categories: told.map(nameOf), series };
}
