/**
 * A generic-netlink socket: requests to the kernel of this network namespace, and all that is answered.
 *
 * It frames and repeats, and leaves what the messages mean to whoever asks. The kernel answers a request
 * before the call that sends it returns, and makes the parts of a list as they are read, so nothing here
 * ever waits.
 *
 * Source: netlink(7); linux/netlink.h; Documentation/userspace-api/netlink/intro.rst, "Dump consistency".
 *
 * @module
 */
import {
  isLast,
  MESSAGE_FLAG,
  MESSAGE_TYPE,
  type Message,
  messageAt,
  messagesIn,
} from "../../src/wire/netlink.ts";
import {
  EAGAIN,
  EINTR,
  EMSGSIZE,
  ENOBUFS,
  type Libc,
  MSG_DONTWAIT,
  MSG_TRUNC,
  openLibc,
  SO_RCVBUF,
  SOL_SOCKET,
} from "./libc.ts";
import {
  DUMP_INTERRUPTED,
  NETLINK_EXT_ACK,
  NETLINK_PROTOCOL,
  openNetlink,
  RECEIVE_BUFFER,
  SOL_NETLINK,
  setOption,
} from "./netlink-descriptor.ts";
import { SystemError, systemError } from "./system-error.ts";

/** Times a list is asked for before it is given up. */
const LIST_ATTEMPTS = 5;
/** Room for answers not read yet, in bytes, at first; the kernel's limit may cut it. */
const SOCKET_BUFFER = 1 << 18;

const ACTION = "Cannot open a generic netlink socket";

/** Why a list has to be asked for again. */
type Flaw = "lost" | "changed";

/** A socket for requests of any generic-netlink family. */
export class GenericNetlinkSocket {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #buffer = new Uint8Array(RECEIVE_BUFFER);
  #room = SOCKET_BUFFER;
  #open = true;

  private constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
  }

  /**
   * Opens a socket of its own.
   *
   * @throws SystemError when the kernel refuses; Error without koffi
   */
  static open(libc: Libc = openLibc(ACTION)): GenericNetlinkSocket {
    const fd = openNetlink(libc, NETLINK_PROTOCOL.generic, 0, ACTION);
    setOption(libc, fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
    setOption(libc, fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER);
    return new GenericNetlinkSocket(libc, fd);
  }

  /**
   * Sends a request that demands an answer, and returns the whole of it, one message an element, the last
   * being the one that ends a list or tells of success or failure.
   *
   * A list that did not come whole, or changed while it was read, is asked for again. A change is never
   * asked for twice.
   *
   * @throws SystemError when the request cannot be sent, or its answer cannot be had: ENOBUFS when
   *   messages were lost, EAGAIN when a list changed each time it was read
   */
  exchange(request: Uint8Array): readonly Uint8Array[] {
    const header = messageAt(request, 0);
    if (header === undefined) throw new RangeError("Cannot send a request that is no message");
    const isList = (header.flags & MESSAGE_FLAG.dump) === MESSAGE_FLAG.dump;
    for (let attempt = 1; ; attempt++) {
      const replies: Uint8Array[] = [];
      const flaw = this.#ask(request, header.sequence, replies);
      if (flaw === undefined) return replies;
      if (!isList && flaw === "changed") return replies;
      if (!isList || attempt === LIST_ATTEMPTS) throw flawError(flaw, isList);
      if (flaw === "lost") this.#grow();
    }
  }

  /** Closes the socket. Calling it again does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.close(this.#fd);
  }

  #ask(request: Uint8Array, sequence: number, replies: Uint8Array[]): Flaw | undefined {
    // Answers nobody read, of a list that was given up, would only be in the way.
    while (this.#receive() >= 0);
    this.#send(request);
    let flaw: Flaw | undefined;
    for (;;) {
      const length = this.#receive();
      if (length < 0) {
        const errno = this.#libc.errno();
        if (errno === ENOBUFS) return "lost";
        throw systemError("recv", errno, "Cannot read the kernel's answer");
      }
      if (length > RECEIVE_BUFFER) {
        throw new SystemError("recv", EMSGSIZE, `Cannot read an answer of ${length} bytes at once`);
      }
      for (const message of messagesIn(this.#buffer.subarray(0, length))) {
        if (message.type === MESSAGE_TYPE.overrun) return "lost";
        if (message.type === MESSAGE_TYPE.noop || message.sequence !== sequence) continue;
        if ((message.flags & DUMP_INTERRUPTED) !== 0) flaw = "changed";
        replies.push(copyOf(message));
        if (isLast(message)) return flaw;
      }
    }
  }

  #send(request: Uint8Array): void {
    for (;;) {
      if (this.#libc.sendto(this.#fd, request, request.length, 0, null, 0) >= 0) return;
      const errno = this.#libc.errno();
      if (errno !== EINTR) throw systemError("sendto", errno, "Cannot ask the kernel");
    }
  }

  /** Returns the length of what was received, which may be more than there was room for, or -1. */
  #receive(): number {
    for (;;) {
      const flags = MSG_DONTWAIT | MSG_TRUNC;
      const length = this.#libc.recv(this.#fd, this.#buffer, RECEIVE_BUFFER, flags);
      if (length >= 0 || this.#libc.errno() !== EINTR) return length;
    }
  }

  #grow(): void {
    this.#room *= 4;
    setOption(this.#libc, this.#fd, SOL_SOCKET, SO_RCVBUF, this.#room);
  }
}

function flawError(flaw: Flaw, isList: boolean): SystemError {
  if (flaw === "changed") {
    const reason = `it changed while it was read, ${LIST_ATTEMPTS} times in a row`;
    return new SystemError("recv", EAGAIN, `Cannot list what the kernel holds: ${reason}`);
  }
  const outcome = isList ? "the list never came whole" : "whether the change was made is not known";
  return new SystemError("recv", ENOBUFS, `The kernel's answer was lost: ${outcome}`);
}

/** Returns the message's bytes in memory of their own. */
function copyOf({ bytes }: Message): Uint8Array {
  return bytes.slice();
}
