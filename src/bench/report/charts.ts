/**
 * Charts of a benchmark, drawn on this side as SVG: a page needs no program to show them.
 *
 * Colours are names of the page's own (`var(--…)`), so one drawing serves light and dark. Each chart is drawn
 * twice, for a wide and for a narrow window, as text of an SVG that is merely shrunk cannot be read.
 *
 * @module
 */
import type { EChartsOption } from "echarts";
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
  /** Lines over numbers instead of bars over names. */
  readonly lines?: string;
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

function heightOf({ lines, categories, series, stacked }: Chart, width: number): number {
  if (lines !== undefined) return 340;
  const bars = stacked === true ? 1 : series.length;
  const step = Math.max(22, bars * 11 + 8);
  return 90 + legendRows(series.length, width) * 22 + categories.length * step;
}

function legendRows(series: number, width: number): number {
  if (series < 2) return 0;
  return Math.ceil(series / (width === WIDE ? 7 : 3));
}

function optionOf(chart: Chart, width: number): EChartsOption {
  const { categories, series, unit, logarithmic, stacked, lines } = chart;
  // Logarithms of what is shown are above 0, so that bars grow one way.
  const scale = unit === "share" ? 100 : unit === "seconds" ? 1000 : 1;
  const values = series.map((each) =>
    each.values.map((value) => (value === null ? null : value * scale)),
  );
  const name = {
    ratio: "ratio",
    share: "per cent",
    count: "connections",
    seconds: "milliseconds",
    ns: "nanoseconds",
  }[unit];
  const label = { color: TEXT, fontSize: 12 };
  const valueAxis = {
    type: logarithmic === true ? ("log" as const) : ("value" as const),
    name: logarithmic === true ? `${name}, logarithmic` : name,
    nameLocation: "middle" as const,
    nameGap: lines === undefined ? 28 : 44,
    nameTextStyle: label,
    axisLabel: {
      ...label,
      hideOverlap: true,
      formatter: (value: number) => String(Number(value.toPrecision(3))),
    },
    splitLine: { lineStyle: { color: FAINT } },
    axisLine: { lineStyle: { color: FAINT } },
    splitNumber: width === WIDE ? 6 : 3,
  };
  const categoryAxis = {
    type: "category" as const,
    data: [...categories],
    axisLabel: { ...label, interval: 0, hideOverlap: lines !== undefined },
    axisLine: { lineStyle: { color: FAINT } },
    axisTick: { show: false },
    ...(lines === undefined
      ? { inverse: true }
      : { name: lines, nameLocation: "middle" as const, nameGap: 28, nameTextStyle: label }),
  };
  const rows = legendRows(series.length, width);
  return {
    animation: false,
    color: SERIES,
    textStyle: { fontFamily: "system-ui, sans-serif" },
    ...(rows > 0 && {
      legend: {
        top: 0,
        left: 0,
        width: width - 10,
        textStyle: label,
        itemWidth: 14,
        itemHeight: 10,
      },
    }),
    grid: {
      top: 12 + rows * 24,
      left: lines === undefined ? 8 : 28,
      right: width === WIDE ? 60 : 30,
      bottom: 34,
      containLabel: true,
    },
    xAxis: lines === undefined ? valueAxis : categoryAxis,
    yAxis: lines === undefined ? categoryAxis : valueAxis,
    series: series.map((each, at) =>
      lines === undefined
        ? {
            type: "bar" as const,
            name: each.name,
            data: [...values[at]!],
            barMaxWidth: 14,
            ...(stacked === true && { stack: "all" }),
            ...(series.length === 1 && {
              label: {
                show: true,
                position: "right" as const,
                color: TEXT,
                fontSize: 11,
                formatter: ({ value }: { readonly value?: unknown }) =>
                  typeof value === "number" ? short(value) : "",
              },
            }),
          }
        : { type: "line" as const, name: each.name, data: [...values[at]!], symbolSize: 6 },
    ),
  };
}

function short(value: number): string {
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/** Returns the chart of one figure, or of several of one unit; `undefined` where no row has any. */
export function figureChart(
  rows: readonly Row[],
  nameOf: (row: Row) => string,
  keys: readonly string[],
  texts: Pick<Chart, "title" | "explanation" | "logarithmic" | "stacked">,
): Chart | undefined {
  const told = rows.filter((row) => keys.some((key) => (row.figures[key]?.mean ?? null) !== null));
  if (told.length === 0) return undefined;
  return {
    ...texts,
    unit: figureOf(keys[0]!)!.unit,
    categories: told.map(nameOf),
    series: keys.map((key) => ({
      name: figureOf(key)!.title.replace("… ", ""),
      values: told.map((row) => row.figures[key]?.mean ?? null),
    })),
  };
}
