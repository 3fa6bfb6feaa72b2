/**
 * The connection table: filtered, sorted and cut into pages by the director's side, drawn as far as it is
 * in sight.
 *
 * @module
 */
import { useEffect, useRef, useState } from "preact/hooks";
import type { SortKey } from "../../../live/connection-query.ts";
import type { ConnectionPage } from "../../../live/connection-snapshots.ts";
import type { ConnectionRow } from "../../../live/connection-table.ts";
import { whole } from "../format.ts";
import { Empty } from "../parts/empty.tsx";
import { Select } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { useWidth } from "../parts/use-width.ts";
import { go, route } from "../route.ts";
import { text } from "../settings.ts";
import { usePages } from "./use-pages.ts";
import { useVirtual } from "./use-virtual.ts";

const NARROW = 640;
const ROW = 36;
const NARROW_ROW = 58;
/** Time after the last letter before the filter counts, in ms. */
const PAUSE = 200;
const HEADS: readonly SortKey[] = ["protocol", "client", "virtual", "server", "state", "expires"];

interface Choice {
  readonly text: string;
  readonly state: string;
  readonly virtual: string;
  readonly server: string;
}

const NO_CHOICE: Choice = { text: "", state: "", virtual: "", server: "" };

export function Connections() {
  const words = text.value;
  const { query } = route.value;
  const [choice, setChoice] = useState<Choice>({
    ...NO_CHOICE,
    text: query.get("text") ?? "",
    state: query.get("state") ?? "",
    virtual: query.get("virtual") ?? "",
    server: query.get("server") ?? "",
  });
  const [sort, setSort] = useState<
    { readonly key: SortKey; readonly descending: boolean } | undefined
  >();
  const [fresh, setFresh] = useState(true);
  const filter = useSettled(choice.text);
  const wanted = Object.fromEntries(
    Object.entries({
      ...choice,
      text: filter,
      sort: sort?.key ?? "",
      descending: sort?.descending ? "true" : "",
    }).filter(([, value]) => value !== ""),
  );
  const pages = usePages(wanted, fresh);
  const { newest, failure } = pages;
  const isFiltered = Object.values(choice).some((value) => value !== "");
  const sortBy = (key: SortKey): void => {
    if (sort?.key !== key) setSort({ key, descending: false });
    else setSort(sort.descending ? undefined : { key, descending: true });
  };
  return (
    <section class="card table-card" aria-labelledby="connections-title">
      <div class="card-head">
        <h1 id="connections-title">{words.places.connections}</h1>
        <span class="count" data-count>
          {newest === undefined ? "…" : countText(newest, isFiltered)}
        </span>
        <span class="card-note">
          {newest !== undefined && words.asOf(new Date(newest.at).toLocaleTimeString("en-GB"))}
        </span>
        <label class="switch">
          <input
            type="checkbox"
            checked={fresh}
            onChange={(event) => setFresh(event.currentTarget.checked)}
          />
          {words.keepFresh}
        </label>
        <button
          type="button"
          class="ghost ghost-icon"
          aria-label={words.refresh}
          onClick={pages.refresh}
        >
          <Icon name="refresh" />
        </button>
      </div>
      <div class="filters">
        <span class="search">
          <Icon name="search" />
          <input
            type="search"
            aria-label={words.filter}
            placeholder={words.filterHint}
            value={choice.text}
            onInput={(event) => setChoice({ ...choice, text: event.currentTarget.value })}
          />
        </span>
        <Facet
          all={words.anyState}
          value={choice.state}
          counts={newest?.states}
          onChange={(state) => setChoice({ ...choice, state })}
        />
        <Facet
          all={words.anyVirtual}
          value={choice.virtual}
          counts={newest?.virtuals}
          onChange={(virtual) => setChoice({ ...choice, virtual })}
        />
        <Facet
          all={words.anyServer}
          value={choice.server}
          counts={newest?.servers}
          onChange={(server) => setChoice({ ...choice, server })}
        />
        {isFiltered && (
          <button type="button" class="quiet" onClick={() => setChoice(NO_CHOICE)}>
            {words.clearFilter}
          </button>
        )}
      </div>
      {failure !== "" && (
        <p class="notice notice-bad" role="alert">
          {failure}
        </p>
      )}
      {newest?.matched === 0 ? (
        <Empty
          icon="connections"
          title={newest.total === 0 ? words.noConnections : words.nothingFits}
        >
          {newest.total === 0 && <p class="muted">{words.noConnectionsHelp}</p>}
        </Empty>
      ) : (
        <Table pages={pages} sort={sort} onSort={sortBy} count={newest?.matched ?? 0} />
      )}
    </section>
  );
}

function countText({ matched, total }: ConnectionPage, isFiltered: boolean): string {
  const words = text.value;
  return isFiltered
    ? words.connectionsOf(whole(matched), whole(total))
    : words.connectionsAll(whole(total));
}

/** Returns a text once it has not changed for a while. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function Facet(props: {
  readonly all: string;
  readonly value: string;
  readonly counts: Readonly<Record<string, number>> | undefined;
  readonly onChange: (value: string) => void;
}) {
  const { all, value, counts = {}, onChange } = props;
  const entries = Object.entries(counts).map(
    ([name, count]) => [name, `${name} (${whole(count)})`] as const,
  );
  // What was chosen stays to be seen when nothing has it any more.
  const gone = value !== "" && counts[value] === undefined ? [[value, value] as const] : [];
  return (
    <Select
      label={all}
      value={value}
      options={[["", all], ...entries, ...gone]}
      onChange={onChange}
    />
  );
}

function Table(props: {
  readonly pages: ReturnType<typeof usePages>;
  readonly count: number;
  readonly sort: { readonly key: SortKey; readonly descending: boolean } | undefined;
  readonly onSort: (key: SortKey) => void;
}) {
  const { pages, count, sort, onSort } = props;
  const words = text.value;
  const [box, width] = useWidth<HTMLDivElement>();
  const scroller = useRef<HTMLDivElement>(null);
  const narrow = width > 0 && width < NARROW;
  const rowHeight = narrow ? NARROW_ROW : ROW;
  const { items, height, toRow } = useVirtual({ scroller, count, rowHeight });
  const first = items[0]?.index ?? 0;
  const end = (items.at(-1)?.index ?? 0) + 1;
  useEffect(() => {
    if (count > 0) pages.want(first, end);
  }, [first, end, count]);
  const names: Readonly<Record<SortKey, string>> = {
    protocol: words.protocol,
    client: words.client,
    virtual: words.virtual,
    server: words.server,
    state: words.state,
    expires: words.expires,
  };
  /** The row the keyboard has gone to, until it is there to be focused. */
  const aim = useRef<number | undefined>(undefined);
  const focusAim = (): void => {
    if (aim.current === undefined) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-row="${aim.current}"]`);
    if (row === null || row === undefined) return;
    aim.current = undefined;
    row.focus({ preventScroll: true });
  };
  useEffect(focusAim);
  const move = (event: KeyboardEvent, index: number): void => {
    const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: count - 1 }[event.key];
    if (to === undefined || to < 0 || to >= count) return;
    event.preventDefault();
    toRow(to);
    aim.current = to;
    focusAim();
  };
  return (
    <div
      ref={box}
      class={narrow ? "rows rows-narrow" : "rows"}
      role="table"
      aria-rowcount={count + 1}
    >
      <div class="row row-head" role="row" aria-rowindex={1}>
        {HEADS.map((key) => (
          <span
            key={key}
            role="columnheader"
            aria-sort={sort?.key !== key ? "none" : sort.descending ? "descending" : "ascending"}
            class={`cell cell-${key}`}
          >
            <button type="button" onClick={() => onSort(key)}>
              {names[key]}
              {sort?.key === key && <span aria-hidden="true">{sort.descending ? "↓" : "↑"}</span>}
            </button>
          </span>
        ))}
      </div>
      <div ref={scroller} class="rows-scroll" data-rows>
        <div class="rows-all" style={{ height: `${height}px` }}>
          {items.map(({ index, start }) => (
            <Row
              key={index}
              index={index}
              top={start}
              height={rowHeight}
              row={pages.row(index)}
              isFirst={index === first}
              onKey={move}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

function Row(props: {
  readonly index: number;
  readonly top: number;
  readonly height: number;
  readonly row: ConnectionRow | undefined;
  readonly isFirst: boolean;
  readonly onKey: (event: KeyboardEvent, index: number) => void;
}) {
  const { index, top, height, row, onKey } = props;
  const words = text.value;
  const style = { transform: `translateY(${top}px)`, height: `${height}px` };
  if (row === undefined) {
    return (
      <div class="row row-waiting" role="row" aria-rowindex={index + 2} style={style}>
        <span class="cell" role="cell">
          …
        </span>
      </div>
    );
  }
  const isTemplate = row.clientPort === 0;
  const client = end(row.client, row.clientPort);
  const open = (): void => {
    if (canExplain(row)) go("journey", questionOf(row));
  };
  return (
    <div
      class="row"
      role="row"
      aria-rowindex={index + 2}
      tabIndex={0}
      title={canExplain(row) ? words.explainThis : undefined}
      data-row={index}
      style={style}
      onClick={open}
      onKeyDown={(event) => {
        if (event.key === "Enter") open();
        else onKey(event, index);
      }}
    >
      <span role="cell" class="cell cell-protocol">
        {row.protocol.toUpperCase()}
      </span>
      <span role="cell" class="cell cell-client mono">
        {isTemplate ? `${row.client} (${words.anyPort})` : client}
      </span>
      <span role="cell" class="cell cell-virtual mono">
        {row.virtual}
      </span>
      <span role="cell" class="cell cell-server mono">
        {row.server}
      </span>
      <span role="cell" class="cell cell-state">
        <span class={`state state-${stateKind(row.state)}`}>{row.state}</span>
      </span>
      <span role="cell" class="cell cell-expires num">
        {words.seconds(row.expires)}
      </span>
    </div>
  );
}

function stateKind(state: string): string {
  if (state === "ESTABLISHED" || state === "UDP") return "on";
  return state.startsWith("SYN") || state.startsWith("INIT") || state.startsWith("COOKIE")
    ? "begins"
    : "over";
}

function end(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Packets of TCP, UDP and SCTP can be asked about; a service by mark takes those of any address. */
function canExplain({ protocol, virtual }: ConnectionRow): boolean {
  return ["tcp", "udp", "sctp"].includes(protocol) && !virtual.startsWith("fwmark");
}

function questionOf({ protocol, client, clientPort, virtual }: ConnectionRow) {
  return {
    protocol,
    client: clientPort === 0 ? client : end(client, clientPort),
    service: virtual,
    ...(protocol === "tcp" && { flags: clientPort === 0 ? "SYN" : "ACK" }),
  };
}
