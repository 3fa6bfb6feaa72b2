/**
 * Which part of the page is shown: `#/connections?state=ESTABLISHED`.
 *
 * @module
 */
import { signal } from "@preact/signals";

/** Parts of the page, in the order of the menu. */
export const PLACES = ["overview", "connections", "journey", "playground", "lab"] as const;

/** One of `PLACES`. */
export type Place = (typeof PLACES)[number];

/** Where we are. */
export interface Route {
  readonly place: Place;
  readonly query: URLSearchParams;
}

function read(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const place = PLACES.find((each) => each === path) ?? "overview";
  return { place, query: new URLSearchParams(query) };
}

export const route = signal(read());
addEventListener("hashchange", () => {
  route.value = read();
});

/** Returns the link to a part of the page. */
export function hrefOf(place: Place, query: Readonly<Record<string, string>> = {}): string {
  const text = new URLSearchParams(query).toString();
  return `#/${place}${text === "" ? "" : `?${text}`}`;
}

/** Goes there. */
export function go(place: Place, query: Readonly<Record<string, string>> = {}): void {
  location.hash = hrefOf(place, query);
}
