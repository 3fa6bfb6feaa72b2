/**
 * A netlink socket: requests and their answers, lists, and what the kernel tells of its own accord.
 *
 * The kernel answers a request before the call that sends it returns, so nothing here ever waits.
 *
 * Source: netlink(7); linux/netlink.h.
 *
 * @module
 */
import {
  ERROR_ATTRIBUTE,
  isLast,
  MESSAGE_FLAG,
  type Message,
  messagesIn,
  outcomeOf,
  viewOf,
} from "../../src/wire/netlink.ts";
import { Attributes } from "../../src/wire/netlink-attributes.ts";
import {
  EAGAIN,
  ENOBUFS,
  type Libc,
  MSG_DONTWAIT,
  openLibc,
  SO_RCVBUF,
  SOL_SOCKET,
} from "./libc.ts";
import {
  DUMP_INTERRUPTED,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_PROTOCOL,
  openNetlink,
  RECEIVE_BUFFER,
  SOL_NETLINK,
  setOption,
} from "./netlink-descriptor.ts";
import { errorName, SystemError, systemError } from "./system-error.ts";

/** Times a list is asked for again when it changed while it was read. */
const DUMP_ATTEMPTS = 5;

/** Room for notifications not read yet, in bytes: some thousands of routes. */
const NOTIFICATION_BUFFER = 1 << 20;

/** A socket that speaks routing netlink with the kernel of this network namespace. */
export class NetlinkSocket {
  /** File descriptor, for waiting; readable when there are notifications. */
  readonly fd: number;
  readonly #libc: Libc;
  readonly #buffer = new Uint8Array(RECEIVE_BUFFER);
  #sequence = 0;
  #open = true;

  private constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.fd = fd;
  }

  /**
   * Opens a socket of its own.
   *
   * @param groups multicast groups to listen to, a sum of `GROUP` values; 0 for requests
   * @param protocol one of `NETLINK_PROTOCOL`
   * @throws SystemError when the kernel refuses; Error without koffi
   */
  static open(groups = 0, protocol: number = NETLINK_PROTOCOL.route): NetlinkSocket {
    const action = "Cannot open a netlink socket";
    const libc = openLibc(action);
    const fd = openNetlink(libc, protocol, groups, action);
    // Neither option is essential: without them errors lose their text, lists carry more than asked.
    setOption(libc, fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
    setOption(libc, fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
    if (groups !== 0) setOption(libc, fd, SOL_SOCKET, SO_RCVBUF, NOTIFICATION_BUFFER);
    return new NetlinkSocket(libc, fd);
  }

  /**
   * Sends a request for a change and reads whether it was made.
   *
   * @param action what fails if this fails, the beginning of the error
   * @throws SystemError when the kernel refuses
   */
  change(request: Uint8Array, action: string): void {
    for (const _ of this.#exchange(request, action));
  }

  /**
   * Sends a request for one object and returns the answer.
   *
   * @throws SystemError when the kernel refuses
   */
  get(request: Uint8Array, action: string): Message | undefined {
    for (const message of this.#exchange(request, action)) return message;
    return undefined;
  }

  /**
   * Sends a request for a list and returns what `parse` makes of its messages.
   *
   * @throws SystemError when the kernel refuses
   */
  list<T>(
    request: Uint8Array,
    parse: (message: Message) => T | undefined,
    action: string,
  ): readonly T[] {
    for (let attempt = 1; ; attempt++) {
      const found: T[] = [];
      let interrupted = false;
      for (const message of this.#exchange(request, action)) {
        if ((message.flags & DUMP_INTERRUPTED) !== 0) interrupted = true;
        const parsed = parse(message);
        if (parsed !== undefined) found.push(parsed);
      }
      if (!interrupted || attempt === DUMP_ATTEMPTS) return found;
    }
  }

  /**
   * Reads the notifications that wait.
   *
   * @param handle gets each message; its bytes change when it returns
   * @returns whether all that happened was told; `false` when the kernel had to drop some
   */
  drain(handle: (message: Message) => void): boolean {
    let complete = true;
    for (;;) {
      const length = this.#receive();
      if (length >= 0) {
        for (const message of messagesIn(this.#buffer.subarray(0, length))) handle(message);
        continue;
      }
      const errno = this.#libc.errno();
      if (errno === ENOBUFS) complete = false;
      else if (errno === EAGAIN) return complete;
      else throw systemError("recv", errno, "Cannot read notifications of the routing tables");
    }
  }

  /** Closes the socket. Calling it again does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.close(this.fd);
  }

  /** Yields the messages that answer `request`, up to the last. */
  *#exchange(request: Uint8Array, action: string): Generator<Message> {
    const sequence = ++this.#sequence;
    viewOf(request).setUint32(8, sequence, true);
    // Answers nobody read, of a request given up halfway, would only be in the way.
    while (this.#receive() >= 0);
    const libc = this.#libc;
    const sent = libc.sendto(this.fd, request, request.length, 0, null, 0);
    if (sent < 0) throw systemError("sendto", libc.errno(), action);
    for (;;) {
      const length = this.#receive();
      if (length < 0) throw systemError("recv", libc.errno(), action);
      for (const message of messagesIn(this.#buffer.subarray(0, length))) {
        if (message.sequence !== sequence) continue;
        if (isLast(message)) return void refuse(message, action);
        yield message;
        if ((message.flags & MESSAGE_FLAG.multi) === 0) return;
      }
    }
  }

  #receive(): number {
    return this.#libc.recv(this.fd, this.#buffer, RECEIVE_BUFFER, MSG_DONTWAIT);
  }
}

/** What the usual refusals mean. */
const REMEDIES: Readonly<Record<string, string>> = {
  EPERM: "needs the capability CAP_NET_ADMIN in this network namespace",
  EOPNOTSUPP: "the kernel has no policy routing (CONFIG_IP_MULTIPLE_TABLES)",
  EAFNOSUPPORT: "the kernel does not know the address family, or its policy routing",
};

/** Throws when the message that ends an answer tells of a refusal. */
function refuse(message: Message, action: string): void {
  const outcome = outcomeOf(message);
  if (outcome?.errno === 0) return;
  const errno = outcome?.errno ?? 0;
  const remedy = REMEDIES[errorName(errno)];
  const text = outcome && reasonIn(outcome.attributes);
  if (remedy !== undefined || text === undefined) {
    throw systemError("netlink", errno, action, REMEDIES);
  }
  throw new SystemError("netlink", errno, `${action}: ${text} (${errorName(errno)})`);
}

function reasonIn(attributes: Uint8Array): string | undefined {
  const policy = { [ERROR_ATTRIBUTE.text]: { atMost: 4096 } };
  return Attributes.parse(attributes, policy).text(ERROR_ATTRIBUTE.text);
}
