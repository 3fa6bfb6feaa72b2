/**
 * Listings of connections.
 *
 * @module
 */

import type { ConnectionEntry } from "../../control/conn-entries.ts";
import type { Endpoint } from "../../net/endpoint.ts";
import { SCTP, TCP, UDP } from "../../net/protocol.ts";
import { left } from "./columns.ts";
import { endpointText, type KnownNames } from "./endpoint.ts";

const PROTOCOLS: Readonly<Record<string, number>> = { TCP, UDP, SCTP };

/**
 * Returns the two lines above the connections.
 *
 * @param engineData whether the data of persistence engines is shown
 */
export function connectionHeading(engineData: boolean): string {
  const columns = [
    "pro expire",
    left("state", 11),
    left("source", 18),
    left("virtual", 18),
    engineData ? `${left("destination", 18)} ${left("pe name", 16)} pe_data` : "destination",
  ];
  return `IPVS connection entries\n${columns.join(" ")}\n`;
}

/**
 * Returns the line of a connection.
 *
 * @param engineData whether the data of persistence engines is shown
 * @param names absent for numbers only
 */
export function connectionLine(
  entry: ConnectionEntry,
  engineData: boolean,
  names?: KnownNames,
): string {
  const protocol = PROTOCOLS[entry.protocol] ?? 0;
  const text = (end: Endpoint) => endpointText(end.address, end.port, protocol, names);
  const columns = [
    left(entry.protocol, 3),
    left(expiryText(entry.expires), 6),
    left(entry.state, 11),
    left(text(entry.client), 18),
    left(text(entry.virtual), 18),
  ];
  const destination = text(entry.destination);
  const firstWord = entry.engineData?.split(/\s/, 1)[0];
  if (engineData && entry.engineName !== undefined && firstWord) {
    // Two narrower than the heading, as ipvsadm has it.
    columns.push(left(destination, 16), left(entry.engineName, 18), firstWord);
  } else {
    columns.push(destination);
  }
  return `${columns.join(" ")}\n`;
}

/** Returns minutes and seconds, at least two digits each. */
function expiryText(seconds: number): string {
  const twoDigits = (value: number) => String(value).padStart(2, "0");
  return `${twoDigits(Math.floor(seconds / 60))}:${twoDigits(seconds % 60)}`;
}
