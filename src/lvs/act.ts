/**
 * What came of a line that had packets sent, for the lines that judge it.
 *
 * @module
 */
import type { Endpoint } from "../net/endpoint.ts";
import type { Departure } from "./departure.ts";
import { departureText } from "./departure.ts";
import { formatEnd } from "./ends.ts";
import type { Effect, Ending, Outcome } from "./exchange.ts";
import type { End } from "./expectation.ts";
import { icmpErrorName } from "./icmp-names.ts";

/** What came of a line. */
export interface Act {
  /** The service it was for, as far as that is known. */
  readonly to: Endpoint | undefined;
  /** Mark its packets had. */
  readonly mark: number | undefined;
  /** Of exchanges; absent where the line sent single packets. */
  readonly outcomes?: readonly Outcome[];
  /** Of each packet, or of the first of each exchange. */
  readonly effects: readonly Effect[];
}

/** Returns the real servers the packets came to, one for each; `undefined` where one came to none. */
export function serversOf({ outcomes, effects }: Act): readonly (End | undefined)[] {
  if (outcomes !== undefined) return outcomes.map(({ server }) => server);
  return effects.map(serverOf);
}

function serverOf({ departures }: Effect): End | undefined {
  return departures.find(({ server }) => server !== undefined)?.server;
}

/** Returns what came of one packet, for messages. */
export function effectText({ departures, reasons }: Effect): string {
  if (departures.length > 0) return departures.map(departureText).join(" and ");
  const why = reasons?.at(-1);
  return why === undefined ? "nothing left the director" : `nothing left the director (${why})`;
}

/** Returns how an exchange ended, for messages. */
export function endingText(ending: Ending): string {
  if (ending.how !== "icmp") return ending.how;
  const { family, type, code } = ending.error;
  return `ended by ICMP ${icmpErrorName(family, type, code)}`;
}

/** Returns how often each server was met, in the order they were met in. */
export function tally(act: Act): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const server of serversOf(act)) {
    const name = server === undefined ? "no server" : formatEnd(server);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Returns what a line of exchanges prints: servers, exchanges with each, and how they ended. */
export function tallyText({ outcomes = [] }: Act): string {
  const counts = new Map<string, number>();
  for (const { server, ending } of outcomes) {
    const name = server === undefined ? "no server" : formatEnd(server);
    const line = `${name} ${endingText(ending)}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  const lines = [...counts].map(([line, count]) => `${line} x${count}\n`);
  return lines.sort().join("");
}

/** Returns the ICMP errors among departures. */
export function icmpErrors(departures: readonly Departure[]): readonly Departure[] {
  return departures.filter(({ isError }) => isError);
}
