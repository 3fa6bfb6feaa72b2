/**
 * Whether listings are as expected.
 *
 * @module
 */
import { formatEnd } from "./ends.ts";
import { type End, type Entries, FIGURES, type FigureName, type Figures } from "./expectation.ts";
import type { Judgement } from "./judge-packets.ts";
import {
  chosenEntries,
  type Entry,
  FIGURE_LISTINGS,
  isEnd,
  type Listed,
  readEntries,
  readFigures,
} from "./listings.ts";

/** Returns what ipvsadm prints for these words. */
export type List = (args: readonly string[]) => Promise<string>;

/** Judges how many entries the listing of connections has. */
export async function judgeEntries(wanted: Entries, list: List): Promise<Judgement> {
  const entries = readEntries(await list(["-Lnc"]));
  const found = chosenEntries(entries, wanted);
  if (found.length === wanted.count) return undefined;
  const shown = found.length > 0 ? found : entries;
  const all = shown.slice(0, SHOWN).map(entryText).join("; ");
  const more = shown.length > SHOWN ? `; and ${shown.length - SHOWN} more` : "";
  const listed = found.length > 0 ? "" : shown.length > 0 ? "; there are others" : "";
  return `there are ${found.length}${listed}${all === "" ? "" : `: ${all}${more}`}`;
}

/** Entries a message shows. */
const SHOWN = 5;

function entryText({ state, client, service, server }: Entry): string {
  return `${state} ${formatEnd(client)} ${formatEnd(service)} ${formatEnd(server)}`;
}

/** Judges the figures of a service or a real server. */
export async function judgeFigures(wanted: Figures, list: List): Promise<Judgement> {
  const wrong: string[] = [];
  for (const listing of FIGURE_LISTINGS) {
    const columns: readonly (FigureName | undefined)[] =
      wanted.of === "server" ? listing.server : listing.service;
    const names = FIGURES.filter((name) => name in wanted.figures && columns.includes(name));
    // Weights and connections are in two listings; one of them is enough.
    const asked = names.filter((name) => !wrong.some((text) => text.startsWith(`${name} `)));
    if (asked.length === 0) continue;
    const listed = readFigures(await list(listing.args), listing).filter((each) =>
      isMeant(wanted, each),
    );
    if (listed.length === 0) return `there is no such ${wanted.of}`;
    for (const name of asked) {
      const bad = listed.find(({ figures }) => figures[name] !== wanted.figures[name]);
      if (bad !== undefined) wrong.push(`${name} is ${bad.figures[name]}`);
    }
  }
  return wrong.length === 0 ? undefined : wrong.join(", ");
}

function isMeant({ of, end, on }: Figures, { service, server }: Listed): boolean {
  if (of === "service") return server === undefined && isService(end, service);
  if (server === undefined || typeof end === "number" || !isEnd(end, server)) return false;
  return on === undefined || isService(on, service);
}

/** Whether a service is the one wanted. */
export function isService(wanted: End | number, service: End | number): boolean {
  if (typeof wanted === "number" || typeof service === "number") return wanted === service;
  return isEnd(wanted, service);
}

/** Returns servers and weights of a service, or of the only one there is. */
export async function weightsOf(
  services: readonly (End | number)[],
  list: List,
): Promise<readonly { readonly server: End; readonly weight: number }[]> {
  const [plain] = FIGURE_LISTINGS;
  const listed = readFigures(await list(plain!.args), plain!);
  const meant = services.find((wanted) => listed.some(({ service }) => isService(wanted, service)));
  return listed.flatMap(({ service, server, figures }) => {
    if (server === undefined || meant === undefined || !isService(meant, service)) return [];
    // A server of a service for every port gets packets for the port they came for.
    const end = server.port === 0 ? { address: server.address } : server;
    return [{ server: end, weight: figures.weight ?? 0 }];
  });
}
