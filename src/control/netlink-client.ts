/**
 * Asks a generic-netlink family: one request at a time, its replies, and its refusal as an error.
 *
 * @module
 */
import { ERRNO, errorCodeOf, IpvsError } from "../base/error.ts";
import {
  type FamilyDescription,
  familyRequest,
  type GenericMessage,
  parseGeneric,
  readFamily,
  writeGeneric,
} from "../wire/genetlink.ts";
import {
  ERROR_ATTRIBUTE,
  isLast,
  MESSAGE_FLAG,
  type Message,
  messageAt,
  outcomeOf,
} from "../wire/netlink.ts";
import { Attributes } from "../wire/netlink-attributes.ts";
import { MessageWriter } from "../wire/netlink-writer.ts";
import type { Transport } from "./transport.ts";

/** What a client must know of a family to ask it. */
type FamilyNumber = Pick<FamilyDescription, "id" | "version">;

/** Writes the attributes of a request. */
export type Fill = (writer: MessageWriter) => void;

/** A client of one family. */
export class NetlinkClient {
  readonly #transport: Transport;
  readonly #name: string;
  #family: Promise<FamilyNumber> | undefined;
  #sequence = 0;

  /** @param name of the family; its number is asked for when first needed */
  constructor(transport: Transport, name: string) {
    this.#transport = transport;
    this.#name = name;
  }

  /**
   * Has a command carried out.
   *
   * @returns what came in reply, if anything did
   * @throws IpvsError when the command is refused; ENOPROTOOPT when the peer does not know the
   *   family; EIO when the reply makes no sense
   */
  async request(command: number, fill?: Fill): Promise<GenericMessage | undefined> {
    const { request, acknowledge } = MESSAGE_FLAG;
    return (await this.#ask(command, request | acknowledge, fill)).at(-1);
  }

  /** Has a list made; refused as `request` is. */
  async list(command: number, fill?: Fill): Promise<readonly GenericMessage[]> {
    return this.#ask(command, MESSAGE_FLAG.request | MESSAGE_FLAG.dump, fill);
  }

  /**
   * Has a list made and yields its messages as they come.
   *
   * @throws IpvsError as `request` does, also after some messages
   */
  async *stream(command: number, fill?: Fill): AsyncGenerator<GenericMessage, void, undefined> {
    const family = await this.#resolve();
    const flags = MESSAGE_FLAG.request | MESSAGE_FLAG.dump;
    const { request, sequence } = this.#compose(family, command, flags, fill);
    for await (const bytes of this.#transport.stream(request)) {
      const message = messageOf(bytes, sequence);
      if (isLast(message)) return checkOutcome(message);
      yield genericOf(message, family);
    }
    throw nonsense("the end of the answer is missing");
  }

  async #ask(
    command: number,
    flags: number,
    fill: Fill | undefined,
  ): Promise<readonly GenericMessage[]> {
    const family = await this.#resolve();
    const { request, sequence } = this.#compose(family, command, flags, fill);
    const replies = await this.#exchange(request, sequence);
    return replies.map((reply) => genericOf(reply, family));
  }

  #compose(
    family: FamilyNumber,
    command: number,
    flags: number,
    fill: Fill | undefined,
  ): { readonly request: Uint8Array; readonly sequence: number } {
    const writer = new MessageWriter();
    const sequence = this.#next();
    const header = { type: family.id, flags, sequence, port: 0 };
    writeGeneric(writer, header, command, family.version, () => fill?.(writer));
    return { request: writer.take(), sequence };
  }

  #resolve(): Promise<FamilyNumber> {
    this.#family ??= this.#lookUp();
    return this.#family;
  }

  async #lookUp(): Promise<FamilyNumber> {
    const sequence = this.#next();
    const flags = MESSAGE_FLAG.request | MESSAGE_FLAG.acknowledge;
    const request = familyRequest({ flags, sequence, port: 0 }, this.#name);
    let replies: readonly Message[];
    try {
      replies = await this.#exchange(request, sequence);
    } catch (error) {
      if (!(error instanceof IpvsError) || error.code !== "ENOENT") throw error;
      throw new IpvsError("ENOPROTOOPT", `The peer does not know the family "${this.#name}"`);
    }
    const generic = replies[0] && parseGeneric(replies[0].payload);
    const family = generic && understand(() => readFamily(generic.attributes));
    if (family === undefined) throw nonsense("the family has no number");
    return family;
  }

  /** Returns the replies without the last, which says how it ended. */
  async #exchange(request: Uint8Array, sequence: number): Promise<readonly Message[]> {
    const answer = await this.#transport.exchange(request);
    const messages = answer.map((bytes) => messageOf(bytes, sequence));
    checkOutcome(messages.pop());
    return messages;
  }

  #next(): number {
    this.#sequence = (this.#sequence + 1) >>> 0;
    return this.#sequence;
  }
}

/** Returns the message in `bytes`, which must answer the request of that number. */
function messageOf(bytes: Uint8Array, sequence: number): Message {
  const message = messageAt(bytes, 0);
  if (message === undefined) throw nonsense("a message is cut off");
  if (message.sequence === sequence) return message;
  throw nonsense(`sequence number ${message.sequence} instead of ${sequence}`);
}

function genericOf(message: Message, family: FamilyNumber): GenericMessage {
  const generic = message.type === family.id ? parseGeneric(message.payload) : undefined;
  if (generic === undefined) throw nonsense("a reply is not of the family");
  return generic;
}

/** Throws unless `last` is a message that ends an answer well. */
function checkOutcome(last: Message | undefined): void {
  const outcome = last && outcomeOf(last);
  if (outcome === undefined) throw nonsense("the end of the answer is missing");
  if (outcome.errno !== 0) throw refusal(outcome.errno, outcome.attributes);
}

/**
 * Returns what `read` makes of a reply.
 *
 * @throws IpvsError EIO when it refuses it: what a peer sends wrong is no refusal of the command
 */
export function understand<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw error instanceof IpvsError ? nonsense(error.message) : error;
  }
}

function nonsense(what: string): IpvsError {
  return new IpvsError("EIO", `Cannot understand the answer: ${what}`);
}

/** Returns the error a refused request ends in, with the peer's own words where it has any. */
function refusal(errno: number, attributes: Uint8Array): IpvsError {
  const code = errorCodeOf(errno);
  const text = understand(() =>
    Attributes.parse(attributes, { [ERROR_ATTRIBUTE.text]: { text: 65530 } }).text(
      ERROR_ATTRIBUTE.text,
    ),
  );
  if (code === undefined) {
    return new IpvsError("EIO", `Refused with error number ${errno}${text ? `: ${text}` : ""}`);
  }
  return new IpvsError(code, text || `Refused with error number ${ERRNO[code]} (${code})`);
}
