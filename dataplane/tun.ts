/**
 * A TUN interface as a device: what the host routes into it is received, what is written to it arrives
 * at the host as if from a network.
 *
 * The host forwards packets into the interface, so their TTL has been decremented once. The MTU is the
 * largest there is, so that the host never refuses a packet before the director has seen it. Packets come
 * as large as the network card, or who sent them on this machine, has made them, with checksums yet to be
 * completed; without offload they come in the sizes they are sent in, with their checksums filled in.
 *
 * Source: Documentation/networking/{tuntap,ip-sysctl}.rst.
 *
 * @module
 */
import { Frame, HEADROOM, MAX_PACKET } from "../src/wire/frame.ts";
import { linkByName, linkUp, parseLink } from "../src/wire/rtnetlink.ts";
import * as virtioNet from "../src/wire/virtio-net.ts";
import type { Device, DeviceCapabilities, NextHop } from "./device.ts";
import { Drops } from "./drops.ts";
import { PacketCutter } from "./packet-cutter.ts";
import { FramePointers } from "./sys/frame-pointers.ts";
import { EAGAIN, EINTR, type Libc, openLibc, type Pointer } from "./sys/libc.ts";
import { NetlinkSocket } from "./sys/netlink-socket.ts";
import { readSysctl, writeSysctl } from "./sys/sysctl.ts";
import { errorName, systemError } from "./sys/system-error.ts";
import { openTunWithHeader } from "./sys/tun.ts";

/** Where in a frame is read what stands before a packet. */
const FRONT = HEADROOM - virtioNet.HEADER_LENGTH;

/** Gets one line for each change of the host, as a command that would make it. */
export type Log = (command: string) => void;

/** What may be set when a TUN device is opened. */
export interface TunOptions {
  /** Mark of every packet received; 0. */
  readonly mark?: number;
  /** Whether packets may come with work left to do, such as being cut into segments; true. */
  readonly offload?: boolean;
  readonly log?: Log;
}

/** A network interface of the host whose other end is this process. It vanishes when closed. */
export class TunDevice implements Device {
  readonly name: string;
  readonly capabilities: DeviceCapabilities = {
    receive: true,
    transmit: true,
    nextHop: false,
    forwarded: true,
  };
  /** Index of the interface in its network namespace. */
  readonly interfaceIndex: number;
  /** Mark of every packet received. */
  readonly mark: number;
  /** File descriptor, for waiting; readable when a packet waits. */
  readonly fd: number;
  readonly #libc: Libc;
  readonly #pointers: FramePointers;
  readonly #drops = new Drops();
  /** Made when first needed, as it is seldom and takes memory. */
  #cutter: PacketCutter | undefined;
  #piece: Frame | undefined;
  #open = true;

  private constructor(libc: Libc, fd: number, index: number, name: string, mark: number) {
    this.#libc = libc;
    this.#pointers = new FramePointers(libc);
    this.fd = fd;
    this.interfaceIndex = index;
    this.name = name;
    this.mark = mark;
  }

  /**
   * Makes the interface, ready to carry packets.
   *
   * @param name 1–15 bytes, of no other interface
   * @throws SystemError when the host refuses, RangeError for an impossible name; Error without koffi
   */
  static open(name: string, options: TunOptions = {}): TunDevice {
    const { log = () => {}, mark = 0, offload = true } = options;
    const libc = openLibc(`Cannot open TUN interface "${name}"`);
    const fd = openTunWithHeader(name, offload);
    log(`ip tuntap add dev ${name} mode tun`);
    try {
      for (const [setting, value] of settingsOf(name)) {
        if (readSysctl(setting) === value) continue;
        writeSysctl(setting, value);
        log(`sysctl -w ${setting}=${value}`);
      }
      return new TunDevice(libc, fd, bringUp(name, log), name, mark);
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  get drops(): Readonly<Record<string, number>> {
    return this.#drops.counts;
  }

  /** @throws SystemError when somebody deleted the interface */
  receive(batch: readonly Frame[]): number {
    let count = 0;
    while (count < batch.length) {
      const frame = batch[count]!;
      const room = frame.bytes.length - FRONT;
      const length = this.#libc.read(this.fd, this.#pointers.of(frame) + FRONT, room);
      if (length < 0) {
        this.#checkReceive(this.#libc.errno());
        break;
      }
      frame.reset();
      frame.end = FRONT + length;
      frame.mark = this.mark;
      if (virtioNet.read(frame, FRONT, HEADROOM)) count++;
      else this.#drops.add("unknown-offload");
    }
    return count;
  }

  /** Has the packet arrive at the host; its own destination address decides where it goes. */
  transmit(frame: Frame, _nextHop: NextHop): boolean {
    return this.accept(frame);
  }

  /** What has come in fragments arrives in fragments: the host may have to pass them on. */
  accept(frame: Frame): boolean {
    const { fragmentSize, length } = frame;
    if (fragmentSize > 0 && length > fragmentSize) return this.#acceptCut(frame);
    const front = frame.start - virtioNet.HEADER_LENGTH;
    if (front < 0) return this.#drop("out-of-headroom");
    virtioNet.write(frame, front, frame.start);
    return this.#write(this.#pointers.of(frame) + front, virtioNet.HEADER_LENGTH + length);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.close(this.fd);
  }

  #acceptCut(frame: Frame): boolean {
    this.#cutter ??= new PacketCutter();
    this.#piece ??= new Frame();
    const piece = this.#piece;
    return this.#cutter.cut(frame, frame.fragmentSize, (bytes, length) => {
      piece.load(bytes.subarray(0, length));
      return this.accept(piece);
    });
  }

  #write(packet: Pointer, length: number): boolean {
    if (this.#libc.write(this.fd, packet, length) >= 0) return true;
    return this.#drop(errorName(this.#libc.errno()));
  }

  #drop(reason: string): false {
    this.#drops.add(reason);
    return false;
  }

  #checkReceive(errno: number): void {
    if (errno === EAGAIN || errno === EINTR) return;
    throw systemError("read", errno, `Cannot receive from TUN interface "${this.name}"`, {
      EBADFD: "the interface was deleted",
      EIO: "the interface was deleted",
    });
  }
}

/**
 * Yields the settings of the interface, before it comes up.
 *
 * Packets given back come from everywhere, from this host as well, so their source proves nothing:
 * the check of the reverse path is off or, where the host has it strict for all interfaces, loose
 * (the larger of both numbers counts). IPv6 stays off until a service needs it, and then goes without
 * addresses of its own.
 */
function* settingsOf(name: string): Generator<readonly [setting: string, value: string]> {
  const strict = readSysctl("net/ipv4/conf/all/rp_filter") === "1";
  yield [`net/ipv4/conf/${name}/rp_filter`, strict ? "2" : "0"];
  yield [`net/ipv4/conf/${name}/accept_local`, "1"];
  yield [`net/ipv4/conf/${name}/forwarding`, "1"];
  for (const [setting, value] of [
    ["addr_gen_mode", "1"],
    ["accept_ra", "0"],
    ["disable_ipv6", "1"],
  ] as const) {
    const path = `net/ipv6/conf/${name}/${setting}`;
    if (readSysctl(path) !== undefined) yield [path, value];
  }
}

/** Brings the interface up and returns its index. */
function bringUp(name: string, log: Log): number {
  const netlink = NetlinkSocket.open();
  try {
    const action = `Cannot bring interface "${name}" up`;
    const answer = netlink.get(linkByName(name), action);
    const index = answer && parseLink(answer)?.index;
    if (index === undefined) throw new Error(`${action}: the kernel does not tell its number`);
    netlink.change(linkUp(index, MAX_PACKET), action);
    log(`ip link set dev ${name} mtu ${MAX_PACKET} up`);
    return index;
  } finally {
    netlink.close();
  }
}
