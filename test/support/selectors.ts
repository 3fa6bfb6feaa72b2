/**
 * Selectors as tests write them.
 *
 * @module
 */
import type { Selector } from "../../dataplane/interception.ts";
import { parseAddress } from "../../src/net/address.ts";

/** A selector with its address as text, which also says the family. */
export type SelectorText = Omit<Selector, "family" | "address"> & { readonly address?: string };

/** Returns the selector; without an address it is one of IPv4. */
export function selector(text: SelectorText): Selector {
  const { address, ...rest } = text;
  if (address === undefined) return { ...rest, family: 4 };
  const parsed = parseAddress(address);
  return { ...rest, family: parsed.family, address: parsed };
}

/** Returns the selectors of a JSON array. */
export function readSelectors(json: string): readonly Selector[] {
  return (JSON.parse(json) as readonly SelectorText[]).map(selector);
}
