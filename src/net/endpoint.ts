/**
 * An address with a port, and its text: `192.0.2.1:80`, `[2001:db8::1]:80`.
 *
 * @module
 */
import { type Address, formatAddress, parseAddress } from "./address.ts";

/** One end of a flow. */
export interface Endpoint {
  readonly address: Address;
  /** Port, 0–65535. */
  readonly port: number;
}

/**
 * Returns the endpoint a text stands for.
 *
 * @throws SyntaxError when the text is not `ADDRESS:PORT` or `[ADDRESS]:PORT`
 */
export function parseEndpoint(text: string): Endpoint {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const address = match?.[1] ?? match?.[2];
  if (address === undefined || port > 65535) {
    throw new SyntaxError(
      `Cannot parse endpoint "${text}": must be ADDRESS:PORT, IPv6 addresses in brackets`,
    );
  }
  return { address: parseAddress(address), port };
}

/** Returns the text of an endpoint. */
export function formatEndpoint(endpoint: Endpoint): string {
  const address = formatAddress(endpoint.address);
  return endpoint.address.family === 6
    ? `[${address}]:${endpoint.port}`
    : `${address}:${endpoint.port}`;
}

/** What stands for an endpoint in a `Map` or `Set`: equal for equal endpoints. */
export type EndpointKey = number | string;

/** Returns the key of an address and port. */
export function endpointKey({ family, words }: Address, port: number): EndpointKey {
  return family === 4 ? words[0]! * 65536 + port : `${words.join(":")}:${port}`;
}
