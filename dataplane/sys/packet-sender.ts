/**
 * Sends whole frames to links, many with one call, each with what is left to do for it.
 *
 * The frames stay where they are: the call is told their addresses. One copy is made of them, by the kernel.
 * A ring for sending would need two where the receiver is another network namespace of this machine, as the
 * kernel copies what is in a ring before it lets go of the sender.
 *
 * Source: packet(7); sendmmsg(2); linux af_packet.c `packet_snd`, `tpacket_destruct_skb`.
 *
 * @module
 */
import {
  AF_PACKET,
  type Libc,
  MSG_DONTWAIT,
  openLibc,
  type Pointer,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
} from "./libc.ts";
import { NativeMemory } from "./native-memory.ts";
import { PACKET_VNET_HDR, SOL_PACKET } from "./packet-ring.ts";
import { enlargeSendBuffer } from "./send-buffer.ts";
import { errorName, systemError } from "./system-error.ts";

/** Frames of one call. */
const BATCH = 64;
/** Bytes of struct mmsghdr, struct iovec and struct sockaddr_ll, the last one rounded up. */
const MESSAGE = 64;
const VECTOR = 16;
const ADDRESS = 24;
const VECTORS = BATCH * MESSAGE;
const ADDRESSES = VECTORS + BATCH * VECTOR;
const TOTAL = ADDRESSES + BATCH * ADDRESS;
/** Length of struct sockaddr_ll, and where it has the interface. */
const SOCKADDR_LL = 20;
const LINK_INDEX = 4;

/** A socket that sends frames. */
export class PacketSender {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #memory: NativeMemory;
  readonly #drop: (reason: string) => void;
  #queued = 0;
  #open = true;

  /**
   * @param drop told of each frame that could not be sent, by the name of the error
   * @throws SystemError without the capability CAP_NET_RAW; Error without koffi
   */
  constructor(drop: (reason: string) => void) {
    const action = "Cannot open a packet socket";
    const libc = openLibc(action);
    const fd = libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
      throw systemError("socket", libc.errno(), action, {
        EPERM: "needs the capability CAP_NET_RAW in this network namespace",
        EAFNOSUPPORT: "the kernel has no packet sockets (CONFIG_PACKET)",
      });
    }
    this.#libc = libc;
    this.#fd = fd;
    this.#drop = drop;
    const on = new Uint8Array(new Uint32Array([1]).buffer);
    if (libc.setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, on, on.length) < 0) {
      const errno = libc.errno();
      libc.close(fd);
      throw systemError("setsockopt", errno, action);
    }
    enlargeSendBuffer(libc, fd);
    this.#memory = NativeMemory.allocate(libc, TOTAL);
    this.#prepare();
  }

  /**
   * Takes a frame to send; its memory must stay as it is until `flush`, which is called when there is no room
   * for another.
   *
   * @param address of its first byte, that of what is left to do
   * @param length in bytes, all included
   * @param interfaceIndex where it is to leave
   */
  queue(address: Pointer, length: number, interfaceIndex: number): void {
    const { view } = this.#memory;
    const vector = VECTORS + this.#queued * VECTOR;
    view.setUint32(vector, address % 0x1_0000_0000, true);
    view.setUint32(vector + 4, Math.floor(address / 0x1_0000_0000), true);
    view.setUint32(vector + 8, length, true);
    view.setInt32(ADDRESSES + this.#queued * ADDRESS + LINK_INDEX, interfaceIndex, true);
    this.#queued++;
    if (this.#queued === BATCH) this.flush();
  }

  /** Sends all that was queued; what a link does not take is dropped. */
  flush(): void {
    const count = this.#queued;
    this.#queued = 0;
    for (let done = 0; done < count; ) {
      const messages = this.#memory.address + done * MESSAGE;
      const sent = this.#libc.sendmmsg(this.#fd, messages, count - done, MSG_DONTWAIT);
      if (sent > 0) {
        done += sent;
        continue;
      }
      // The first of them was refused; the next may go elsewhere.
      this.#drop(errorName(this.#libc.errno()));
      done++;
    }
  }

  /** Closes the socket. Calling it again does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.close(this.#fd);
    this.#memory.close();
  }

  /** Fills in what is the same for all frames. */
  #prepare(): void {
    const { view, address } = this.#memory;
    for (let index = 0; index < BATCH; index++) {
      const message = index * MESSAGE;
      const vector = VECTORS + index * VECTOR;
      const name = ADDRESSES + index * ADDRESS;
      view.setBigUint64(message, BigInt(address + name), true);
      view.setUint32(message + 8, SOCKADDR_LL, true);
      view.setBigUint64(message + 16, BigInt(address + vector), true);
      view.setUint32(message + 24, 1, true);
      view.setUint16(name, AF_PACKET, true);
    }
  }
}
