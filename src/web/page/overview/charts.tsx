/**
 * Rates over the last ten minutes: of everything, or of a service and its servers.
 *
 * @module
 */
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { LiveServer } from "../../../live/live-state.ts";
import { HISTORY_COLUMNS, type History, type HistoryColumn } from "../../api.ts";
import { get } from "../client.ts";
import { byteRate, serviceAddress, serviceKind, short } from "../format.ts";
import { at, services, totals } from "../live.ts";
import { Select } from "../parts/field.tsx";
import { useWidth } from "../parts/use-width.ts";
import { isDark, text } from "../settings.ts";

const TOTAL = "total";
const HEIGHT = 240;
/** How long back is shown, in s. */
const SPAN = 600;
/** Lines of servers in one chart. */
const MOST_LINES = 12;

interface Shown {
  readonly id: string;
  readonly name: string;
}

export function Charts() {
  const words = text.value;
  const [of, setOf] = useState(TOTAL);
  const [column, setColumn] = useState<HistoryColumn>("connections");
  const all = services.value;
  const service = all.find(({ key }) => key === of);
  const lines: readonly Shown[] = [
    { id: service?.key ?? TOTAL, name: words.total },
    ...(service?.servers ?? [])
      .slice(0, MOST_LINES)
      .map(({ key }) => ({ id: `${service?.key}>${key}`, name: key })),
  ];
  const names = all.map(
    (each) => [each.key, `${serviceKind(each)} ${serviceAddress(each)}`] as const,
  );
  return (
    <section class="card" aria-labelledby="charts-title">
      <div class="card-head">
        <h2 id="charts-title">{words.charts}</h2>
        <Select
          label={words.chartOf}
          value={service === undefined ? TOTAL : of}
          options={[[TOTAL, words.everything] as const, ...names]}
          onChange={setOf}
        />
        <Select
          label={words.chartWhat}
          value={column}
          options={HISTORY_COLUMNS.map((each) => [each, words.columns[each]] as const)}
          onChange={setColumn}
        />
      </div>
      <Chart key={`${column} ${lines.map(({ id }) => id).join()}`} lines={lines} column={column} />
    </section>
  );
}

type Data = (number | null)[][];

function Chart({
  lines,
  column,
}: {
  readonly lines: readonly Shown[];
  readonly column: HistoryColumn;
}) {
  const [box, width] = useWidth<HTMLDivElement>();
  const plot = useRef<uPlot | undefined>(undefined);
  const data = useRef<Data>(lines.map(() => []));
  const [ready, setReady] = useState(false);
  const dark = isDark.value;
  useEffect(() => {
    const gone = new AbortController();
    const query = new URLSearchParams([
      ["column", column],
      ...lines.map(({ id }) => ["series", id]),
    ]);
    get<History>(`/api/history?${query}`, gone.signal)
      .then(({ times, series }) => {
        const empty = times.map(() => null);
        data.current = [[...times], ...lines.map(({ id }) => [...(series[id] ?? empty)])];
        setReady(true);
      })
      // Without the past the chart begins now.
      .catch(() => setReady(true));
    return () => gone.abort();
  }, []);
  useEffect(() => {
    if (!ready || width === 0 || box.current === null) return;
    plot.current = new uPlot(
      optionsOf(lines, column, width, box.current),
      aligned(data.current),
      box.current,
    );
    return () => plot.current?.destroy();
  }, [ready, width, dark]);
  const now = at.value;
  useEffect(() => {
    if (!ready || now === 0) return;
    append(data.current, lines, column, now / 1000);
    plot.current?.setData(aligned(data.current));
  }, [now, ready]);
  return (
    <div class="chart" data-chart={column}>
      <div ref={box}>{!ready && <p class="muted">{text.value.chartEmpty}</p>}</div>
    </div>
  );
}

/** Returns a time of day, in 24 hours. */
function clock(seconds: number | null): string {
  return seconds === null ? "–" : new Date(seconds * 1000).toLocaleTimeString("en-GB");
}

function aligned(data: Data): uPlot.AlignedData {
  return data as unknown as uPlot.AlignedData;
}

function append(data: Data, lines: readonly Shown[], column: HistoryColumn, now: number): void {
  const [times] = data;
  if (times === undefined) return;
  if ((times.at(-1) ?? 0) >= now) return;
  times.push(now);
  for (const [index, { id }] of lines.entries()) {
    data[index + 1] ??= times.slice(1).map(() => null);
    data[index + 1]!.push(seriesValue(id, column));
  }
  while ((times[0] ?? now) <= now - SPAN) for (const values of data) values.shift();
}

function seriesValue(id: string, column: HistoryColumn): number | null {
  const [service, server] = id.split(">");
  const all = services.peek();
  if (id === TOTAL) {
    return figureOf(
      totals.peek()?.rates,
      all.flatMap((each) => each.servers),
      column,
    );
  }
  const found = all.find(({ key }) => key === service);
  if (server === undefined) return figureOf(found?.rates, found?.servers ?? [], column);
  const one = found?.servers.find(({ key }) => key === server);
  return one === undefined ? null : figureOf(one.rates, [one], column);
}

function figureOf(
  rates: LiveServer["rates"] | undefined,
  servers: readonly LiveServer[],
  column: HistoryColumn,
): number | null {
  if (column === "active" || column === "inactive") {
    return servers.reduce((sum, server) => sum + server[column], 0);
  }
  return rates?.[column] ?? null;
}

function optionsOf(
  lines: readonly Shown[],
  column: HistoryColumn,
  width: number,
  element: HTMLElement,
): uPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string): string => {
    // A custom property keeps its light-dark() as it is; a used colour does not.
    const probe = document.createElement("i");
    probe.style.color = `var(${name})`;
    element.append(probe);
    const used = getComputedStyle(probe).color;
    probe.remove();
    return used;
  };
  const show = column.endsWith("Bytes") ? byteRate : short;
  const axis = {
    stroke: color("--muted"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
  };
  const font = `12px ${style.fontFamily}`;
  const series: uPlot.Series[] = lines.map(({ name }, index) => ({
    label: name,
    stroke: color(`--series-${index % 9}`),
    width: index === 0 ? 2.5 : 1.5,
    ...(lines.length === 1 && { fill: color("--series-fill") }),
    points: { show: false },
    value: (_plot: uPlot, value: number | null) => (value === null ? "–" : show(value)),
  }));
  return {
    width,
    height: HEIGHT,
    legend: { show: lines.length > 1 },
    cursor: { points: { size: 7 } },
    padding: [12, 8, 0, 0],
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, (high ?? 0) * 1.1)] } },
    axes: [
      {
        ...axis,
        font,
        size: 32,
        space: 80,
        values: (_plot, splits) => splits.map((time) => clock(time)),
      },
      {
        ...axis,
        font,
        size: column.endsWith("Bytes") ? 76 : 54,
        values: (_plot, splits) =>
          splits.map((value) => (value < 1 && value > 0 ? "" : show(value))),
      },
    ],
    series: [{ label: text.peek().time, value: (_plot, time) => clock(time) }, ...series],
  };
}
