/**
 * What the netlink server is told of a generic-netlink family: its commands and who carries them out.
 *
 * @module
 */
import type { AttributePolicy, Attributes } from "../wire/netlink-attributes.ts";
import type { MessageWriter } from "../wire/netlink-writer.ts";

/** One message of a reply. */
export interface Reply {
  /** Command number of the message. */
  readonly command: number;
  /** Writes the attributes; called once, before the next message is asked for. */
  fill(writer: MessageWriter): void;
}

/** What a command can be asked for. A mode that is missing is refused with EOPNOTSUPP. */
export interface Operation {
  /**
   * Carries out the command.
   *
   * @param attributes those of the request, checked against the family's policy
   * @returns the message to reply with, if one is due
   * @throws IpvsError when the command is refused
   */
  readonly do?: (attributes: Attributes) => Reply | undefined;
  /**
   * Lists.
   *
   * @param attributes those of the request as they came: a list is also given to who asks malformed
   * @throws IpvsError when the command is refused, or while the list is walked
   */
  readonly dump?: (attributes: Uint8Array) => Iterable<Reply>;
}

/** A family the server speaks. */
export interface Family {
  readonly name: string;
  readonly version: number;
  /** What requests may carry at the top level. */
  readonly policy: AttributePolicy;
  readonly operations: ReadonlyMap<number, Operation>;
}

/** Yields the reply to each item of a list. */
export function* replies<Item>(
  items: Iterable<Item>,
  replyOf: (item: Item) => Reply,
): Generator<Reply> {
  for (const item of items) yield replyOf(item);
}
