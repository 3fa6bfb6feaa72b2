/**
 * The generic-netlink family `UIPVS`: what the kernel offers elsewhere than in the family `IPVS`, and
 * what only an engine of ours has.
 *
 * | Command | No | do | dump | Request | Replies, with the same command number |
 * |---|---|---|---|---|---|
 * | getFile | 1 | | x | NAME, and TICKS or not | TEXT: the parts of a file of /proc/net, in order |
 * | getSysctl | 2 | x | x | NAME; none for a list | NAME, VALUE, one message a variable |
 * | setSysctl | 3 | x | | NAME, VALUE | none |
 * | getStatus | 4 | | x | none | NAME and either NUMBER or VALUE, one message an item |
 * | stop | 5 | x | | none | none: the success message comes before the end |
 * | setSysctls | 6 | x | | VARIABLES | none: all are set in their order, or none if one is refused |
 *
 * | Attribute | No | Value |
 * |---|---|---|
 * | NAME | 1 | text of at most 63 bytes and a NUL |
 * | TEXT | 2 | UTF-8 without a NUL; a character is never split between two parts |
 * | VALUE | 3 | text of at most 255 bytes and a NUL |
 * | NUMBER | 4 | unsigned, 64 bits |
 * | VARIABLES | 5 | attributes of any number, each with NAME and VALUE inside |
 * | TICKS | 6 | unsigned, 32 bits, not 0: the ticks a second that a file counts in; else the director's |
 *
 * Commands and attributes from 20 on are those of wire/uipvs-explain.ts.
 *
 * Numbers are never given out twice: a further command or attribute takes the next free one, and a
 * peer that does not know it answers EOPNOTSUPP or passes it over. Errors: ENOENT for a file or
 * variable nobody knows, EINVAL for a value that is refused or an attribute that is missing,
 * EOPNOTSUPP for what this director does not offer.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import { type AttributePolicy, type Attributes, present } from "./netlink-attributes.ts";
import type { MessageWriter } from "./netlink-writer.ts";

/** Name of the family. */
export const UIPVS_NAME = "UIPVS";

/** Version of the family. */
export const UIPVS_VERSION = 1;

/** Commands. */
export const UIPVS_COMMAND = {
  getFile: 1,
  getSysctl: 2,
  setSysctl: 3,
  getStatus: 4,
  stop: 5,
  setSysctls: 6,
} as const;

/** Attributes. */
export const UIPVS_ATTRIBUTE = {
  name: 1,
  text: 2,
  value: 3,
  number: 4,
  variables: 5,
  ticks: 6,
} as const;

/** What requests and replies carry. */
export const UIPVS_POLICY: AttributePolicy = {
  [UIPVS_ATTRIBUTE.name]: { text: 63 },
  [UIPVS_ATTRIBUTE.text]: { atMost: 65531 },
  [UIPVS_ATTRIBUTE.value]: { text: 255 },
  [UIPVS_ATTRIBUTE.number]: "u64",
  [UIPVS_ATTRIBUTE.variables]: "nested",
  [UIPVS_ATTRIBUTE.ticks]: "u32",
};

/** One thing a director tells of itself: a text, or a count or identifier. */
export interface StatusItem {
  /** At most 63 bytes. */
  readonly name: string;
  /** Text of at most 255 bytes, or 0–18446744073709551615. */
  readonly value: string | bigint;
}

/** A variable of net.ipv4.vs and a value, as text. */
export interface Sysctl {
  /** Name without that prefix. At most 63 bytes. */
  readonly name: string;
  /** At most 255 bytes. */
  readonly value: string;
}

/** Writes the name a command is about. */
export function writeName(writer: MessageWriter, name: string): void {
  writer.text(UIPVS_ATTRIBUTE.name, name);
}

/**
 * Returns the name a command is about.
 *
 * @throws IpvsError EINVAL when it is missing
 */
export function readName(attributes: Attributes): string {
  return present(attributes.text(UIPVS_ATTRIBUTE.name), "name");
}

/** Writes an item, or a variable with its value. */
export function writeItem(writer: MessageWriter, item: StatusItem): void {
  writeName(writer, item.name);
  if (typeof item.value === "bigint") writer.u64(UIPVS_ATTRIBUTE.number, item.value);
  else writer.text(UIPVS_ATTRIBUTE.value, item.value);
}

/**
 * Returns an item; a number goes before a text.
 *
 * @throws IpvsError EINVAL when name or value are missing
 */
export function readItem(attributes: Attributes): StatusItem {
  const name = readName(attributes);
  const value = attributes.u64(UIPVS_ATTRIBUTE.number) ?? attributes.text(UIPVS_ATTRIBUTE.value);
  return { name, value: present(value, "value") };
}

/**
 * Returns the value a variable is to have.
 *
 * @throws IpvsError EINVAL when it is missing
 */
export function readValue(attributes: Attributes): string {
  return present(attributes.text(UIPVS_ATTRIBUTE.value), "value");
}

/** Writes variables with the values they are to have. */
export function writeVariables(writer: MessageWriter, variables: readonly Sysctl[]): void {
  writer.nest(UIPVS_ATTRIBUTE.variables, () => {
    for (const [index, variable] of variables.entries()) {
      writer.nest(index + 1, () => writeItem(writer, variable));
    }
  });
}

/**
 * Returns variables with the values they are to have.
 *
 * @throws IpvsError EINVAL when they are missing, or one lacks its name or value
 */
export function readVariables(attributes: Attributes): readonly Sysctl[] {
  return attributes
    .list(UIPVS_ATTRIBUTE.variables, UIPVS_POLICY)
    .map((variable) => ({ name: readName(variable), value: readValue(variable) }));
}

/** Writes how many ticks a second a file is to count in. */
export function writeTicks(writer: MessageWriter, ticksPerSecond: number): void {
  writer.u32(UIPVS_ATTRIBUTE.ticks, ticksPerSecond);
}

/**
 * Returns how many ticks a second a file is to count in, if it is said.
 *
 * @throws IpvsError EINVAL for 0
 */
export function readTicks(attributes: Attributes): number | undefined {
  const ticks = attributes.u32(UIPVS_ATTRIBUTE.ticks);
  if (ticks === 0) throw new IpvsError("EINVAL", "A second must have a tick or more");
  return ticks;
}

/** Writes a part of a file. */
export function writeText(writer: MessageWriter, text: Uint8Array): void {
  writer.bytes(UIPVS_ATTRIBUTE.text, text);
}

/** Returns a part of a file, or no bytes. */
export function readText(attributes: Attributes): Uint8Array {
  return attributes.bytes(UIPVS_ATTRIBUTE.text) ?? new Uint8Array(0);
}
