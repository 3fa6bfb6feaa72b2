/**
 * The figures of the whole director, each with its last minute.
 *
 * @module
 */
import { effect, signal } from "@preact/signals";
import type { History } from "../../api.ts";
import { get } from "../client.ts";
import { byteRate, short, whole } from "../format.ts";
import { at, director, link, totals } from "../live.ts";
import { text } from "../settings.ts";

const NAMES = ["connections", "inPackets", "inBytes", "outBytes", "open", "drops"] as const;
type Name = (typeof NAMES)[number];

/** Values of the last minute. */
const MOMENTS = 60;
const minute = signal<Readonly<Record<Name, readonly number[]>>>({
  connections: [],
  inPackets: [],
  inBytes: [],
  outBytes: [],
  open: [],
  drops: [],
});

function now(): Readonly<Record<Name, number>> | undefined {
  const facts = director.peek();
  const traffic = totals.peek();
  if (facts === undefined || traffic === undefined) return undefined;
  const drops = Object.values(facts.drops).reduce((sum, count) => sum + count, 0);
  return { ...traffic.rates, open: facts.connections, drops };
}

/** The columns of the history that are among them. */
const KEPT = ["connections", "inPackets", "inBytes", "outBytes"] as const;

/** Puts the last minute, as the director's side has kept it, before what came since. */
async function recall(): Promise<void> {
  for (const column of KEPT) {
    const { series } = await get<History>(`/api/history?column=${column}&series=total`);
    const past = (series.total ?? []).map((value) => value ?? 0);
    const known = minute.peek();
    const since = known[column];
    minute.value = {
      ...known,
      [column]: [...past.slice(0, -since.length || undefined), ...since].slice(-MOMENTS),
    };
  }
}

effect(() => {
  // Without the past the lines begin now.
  if (link.value === "live") recall().catch(() => undefined);
});

effect(() => {
  if (at.value === 0) return;
  const values = now();
  if (values === undefined) return;
  const before = minute.peek();
  const longer = NAMES.map((name) => [name, [...before[name], values[name]].slice(-MOMENTS)]);
  minute.value = Object.fromEntries(longer) as Record<Name, readonly number[]>;
});

const SHOW: Readonly<Record<Name, (value: number) => string>> = {
  connections: short,
  inPackets: short,
  inBytes: byteRate,
  outBytes: byteRate,
  open: whole,
  drops: whole,
};

export function Figures() {
  const words = text.value.totals;
  return (
    <ul class="figures">
      {NAMES.map((name) => {
        const values = minute.value[name];
        return (
          <li key={name} class="card figure" data-figure={name}>
            <span class="figure-name">{words[name]}</span>
            <span class="figure-value">
              {values.length === 0 ? "–" : SHOW[name](values.at(-1)!)}
            </span>
            {name === "drops" ? <DropReasons /> : <Sparkline values={values} />}
          </li>
        );
      })}
    </ul>
  );
}

/** The reasons most packets were dropped for. */
function DropReasons() {
  const drops = Object.entries(director.value?.drops ?? {}).filter(([, count]) => count > 0);
  drops.sort(([, a], [, b]) => b - a);
  const told = drops.slice(0, 2).map(([reason, count]) => `${reason} ${short(count)}`);
  return (
    <span
      class="figure-note"
      title={drops.map(([reason, count]) => `${reason} ${count}`).join("\n")}
    >
      {told.length === 0 ? text.value.dropsNone : told.join(", ")}
    </span>
  );
}

const WIDTH = 120;
const HEIGHT = 28;

function Sparkline({ values }: { readonly values: readonly number[] }) {
  const top = Math.max(1, ...values);
  const points = values.map((value, index) => {
    const x = WIDTH - ((values.length - 1 - index) * WIDTH) / (MOMENTS - 1);
    return `${x.toFixed(1)},${(HEIGHT - 2 - (value / top) * (HEIGHT - 4)).toFixed(1)}`;
  });
  const first = points[0]?.split(",")[0] ?? WIDTH;
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <polygon points={`${first},${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`} />
      <polyline points={points.join(" ")} />
    </svg>
  );
}
