/**
 * The listings of ipvsadm, read back: connections, services and real servers with their figures.
 *
 * @module
 */
import { sameAddress } from "../net/address.ts";
import { sharesPrefix } from "../net/prefix.ts";
import { readEnd } from "./ends.ts";
import type { End, Entries, FigureName } from "./expectation.ts";

/** A line of `ipvsadm -Lnc`. */
export interface Entry {
  readonly state: string;
  readonly client: End;
  readonly service: End;
  readonly server: End;
}

/** A service, or one of its real servers, and figures of a listing. */
export interface Listed {
  /** Endpoint, or the mark of a service. */
  readonly service: End | number;
  /** Absent for the service itself. */
  readonly server?: End;
  readonly figures: Readonly<Partial<Record<FigureName, number>>>;
}

/** Returns the entries of `ipvsadm -Lnc`. */
export function readEntries(text: string): readonly Entry[] {
  return text.split("\n").flatMap((line) => {
    const [, , state, ...ends] = line.trim().split(/\s+/);
    const [client, service, server] = ends.slice(0, 3).map(readEnd);
    if (state === undefined || client === undefined || server === undefined) return [];
    // Entries of services by mark have the mark where others have an address.
    return [{ state, client, service: service ?? client, server }];
  });
}

/** Whether an entry keeps clients with their server and is no connection: it has no client's port. */
function isTemplate({ client }: Entry): boolean {
  return client.port === 0;
}

/** Returns those of the entries that are asked for. */
export function chosenEntries(entries: readonly Entry[], wanted: Entries): readonly Entry[] {
  return entries.filter((entry) => {
    if (isTemplate(entry) !== (wanted.what === "template")) return false;
    if (wanted.state !== undefined && entry.state !== wanted.state) return false;
    if (wanted.to !== undefined && !isEnd(wanted.to, entry.server)) return false;
    if (wanted.on !== undefined && !isEnd(wanted.on, entry.service)) return false;
    if (wanted.from === undefined) return true;
    const { address, prefixLength, port } = wanted.from;
    return (
      address.family === entry.client.address.family &&
      sharesPrefix(address.words, entry.client.address.words, prefixLength) &&
      (port === undefined || port === entry.client.port)
    );
  });
}

/** Whether an end is the one wanted, whose port may be any. */
export function isEnd(wanted: End, seen: End): boolean {
  return (
    sameAddress(wanted.address, seen.address) &&
    (wanted.port === undefined || wanted.port === seen.port)
  );
}

/** Listings that have figures: the options of ipvsadm, and its columns behind a name. */
export const FIGURE_LISTINGS: readonly {
  readonly args: readonly string[];
  /** Of a real server's line, behind its address; what is no figure is left out. */
  readonly server: readonly (FigureName | undefined)[];
  /** Of a service's line, behind its address. */
  readonly service: readonly FigureName[];
}[] = [
  { args: ["-Ln"], server: [undefined, "weight", "active", "inactive"], service: [] },
  {
    args: ["-Ln", "--persistent-conn"],
    server: ["weight", "persistent", "active", "inactive"],
    service: [],
  },
  {
    args: ["-Ln", "--stats", "--exact"],
    server: ["conns", "inpkts", "outpkts", "inbytes", "outbytes"],
    service: ["conns", "inpkts", "outpkts", "inbytes", "outbytes"],
  },
];

/** Returns the figures of one of these listings. */
export function readFigures(
  text: string,
  { server, service }: (typeof FIGURE_LISTINGS)[number],
): readonly Listed[] {
  const listed: Listed[] = [];
  let current: End | number | undefined;
  for (const line of text.split("\n")) {
    const [head, name = "", ...columns] = line.trim().split(/\s+/);
    if (head === "->") {
      const end = readEnd(name);
      if (end === undefined || current === undefined) continue;
      listed.push({ service: current, server: end, figures: figuresOf(server, columns) });
    } else if (/^(TCP|UDP|SCTP|FWM)$/.test(head ?? "")) {
      current = head === "FWM" ? Number(name) : readEnd(name);
      if (current !== undefined) {
        listed.push({ service: current, figures: figuresOf(service, columns) });
      }
    }
  }
  return listed;
}

function figuresOf(
  names: readonly (FigureName | undefined)[],
  columns: readonly string[],
): Listed["figures"] {
  const figures: Partial<Record<FigureName, number>> = {};
  for (const [index, name] of names.entries()) {
    if (name !== undefined) figures[name] = Number(columns[index]);
  }
  return figures;
}
