/**
 * The text of `uipvs top`.
 *
 * @module
 */
import type {
  ConnectionPage,
  ConnectionRow,
  LiveServer,
  LiveService,
  LiveState,
} from "../live/index.ts";
import { type Column, columnLines } from "./columns.ts";
import { short } from "./figures.ts";
import { sortedServices, type View } from "./view.ts";

/** Puts a text in bold, green or a fainter colour. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly chosen: (text: string) => string;
  readonly faint: (text: string) => string;
}

/** What is shown. */
export interface Shown {
  readonly state: LiveState;
  /** Absent where connections are not shown. */
  readonly connections?: ConnectionPage | undefined;
  /** Whose table it is. */
  readonly whose: string;
  /** Time of day. */
  readonly time: string;
}

type Row =
  | { readonly kind: "service"; readonly service: LiveService }
  | { readonly kind: "server"; readonly server: LiveServer };

const METHODS: Readonly<Record<LiveServer["method"], string>> = {
  masquerade: "Masq",
  "direct-route": "Route",
  tunnel: "Tunnel",
  local: "Local",
  bypass: "Bypass",
};

function standing({ weight, overloaded, active, inactive }: LiveServer): string {
  if (weight === 0) return active + inactive > 0 ? "draining" : "drained";
  return overloaded ? "overloaded" : "";
}

function serviceText(service: LiveService): string {
  const { protocol, address, port, fwmark, family } = service;
  const at = family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
  const name = protocol === null ? `FWM ${fwmark}` : `${protocol.toUpperCase()} ${at}`;
  const persistence = service.persistence === null ? "" : ` -p ${service.persistence}`;
  return `${name} ${service.scheduler}${persistence}`;
}

const sum = (row: Row, of: (server: LiveServer) => number): string =>
  short(
    row.kind === "server"
      ? of(row.server)
      : row.service.servers.reduce((total, server) => total + of(server), 0),
  );

const rate = (row: Row, of: (rates: LiveServer["rates"]) => number): string =>
  short(of(row.kind === "server" ? row.server.rates : row.service.rates));

const COLUMNS: readonly Column<Row>[] = [
  {
    head: "Service",
    left: true,
    of: (row) => (row.kind === "service" ? serviceText(row.service) : `  -> ${row.server.key}`),
  },
  {
    head: "Forward",
    left: true,
    of: (row) => (row.kind === "service" ? "" : METHODS[row.server.method]),
  },
  { head: "Weight", of: (row) => (row.kind === "service" ? "" : String(row.server.weight)) },
  { head: "Active", of: (row) => sum(row, ({ active }) => active) },
  { head: "Inact", of: (row) => sum(row, ({ inactive }) => inactive) },
  { head: "Conn/s", of: (row) => rate(row, ({ connections }) => connections) },
  { head: "InPkt/s", of: (row) => rate(row, ({ inPackets }) => inPackets) },
  { head: "OutPkt/s", of: (row) => rate(row, ({ outPackets }) => outPackets) },
  { head: "InB/s", of: (row) => rate(row, ({ inBytes }) => inBytes) },
  { head: "OutB/s", of: (row) => rate(row, ({ outBytes }) => outBytes) },
  { head: "", left: true, of: (row) => (row.kind === "service" ? "" : standing(row.server)) },
];

const CONNECTION_COLUMNS: readonly Column<ConnectionRow>[] = [
  { head: "Pro", left: true, of: ({ protocol }) => protocol.toUpperCase() },
  {
    head: "Client",
    left: true,
    of: ({ client, clientPort }) =>
      client.includes(":") ? `[${client}]:${clientPort}` : `${client}:${clientPort}`,
  },
  { head: "Virtual", left: true, of: ({ virtual }) => virtual },
  { head: "Server", left: true, of: ({ server }) => server },
  { head: "State", left: true, of: ({ state }) => state },
  { head: "Expires", of: ({ expires }) => `${expires} s` },
];

const HELP: readonly string[] = [
  "  q           quit",
  "  c, Tab      services or connections",
  "  s           sort by the next column; r reverses",
  "  /           filter connections: an address or a part, a prefix, a port, a state; Esc clears it",
  "  arrows, PgUp, PgDn, Home   scroll",
  "  h           this help",
];

/** Lines that are there whatever is shown: totals, a blank, heads, and the keys. */
const FIXED = 4;

/** Returns how many rows a terminal of so many lines shows. */
export function rowsOf(height: number): number {
  return Math.max(1, height - FIXED);
}

/** Returns the lines of a screen of `height` lines, or of all there is to show without one. */
export function screenLines(
  shown: Shown,
  view: View,
  paints: Paint,
  { width, height }: { readonly width: number; readonly height?: number | undefined },
): readonly string[] {
  const body = view.help
    ? HELP
    : view.shows === "services"
      ? serviceLines(shown.state, view, paints, width, height)
      : connectionLines(shown, paints, width);
  const lines = [paints.bold(headLine(shown).slice(0, width)), "", ...body];
  if (height === undefined) return lines;
  const room = Math.max(0, height - 1);
  const filled = [
    ...lines.slice(0, room),
    ...Array<string>(Math.max(0, room - lines.length)).fill(""),
  ];
  return [...filled, paints.faint(footLine(shown, view).slice(0, width))];
}

function headLine({ state, whose, time }: Shown): string {
  const { rates } = state.totals;
  return [
    `${time}  ${whose}`,
    `${short(rates.connections)} conn/s`,
    `in ${short(rates.inPackets)} pkt/s ${short(rates.inBytes)}B/s`,
    `out ${short(rates.outPackets)} pkt/s ${short(rates.outBytes)}B/s`,
  ].join("   ");
}

function footLine({ connections }: Shown, view: View): string {
  if (view.typed !== undefined) return `Filter: ${view.typed}_`;
  const keys = "q quit  c connections  s sort  r reverse  / filter  h help";
  const by =
    view.shows === "services"
      ? `by ${view.sort}`
      : `by ${view.connectionSort ?? "table"}${view.filter === "" ? "" : `, "${view.filter}"`}`;
  const counts =
    view.shows === "connections" && connections !== undefined
      ? `   ${connections.matched} of ${connections.total}`
      : "";
  return `${keys}   ${by}${view.reversed ? " reversed" : ""}${counts}`;
}

function serviceLines(
  state: LiveState,
  view: View,
  paints: Paint,
  width: number,
  height: number | undefined,
): readonly string[] {
  if (state.services.length === 0) return ["No services"];
  const rows = sortedServices(state.services, view).flatMap((service): readonly Row[] => [
    { kind: "service", service },
    ...service.servers.map((server) => ({ kind: "server", server }) as const),
  ]);
  const [head = "", ...lines] = columnLines(COLUMNS, rows, width);
  const painted = lines.map((line, at) =>
    rows[at]!.kind === "service" ? paints.bold(line) : line,
  );
  const from = Math.min(view.offset, Math.max(0, painted.length - 1));
  const seen = height === undefined ? painted : painted.slice(from, from + rowsOf(height));
  return [paints.faint(head), ...seen];
}

function connectionLines({ connections }: Shown, paints: Paint, width: number): readonly string[] {
  if (connections === undefined) return ["Looking…"];
  if (connections.matched === 0) return ["No connections"];
  const [head = "", ...lines] = columnLines(CONNECTION_COLUMNS, connections.rows, width);
  return [paints.faint(head), ...lines];
}
