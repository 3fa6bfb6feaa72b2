/**
 * Answers netlink requests as the kernel would: the families `IPVS` and `nlctrl`, and our `UIPVS`.
 *
 * Bytes in, bytes out; who carries them is somebody else's affair, and so is who may ask. Whatever the
 * bytes are, a request gets an answer or, where nobody can tell what was asked or none is due, is
 * passed over. One request is carried out at a time, so a list shows one moment.
 *
 * Source: RFC 3549 §2.3; Linux net/netlink/af_netlink.c and genetlink.c.
 *
 * @module
 */
import { ERRNO, IpvsError } from "../base/error.ts";
import { sentenceOf } from "../base/sentence.ts";
import { CONTROLLER_ID, parseGeneric, writeGeneric } from "../wire/genetlink.ts";
import {
  HEADER_LENGTH,
  MESSAGE_FLAG,
  MESSAGE_TYPE,
  type Message,
  messageAt,
  messagesIn,
  viewOf,
} from "../wire/netlink.ts";
import { Attributes } from "../wire/netlink-attributes.ts";
import { MessageWriter } from "../wire/netlink-writer.ts";
import type { Administration } from "./backend.ts";
import { controllerFamily } from "./controller-family.ts";
import type { Family, Operation, Reply } from "./family.ts";
import { ipvsFamily } from "./ipvs-family.ts";
import { type DirectorServices, uipvsFamily } from "./uipvs-family.ts";

/** Numbers of the families; clients ask for them by name. */
const IPVS_ID = 0x20;
const UIPVS_ID = 0x21;

/** Bytes of a list gathered before they are handed on. */
const PIECE_LENGTH = 32768;

/** What a server offers beyond the family `IPVS`, and whom it tells of faults. */
export interface NetlinkServerOptions extends DirectorServices {
  /** Told of what was thrown but is no refusal: a fault of ours, answered with EIO. */
  readonly onFault?: ((error: unknown) => void) | undefined;
}

/** A peer that answers as the kernel does. */
export class NetlinkServer {
  readonly #families = new Map<number, Family>();
  readonly #onFault: (error: unknown) => void;

  constructor(administration: Administration, options: NetlinkServerOptions = {}) {
    this.#onFault = options.onFault ?? (() => {});
    this.#families.set(CONTROLLER_ID, controllerFamily(this.#families));
    this.#families.set(IPVS_ID, ipvsFamily(administration));
    this.#families.set(UIPVS_ID, uipvsFamily(options));
  }

  /**
   * Answers one request or several, one behind the other.
   *
   * @returns all replies, one behind the other; no bytes when none is due
   */
  answer(request: Uint8Array): Uint8Array {
    const pieces = [...this.pieces(request)];
    if (pieces.length === 1) return pieces[0]!;
    const joined = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      joined.set(piece, at);
      at += piece.length;
    }
    return joined;
  }

  /**
   * Answers as `answer` does, in pieces of whole messages, for who can pass them on one by one.
   *
   * A list is walked as pieces are asked for: commands between two of them may be seen or not.
   */
  *pieces(request: Uint8Array): Generator<Uint8Array, void, undefined> {
    const writer = new MessageWriter();
    for (const message of messagesIn(request)) {
      if (!(message.flags & MESSAGE_FLAG.request) || message.type < MESSAGE_TYPE.firstFamily) {
        // Not for a family; the kernel only says that it came.
        if (message.flags & MESSAGE_FLAG.acknowledge) writer.outcome(message, 0);
      } else {
        yield* this.#carryOut(message, writer);
      }
      if (writer.length >= PIECE_LENGTH) yield writer.take();
    }
    if (writer.length > 0) yield writer.take();
  }

  /**
   * Answers a message whose length cannot be right, of which no more than the header is looked at.
   *
   * @returns the message that refuses it with EINVAL; no bytes when there is not even a header
   */
  refuse(header: Uint8Array): Uint8Array {
    if (header.length < HEADER_LENGTH) return new Uint8Array(0);
    const alone = header.slice(0, HEADER_LENGTH);
    viewOf(alone).setUint32(0, HEADER_LENGTH, true);
    const message = messageAt(alone, 0);
    const reason = "The length of the message cannot be right";
    return message === undefined
      ? new Uint8Array(0)
      : new MessageWriter().outcome(message, ERRNO.EINVAL, reason).take();
  }

  *#carryOut(message: Message, writer: MessageWriter): Generator<Uint8Array, void, undefined> {
    try {
      const family = this.#families.get(message.type);
      if (family === undefined) {
        throw new IpvsError("ENOENT", `Unknown family number ${message.type}`);
      }
      const generic = parseGeneric(message.payload);
      if (generic === undefined) throw new IpvsError("EINVAL", "The message lacks a family header");
      const operation = family.operations.get(generic.command) ?? {};
      if ((message.flags & MESSAGE_FLAG.dump) === MESSAGE_FLAG.dump) {
        yield* this.#list(message, family, demanded(operation.dump)(generic.attributes), writer);
        return;
      }
      const carryOut = demanded(operation.do);
      const reply = carryOut(Attributes.parse(generic.attributes, family.policy));
      if (reply !== undefined) write(writer, message, 0, family, reply);
      if (message.flags & MESSAGE_FLAG.acknowledge) writer.outcome(message, 0);
    } catch (error) {
      writer.outcome(message, this.#errnoOf(error), sentenceOf(error));
    }
  }

  /** Writes a list; what goes wrong on the way is told by the message that ends it. */
  *#list(
    message: Message,
    family: Family,
    list: Iterable<Reply>,
    writer: MessageWriter,
  ): Generator<Uint8Array, void, undefined> {
    let errno = 0;
    try {
      for (const reply of list) {
        write(writer, message, MESSAGE_FLAG.multi, family, reply);
        if (writer.length >= PIECE_LENGTH) yield writer.take();
      }
    } catch (error) {
      errno = this.#errnoOf(error);
    }
    writer.done(message, errno);
  }

  #errnoOf(error: unknown): number {
    if (error instanceof IpvsError) return error.errno;
    this.#onFault(error);
    return ERRNO.EIO;
  }
}

/** Returns what carries out a command in the mode asked for. */
function demanded<Carry extends Operation["do"] | Operation["dump"]>(
  carry: Carry,
): NonNullable<Carry> {
  if (carry === undefined) {
    throw new IpvsError("EOPNOTSUPP", "The family has no such command, or not in this mode");
  }
  return carry;
}

function write(
  writer: MessageWriter,
  request: Message,
  flags: number,
  family: Family,
  reply: Reply,
): void {
  const header = { type: request.type, flags, sequence: request.sequence, port: request.port };
  writeGeneric(writer, header, reply.command, family.version, () => reply.fill(writer));
}
