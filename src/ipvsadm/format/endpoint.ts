/**
 * An address with its port, as listings and saved rules show it.
 *
 * @module
 */
import { type Address, formatAddress } from "../../net/address.ts";

/** Names found beforehand, so that formatting waits for nobody. */
export interface KnownNames {
  hostOf(address: Address): string | undefined;
  serviceOf(port: number, protocol: number): string | undefined;
}

/** The longest text shown; names are cut, even in the middle of a port or a bracket. */
const TEXT_MAX = 59;

/**
 * Returns `ADDRESS:PORT`, an IPv6 address or the name of one in brackets.
 *
 * @param protocol protocol number, for the name of the port; 0 for none
 * @param names absent for numbers only
 */
export function endpointText(
  address: Address,
  port: number,
  protocol: number,
  names?: KnownNames,
): string {
  const host = names?.hostOf(address) ?? formatAddress(address);
  const service = names?.serviceOf(port, protocol) ?? port;
  const text = address.family === 6 ? `[${host}]:${service}` : `${host}:${service}`;
  return text.slice(0, TEXT_MAX);
}
