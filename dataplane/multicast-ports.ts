/**
 * The groups a director sends to and hears on the host it runs on.
 *
 * Nothing here waits: what has come is handed over in `turn`, to be called when one of `fds` is readable.
 *
 * @module
 */
import { errorCodeOf, IpvsError } from "../src/base/error.ts";
import type { MulticastEnd, MulticastSender } from "../src/engine/host.ts";
import { MulticastReceiveSocket, MulticastSendSocket } from "./sys/multicast-socket.ts";
import { SystemError } from "./sys/system-error.ts";

/** Datagrams handed over in one turn, so that packets get theirs. */
const BATCH = 16;
/** Bytes of the longest datagram. */
const MAX_DATAGRAM = 65536;

/** Someone who hears a group. */
interface Receiver {
  readonly socket: MulticastReceiveSocket;
  readonly take: (datagram: Uint8Array) => void;
}

/** Returns the index of an interface, or `undefined` when there is none of that name. */
export type InterfaceIndexOf = (name: string) => number | undefined;

/** The groups of one director. */
export class MulticastPorts {
  readonly #indexOf: InterfaceIndexOf;
  readonly #receivers = new Set<Receiver>();
  /** Made when first needed. */
  #buffer: Uint8Array | undefined;

  constructor(indexOf: InterfaceIndexOf) {
    this.#indexOf = indexOf;
  }

  /** Descriptors to wait for. */
  get fds(): readonly number[] {
    return Array.from(this.#receivers, ({ socket }) => socket.fd);
  }

  /** @throws IpvsError when the host refuses */
  openSender(end: MulticastEnd): MulticastSender {
    return refusable(() => new MulticastSendSocket(this.#portOf(end)));
  }

  /** @throws IpvsError when the host refuses */
  openReceiver(end: MulticastEnd, take: (datagram: Uint8Array) => void): { close(): void } {
    const socket = refusable(() => new MulticastReceiveSocket(this.#portOf(end)));
    const receiver = { socket, take };
    this.#receivers.add(receiver);
    return {
      close: () => {
        this.#receivers.delete(receiver);
        socket.close();
      },
    };
  }

  /** Hands over some of what has come, and returns how many datagrams that were. */
  turn(): number {
    let count = 0;
    for (const { socket, take } of this.#receivers) {
      this.#buffer ??= new Uint8Array(MAX_DATAGRAM);
      for (let taken = 0; taken < BATCH; taken++) {
        const length = socket.receive(this.#buffer);
        if (length < 0) break;
        take(this.#buffer.subarray(0, length));
        count++;
      }
    }
    return count;
  }

  #portOf(end: MulticastEnd) {
    const interfaceIndex = this.#indexOf(end.interfaceName);
    if (interfaceIndex === undefined) {
      throw new IpvsError("ENODEV", `No network interface "${end.interfaceName}"`);
    }
    return { ...end, interfaceIndex };
  }
}

/** Turns a refusal of the host into that of a command. */
function refusable<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw new IpvsError(errorCodeOf(error.errno) ?? "EIO", error.message);
  }
}
