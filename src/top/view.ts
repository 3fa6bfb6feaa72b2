/**
 * What a person has chosen to see, and how keys change it.
 *
 * @module
 */
import type { LiveService, SortKey } from "../live/index.ts";
import { SORT_KEYS } from "../live/index.ts";

/** What services can be sorted by; servers stay below theirs, and are sorted too. */
export const SERVICE_SORTS = ["table", "rate", "connections", "traffic", "weight"] as const;

/** One of `SERVICE_SORTS`; `table` is the director's own order. */
export type ServiceSort = (typeof SERVICE_SORTS)[number];

/** What is seen. */
export interface View {
  readonly shows: "services" | "connections";
  readonly sort: ServiceSort;
  /** In the order of the director's table without one. */
  readonly connectionSort: SortKey | undefined;
  readonly reversed: boolean;
  /** First row that is shown. */
  readonly offset: number;
  /** Which connections, as the page's filter takes it. */
  readonly filter: string;
  /** What is being typed for the filter; absent when nothing is. */
  readonly typed?: string | undefined;
  readonly help: boolean;
}

export const FIRST_VIEW: View = {
  shows: "services",
  sort: "table",
  connectionSort: undefined,
  reversed: false,
  offset: 0,
  filter: "",
  help: false,
};

/** A key, as node:readline names it. */
export interface Key {
  readonly name?: string | undefined;
  /** What it writes, if anything. */
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
}

/**
 * Returns the view after a key, or `undefined` to end.
 *
 * @param page rows that are shown at once
 */
export function afterKey(view: View, key: Key, page: number): View | undefined {
  if (key.ctrl === true && (key.name === "c" || key.name === "d")) return undefined;
  if (view.typed !== undefined) return afterTyped(view, view.typed, key);
  const scrolled = (by: number): View => ({ ...view, offset: Math.max(0, view.offset + by) });
  switch (key.name) {
    case "down":
      return scrolled(1);
    case "up":
      return scrolled(-1);
    case "pagedown":
    case "space":
      return scrolled(page);
    case "pageup":
      return scrolled(-page);
    case "home":
      return { ...view, offset: 0 };
    case "escape":
      return { ...view, filter: "", help: false, offset: 0 };
    default:
      return afterLetter(view, key.sequence ?? "");
  }
}

function afterLetter(view: View, letter: string): View | undefined {
  switch (letter) {
    case "q":
      return undefined;
    case "c":
    case "\t": {
      const shows = view.shows === "services" ? "connections" : "services";
      return { ...view, shows, offset: 0 };
    }
    case "s":
      return view.shows === "services"
        ? { ...view, sort: following(SERVICE_SORTS, view.sort), offset: 0 }
        : { ...view, connectionSort: followingKey(view.connectionSort), offset: 0 };
    case "r":
      return { ...view, reversed: !view.reversed, offset: 0 };
    case "/":
      return { ...view, shows: "connections", typed: view.filter };
    case "h":
    case "?":
      return { ...view, help: !view.help };
    default:
      return view;
  }
}

function afterTyped(view: View, typed: string, { name, sequence = "" }: Key): View {
  if (name === "return" || name === "enter") {
    return { ...view, filter: typed.trim(), typed: undefined, offset: 0 };
  }
  if (name === "escape") return { ...view, typed: undefined };
  if (name === "backspace") return { ...view, typed: typed.slice(0, -1) };
  return /^[\x20-\x7e]$/.test(sequence) ? { ...view, typed: typed + sequence } : view;
}

function following<Value>(values: readonly Value[], value: Value): Value {
  return values[(values.indexOf(value) + 1) % values.length]!;
}

function followingKey(key: SortKey | undefined): SortKey | undefined {
  return key === undefined ? SORT_KEYS[0] : SORT_KEYS[SORT_KEYS.indexOf(key) + 1];
}

/** Returns services and their servers in the order of a view: the most first, or the least. */
export function sortedServices(
  services: readonly LiveService[],
  view: View,
): readonly LiveService[] {
  const { sort, reversed } = view;
  const order = <Item>(items: readonly Item[], figure: (item: Item) => number): readonly Item[] => {
    if (sort === "table") return reversed ? [...items].reverse() : items;
    return [...items].sort((a, b) => (reversed ? figure(a) - figure(b) : figure(b) - figure(a)));
  };
  const withServers = services.map((service) => ({
    ...service,
    servers: order(service.servers, (server) => figureOf(server, sort)),
  }));
  return order(withServers, (service) =>
    sort === "rate" || sort === "traffic"
      ? figureOf({ ...service, active: 0, inactive: 0, weight: 0 }, sort)
      : service.servers.reduce((sum, server) => sum + figureOf(server, sort), 0),
  );
}

function figureOf(
  {
    rates,
    active,
    inactive,
    weight,
  }: Pick<LiveService["servers"][number], "rates" | "active" | "inactive" | "weight">,
  sort: ServiceSort,
): number {
  switch (sort) {
    case "rate":
      return rates.connections;
    case "connections":
      return active + inactive;
    case "traffic":
      return rates.inBytes + rates.outBytes;
    case "weight":
      return weight;
    case "table":
      return 0;
  }
}
