/**
 * ICMP errors by the names scenarios use, in both families.
 *
 * Source: RFC 792, RFC 1122 §3.2.2.1, RFC 4443 §3.
 *
 * @module
 */
import type { Family } from "../net/address.ts";

/** Type and code by name and family. */
const ERRORS: Readonly<
  Record<string, Readonly<Partial<Record<Family, readonly [number, number]>>>>
> = {
  "net-unreachable": { 4: [3, 0], 6: [1, 0] },
  "host-unreachable": { 4: [3, 1], 6: [1, 3] },
  "protocol-unreachable": { 4: [3, 2] },
  "port-unreachable": { 4: [3, 3], 6: [1, 4] },
  "fragmentation-needed": { 4: [3, 4], 6: [2, 0] },
  "too-big": { 4: [3, 4], 6: [2, 0] },
  prohibited: { 4: [3, 13], 6: [1, 1] },
  "time-exceeded": { 4: [11, 0], 6: [3, 0] },
};

/** What a name may be, as a noun phrase. */
export const ICMP_ERROR = `an ICMP error: ${Object.keys(ERRORS).join(", ")} or TYPE/CODE`;

/** Whether a word names an ICMP error. */
export function isIcmpError(name: string): boolean {
  return Object.hasOwn(ERRORS, name) || /^\d{1,3}\/\d{1,3}$/.test(name);
}

/** Whether type and code are those of a name. */
export function isNamed(name: string, family: Family, type: number, code: number): boolean {
  const known = Object.hasOwn(ERRORS, name) ? ERRORS[name]?.[family] : undefined;
  return known === undefined ? name === `${type}/${code}` : known[0] === type && known[1] === code;
}

/** Returns the name of an error, or `TYPE/CODE`. */
export function icmpErrorName(family: Family, type: number, code: number): string {
  const found = Object.keys(ERRORS).find((name) => {
    const known = ERRORS[name]![family];
    return known?.[0] === type && known[1] === code;
  });
  return found ?? `${type}/${code}`;
}
