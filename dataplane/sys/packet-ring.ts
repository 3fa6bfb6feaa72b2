/**
 * Receives whole frames from all links of this network namespace, in memory shared with the kernel.
 *
 * The kernel copies each frame into the next slot of a ring and says so in the slot's first word; whoever
 * has read it gives the slot back the same way. Nothing is called for a packet. A slot has room before the
 * packet for headers, so a packet can be rewritten and sent from where it is:
 *
 *     slot  0       32             52        ADDRESS_END + ROOM
 *           +-------+--------------+---------+-------------+--------------+-----------+
 *           | state | who sent it, |  room   | what is left| Ethernet     | IP packet |
 *           | sizes | by which link|         | to do       | header       |           |
 *           +-------+--------------+---------+-------------+--------------+-----------+
 *
 * Version 2 of the rings: version 3 hands over blocks of packets, and not before a timer of at least a
 * millisecond has fired.
 *
 * Source: packet(7); Documentation/networking/packet_mmap.rst; linux/if_packet.h; linux af_packet.c
 * `tpacket_rcv`.
 *
 * @module
 */
import { type BpfInstruction, encodeProgram } from "../../src/wire/bpf.ts";
import * as virtioNet from "../../src/wire/virtio-net.ts";
import {
  AF_PACKET,
  type Libc,
  openLibc,
  type Pointer,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_SOCKET,
} from "./libc.ts";
import { NativeMemory } from "./native-memory.ts";
import { systemError } from "./system-error.ts";

/** linux/socket.h, linux/if_packet.h */
export const SOL_PACKET = 263;
const PACKET_RX_RING = 5;
const PACKET_STATISTICS = 6;
const PACKET_VERSION = 10;
const PACKET_RESERVE = 12;
export const PACKET_VNET_HDR = 15;
const TPACKET_V2 = 1;
/** asm-generic/socket.h */
const SO_ATTACH_FILTER = 26;

/** Bits of a slot's state: whose it is, and whether a VLAN tag was taken off. */
const STATUS_KERNEL = 0;
const STATUS_USER = 0x1;
const STATUS_VLAN = 0x10;

/** Fields of struct tpacket2_hdr, and of the struct sockaddr_ll behind it. */
const CAPTURED_LENGTH = 8;
const LENGTH = 4;
const MAC = 12;
const NETWORK = 14;
const SECONDS = 16;
const NANOSECONDS = 20;
const LINK_INDEX = 32 + 4;

/** Bytes kept free before each packet, for headers. */
const ROOM = 160;
const PAGE = 4096;

/** Bytes of a slot for any packet: everything before the longest one, and what a helper may add to it. */
export const LONG_SLOT = 17 * PAGE;
/** Bytes of a slot for a frame of at most `SHORT_FRAME`: everything before it, and 200 bytes a helper may add. */
export const SHORT_SLOT = 2048;
/** Length of the longest frame a short slot is for, in bytes with its Ethernet header. */
export const SHORT_FRAME = 1600;

/** Most bytes of a block, which is contiguous in the kernel's memory. */
const BLOCK = 1 << 20;

/** A frame in a slot, by places in `bytes` and `view` of the ring. Overwritten by the next. */
export interface Received {
  /** Number of the slot, to give it back. */
  slot: number;
  /** First byte of the slot's memory. */
  base: number;
  /** First byte of what is left to do, of the Ethernet header, and of the packet, from `base` on. */
  offload: number;
  link: number;
  packet: number;
  /** One past the last byte. */
  end: number;
  /** Index of the interface it came by. */
  interfaceIndex: number;
  /** Whether nothing is cut off, and it had no VLAN tag. */
  whole: boolean;
}

/** What a ring is made of. */
export interface RingSize {
  /** Bytes of a slot: `LONG_SLOT` or `SHORT_SLOT`. */
  readonly slotSize: number;
  /** Size of the ring, in MiB. */
  readonly blocks: number;
}

/** A ring of slots the kernel fills. */
export class PacketRing {
  /** File descriptor, for waiting; readable when a frame waits. */
  readonly fd: number;
  /** Bytes of a slot. */
  readonly slotSize: number;
  readonly slots: number;
  readonly memory: NativeMemory;
  readonly received: Received = {
    slot: 0,
    base: 0,
    offload: 0,
    link: 0,
    packet: 0,
    end: 0,
    interfaceIndex: 0,
    whole: true,
  };
  readonly #libc: Libc;
  readonly #scratch: NativeMemory;
  /** The same memory as words, for the state of slots: written by the kernel on another processor. */
  readonly #words: Int32Array;
  readonly #etherType: number;
  #next = 0;
  #open = true;

  private constructor(libc: Libc, fd: number, etherType: number, size: RingSize) {
    this.#libc = libc;
    this.fd = fd;
    this.#etherType = etherType;
    this.slotSize = size.slotSize;
    this.slots = size.blocks * slotsPerBlock(size);
    this.memory = NativeMemory.share(libc, this.slots * this.slotSize, fd);
    this.#scratch = NativeMemory.allocate(libc, 16 * PAGE);
    this.#words = new Int32Array(this.memory.bytes.buffer);
  }

  /**
   * Makes a ring that receives nothing before `listen`.
   *
   * @param etherType which packets, as in Ethernet headers
   * @throws SystemError without the capability CAP_NET_RAW, or when there is not enough memory; Error
   *   without koffi
   */
  static open(etherType: number, size: RingSize): PacketRing {
    const action = "Cannot open a packet ring";
    const libc = openLibc(action);
    // Without a protocol it hears nothing until it is bound.
    const fd = libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
      throw systemError("socket", libc.errno(), action, {
        EPERM: "needs the capability CAP_NET_RAW in this network namespace",
        EAFNOSUPPORT: "the kernel has no packet sockets (CONFIG_PACKET)",
      });
    }
    const { slotSize, blocks } = size;
    const perBlock = slotsPerBlock(size);
    const option = (name: number, ...words: readonly number[]): void => {
      const value = new Uint32Array(words);
      const bytes = new Uint8Array(value.buffer);
      if (libc.setsockopt(fd, SOL_PACKET, name, bytes, bytes.length) === 0) return;
      throw systemError("setsockopt", libc.errno(), action, {
        ENOMEM: `the kernel has no ${blocks} MiB for it`,
        ENOPROTOOPT: "the kernel is too old: 4.6 or later is needed",
      });
    };
    try {
      option(PACKET_VERSION, TPACKET_V2);
      option(PACKET_RESERVE, ROOM);
      option(PACKET_VNET_HDR, 1);
      // struct tpacket_req: size and number of blocks, size and number of slots.
      option(PACKET_RX_RING, slotSize * perBlock, blocks, slotSize, blocks * perBlock);
      return new PacketRing(libc, fd, etherType, size);
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  /**
   * Receives from now on what a filter lets pass.
   *
   * @param filter of at most 4096 instructions; its result is the bytes to take
   * @throws SystemError when the kernel refuses the filter
   */
  filter(filter: readonly BpfInstruction[]): void {
    const { bytes, view, address } = this.#scratch;
    const program = encodeProgram(filter);
    // struct sock_fprog: number of instructions, and where they are.
    const descriptor = 16;
    bytes.set(program, descriptor);
    view.setUint16(0, filter.length, true);
    view.setBigUint64(8, BigInt(address + descriptor), true);
    const libc = this.#libc;
    if (libc.setsockopt(this.fd, SOL_SOCKET, SO_ATTACH_FILTER, address, 16) === 0) return;
    throw systemError("setsockopt", libc.errno(), "Cannot filter a packet ring");
  }

  /** Begins to receive, from all links. */
  listen(): void {
    // struct sockaddr_ll; the protocol in network order.
    const address = new Uint8Array(20);
    const view = new DataView(address.buffer);
    view.setUint16(0, AF_PACKET, true);
    view.setUint16(2, this.#etherType);
    if (this.#libc.bind(this.fd, address, address.length) === 0) return;
    throw systemError("bind", this.#libc.errno(), "Cannot open a packet ring");
  }

  /** Whether a frame waits. */
  waits(): boolean {
    return (Atomics.load(this.#words, (this.#next * this.slotSize) >>> 2) & STATUS_USER) !== 0;
  }

  /** Whether the frame that waits here has come before the one that waits in another ring. */
  isAheadOf(other: PacketRing): boolean {
    const mine = this.memory.view;
    const theirs = other.memory.view;
    const here = this.#next * this.slotSize;
    const there = other.#next * other.slotSize;
    const seconds = mine.getUint32(here + SECONDS, true) - theirs.getUint32(there + SECONDS, true);
    if (seconds !== 0) return seconds < 0;
    return mine.getUint32(here + NANOSECONDS, true) < theirs.getUint32(there + NANOSECONDS, true);
  }

  /** Takes the next frame, if one waits, into `received`; its slot must be given back. */
  take(): boolean {
    const slot = this.#next;
    const base = slot * this.slotSize;
    const status = Atomics.load(this.#words, base >>> 2);
    if ((status & STATUS_USER) === 0) return false;
    this.#next = slot + 1 === this.slots ? 0 : slot + 1;
    const { received } = this;
    const { view } = this.memory;
    const captured = view.getUint32(base + CAPTURED_LENGTH, true);
    const link = view.getUint16(base + MAC, true);
    received.slot = slot;
    received.base = base;
    received.link = link;
    received.offload = link - virtioNet.HEADER_LENGTH;
    received.packet = view.getUint16(base + NETWORK, true);
    received.end = link + captured;
    received.interfaceIndex = view.getInt32(base + LINK_INDEX, true);
    received.whole =
      (status & STATUS_VLAN) === 0 && captured === view.getUint32(base + LENGTH, true);
    return true;
  }

  /** Gives a slot back to the kernel. */
  give(slot: number): void {
    Atomics.store(this.#words, (slot * this.slotSize) >>> 2, STATUS_KERNEL);
  }

  /** Address of a slot's first byte. */
  addressOf(slot: number): Pointer {
    return this.memory.address + slot * this.slotSize;
  }

  /** Returns how many frames found no free slot since this was last asked. */
  lost(): number {
    const { view, address } = this.#scratch;
    // struct tpacket_stats: frames, and those lost.
    view.setUint32(8, 8, true);
    const libc = this.#libc;
    if (libc.getsockopt(this.fd, SOL_PACKET, PACKET_STATISTICS, address, address + 8) < 0) return 0;
    return view.getUint32(4, true);
  }

  /** Gives socket and memory back; no slot may be looked at from then on. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.close(this.fd);
    this.memory.close();
    this.#scratch.close();
  }
}

function slotsPerBlock({ slotSize }: RingSize): number {
  return Math.floor(BLOCK / slotSize);
}
