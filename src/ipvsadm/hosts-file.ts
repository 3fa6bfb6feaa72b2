/**
 * The table of hosts, hosts(5): an address, its canonical name, aliases.
 *
 * @module
 */
import { formatAddress } from "../net/address.ts";
import { inetPton4, inetPton6 } from "./inet.ts";

/** Returns canonical names by address text; the first line of an address counts. */
export function parseHosts(text: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [addressText, name] = line.replace(/#.*/, "").split(/\s+/).filter(Boolean);
    if (addressText === undefined || name === undefined) continue;
    const address = inetPton4(addressText) ?? inetPton6(addressText);
    if (address === undefined) continue;
    const key = formatAddress(address);
    if (!names.has(key)) names.set(key, name);
  }
  return names;
}
