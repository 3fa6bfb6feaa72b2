/**
 * What libpcap is asked for, in its own language.
 *
 * Source: pcap-filter(7).
 *
 * @module
 */
import { type Address, type Family, formatAddress } from "../src/net/address.ts";
import { NEIGHBOR_SOLICITATION } from "../src/wire/neighbor-discovery.ts";

/** Addresses a filter names at most: libpcap would compare more of them one by one, and not in the kernel. */
const MOST_ADDRESSES = 200;

/** Words of each family. */
const FAMILY: Readonly<Record<Family, string>> = { 4: "ip", 6: "ip6" };

/** No frame is this short. */
const NOTHING = "less 1";

/** What is asked for. */
export interface Wanted {
  /** Addresses packets go to. */
  readonly requests: readonly Address[];
  /** Addresses packets come from. */
  readonly replies: readonly Address[];
  /** Whether questions for addresses are wanted as well: ARP, and neighbour solicitations. */
  readonly questions: boolean;
}

/** Returns the filter that lets pass what is wanted; more than that where there are many addresses. */
export function capFilter({ requests, replies, questions }: Wanted): string {
  const terms = ([4, 6] as const).flatMap((family) => [
    ...new Set([
      ...hosts(family, "dst", requests, replies.length),
      ...hosts(family, "src", replies, requests.length),
    ]),
  ]);
  if (questions) terms.push("arp", `(icmp6 and ip6[40] = ${NEIGHBOR_SOLICITATION})`);
  return terms.length === 0 ? NOTHING : terms.join(" or ");
}

/** @param others how many addresses the filter is to name besides */
function hosts(
  family: Family,
  direction: "src" | "dst",
  addresses: readonly Address[],
  others: number,
): readonly string[] {
  const own = addresses.filter((address) => address.family === family);
  if (own.length === 0) return [];
  const word = FAMILY[family];
  if (addresses.length + others > MOST_ADDRESSES) return [word];
  return own.map((address) => `${word} ${direction} host ${formatAddress(address)}`);
}
