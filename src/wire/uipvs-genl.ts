/**
 * The generic-netlink family `UIPVS`: what the kernel offers elsewhere than in the family `IPVS`, and
 * what only an engine of ours has.
 *
 * | Command | No | do | dump | Request | Replies, with the same command number |
 * |---|---|---|---|---|---|
 * | getFile | 1 | | x | NAME | TEXT: the parts of a file of /proc/net, in order |
 * | getSysctl | 2 | x | x | NAME; none for a list | NAME, VALUE, one message a variable |
 * | setSysctl | 3 | x | | NAME, VALUE | none |
 * | getStatus | 4 | | x | none | NAME and either NUMBER or VALUE, one message an item |
 * | stop | 5 | x | | none | none: the success message comes before the end |
 *
 * | Attribute | No | Value |
 * |---|---|---|
 * | NAME | 1 | text of at most 63 bytes and a NUL |
 * | TEXT | 2 | UTF-8 without a NUL; a character is never split between two parts |
 * | VALUE | 3 | text of at most 255 bytes and a NUL |
 * | NUMBER | 4 | unsigned, 64 bits |
 *
 * Numbers are never given out twice: a further command or attribute takes the next free one, and a
 * peer that does not know it answers EOPNOTSUPP or passes it over. Errors: ENOENT for a file or
 * variable nobody knows, EINVAL for a value that is refused or an attribute that is missing,
 * EOPNOTSUPP for what this director does not offer.
 *
 * @module
 */
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
} as const;

/** Attributes. */
export const UIPVS_ATTRIBUTE = { name: 1, text: 2, value: 3, number: 4 } as const;

/** What requests and replies carry. */
export const UIPVS_POLICY: AttributePolicy = {
  [UIPVS_ATTRIBUTE.name]: { text: 63 },
  [UIPVS_ATTRIBUTE.text]: { atMost: 65531 },
  [UIPVS_ATTRIBUTE.value]: { text: 255 },
  [UIPVS_ATTRIBUTE.number]: "u64",
};

/** One thing a director tells of itself: a text, or a count or identifier. */
export interface StatusItem {
  /** At most 63 bytes. */
  readonly name: string;
  /** Text of at most 255 bytes, or 0–18446744073709551615. */
  readonly value: string | bigint;
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

/** Writes a part of a file. */
export function writeText(writer: MessageWriter, text: Uint8Array): void {
  writer.bytes(UIPVS_ATTRIBUTE.text, text);
}

/** Returns a part of a file, or no bytes. */
export function readText(attributes: Attributes): Uint8Array {
  return attributes.bytes(UIPVS_ATTRIBUTE.text) ?? new Uint8Array(0);
}
