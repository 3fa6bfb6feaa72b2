/**
 * Links by libpcap: packets are captured where they come in, and sent straight to links.
 *
 * Libpcap says nothing of what is left to do for a packet, which is recognized by the packet itself
 * (recognize-offload.ts), and links take none of it. Each packet is copied once more than with a ring, and
 * each one sent is a call.
 *
 * @module
 */
import { ICMP, ICMPV6 } from "../src/net/protocol.ts";
import * as ethernet from "../src/wire/ethernet.ts";
import { type Frame, HEADROOM } from "../src/wire/frame.ts";
import * as ipv4 from "../src/wire/ipv4.ts";
import * as ipv6 from "../src/wire/ipv6.ts";
import { recognizeOffload } from "../src/wire/recognize-offload.ts";
import type { Link } from "../src/wire/rtnetlink.ts";
import type { AddressAnswers } from "./address-answers.ts";
import { capFilter } from "./cap-filter.ts";
import { Drops } from "./drops.ts";
import type { Hop } from "./host-neighbors.ts";
import type { LinkSender } from "./link-sender.ts";
import type { LinkSource } from "./link-source.ts";
import type { PacketSelection } from "./packet-selection.ts";
import { FramePointers } from "./sys/frame-pointers.ts";
import { type Libc, openLibc } from "./sys/libc.ts";
import { openLibpcap } from "./sys/libpcap.ts";
import { PcapHandle } from "./sys/pcap-handle.ts";
import { errorName } from "./sys/system-error.ts";

/** Where in a frame the Ethernet header is put, so that the packet is behind the headroom. */
const LINK_AT = HEADROOM - ethernet.HEADER_LENGTH;

/** asm-generic/errno-base.h */
const ENODEV = 19;

/** Frames of one link that are looked at in a row. */
const MOST_LOOKED_AT = 512;

/**
 * Bytes after which no more frames are taken of one link in a row. What is sent of them is answered at once
 * where both ends are on this machine, by an acknowledgement for two segments or so, and each takes as much of
 * a link's buffer as the longest packet: 64 packets of 64 KiB would bring more of them than fit.
 */
const MOST_BYTES = 512 << 10;

/** What capturing is begun with. */
export interface CapLinksOptions {
  /** What is taken. */
  readonly selection: PacketSelection;
  /** Answers for addresses the host does not have; nobody does unless given. */
  readonly answers?: AddressAnswers | undefined;
  /** Whether ICMP to and from the selected addresses is taken, as no one else brings it. */
  readonly icmp: boolean;
}

/** A link that is captured on. */
interface Port {
  link: Link;
  readonly handle: PcapHandle;
  /** What it lets pass. */
  filter: string;
}

/** Links of this network namespace. */
export class CapLinks implements LinkSource, LinkSender {
  readonly front = ethernet.HEADER_LENGTH;
  readonly offload = false;
  readonly #options: CapLinksOptions;
  readonly #libc: Libc;
  readonly #pointers: FramePointers;
  readonly #drops = new Drops();
  /** By interface index. */
  readonly #ports = new Map<number, Port>();
  /** The same, and which of them was asked last: each is the first in its turn. */
  #order: readonly Port[] = [];
  #turn = 0;
  #filter = "";
  #addressChanges = -1;
  /** Frames lost by handles that are closed. */
  #lost = 0;

  /** @throws Error without koffi or libpcap */
  constructor(options: CapLinksOptions) {
    const action = "Cannot capture on links";
    this.#options = options;
    this.#libc = openLibc(action);
    openLibpcap(action);
    this.#pointers = new FramePointers(this.#libc);
  }

  get fds(): readonly number[] {
    return Array.from(this.#ports.values(), ({ handle }) => handle.fd);
  }

  get drops(): Readonly<Record<string, number>> {
    let lost = this.#lost;
    for (const { handle } of this.#ports.values()) lost += handle.lost();
    return { ...this.#drops.counts, "buffer-full": lost };
  }

  /** A link that is down is captured on once it is up. */
  takeFrom(links: readonly Link[]): void {
    const indexes = new Set(links.map(({ index }) => index));
    for (const index of this.#ports.keys()) if (!indexes.has(index)) this.#close(index);
    this.#refilter();
    for (const link of links) {
      const port = this.#ports.get(link.index);
      if (port !== undefined) {
        port.link = link;
        this.#filterPort(port);
      } else if (link.up) this.#openPort(link);
    }
  }

  receive(batch: Frame[]): number {
    const order = this.#order;
    let count = 0;
    for (let tried = 0; tried < order.length; tried++) {
      this.#turn = (this.#turn + 1) % order.length;
      count = this.#receiveFrom(order[this.#turn]!, batch, count);
    }
    return count;
  }

  /** Frames are filled, never replaced. */
  giveBack(): void {}

  /** Whether a link is captured on, and so can be sent to. */
  reaches(interfaceIndex: number): boolean {
    return this.#ports.has(interfaceIndex);
  }

  send(frame: Frame, hop: Hop): void {
    const handle = this.#ports.get(hop.out)?.handle;
    const link = frame.start - ethernet.HEADER_LENGTH;
    frame.bytes.set(hop.header, link);
    const first = this.#pointers.of(frame) + link;
    const errno = handle?.send(first, frame.end - link) ?? ENODEV;
    if (errno !== 0) this.#drops.add(errorName(errno));
  }

  /** Nothing is gathered. */
  flush(): void {}

  close(): void {
    for (const index of this.#ports.keys()) this.#close(index);
  }

  #openPort(link: Link): void {
    const port: Port = { link, handle: PcapHandle.open(link.name), filter: "" };
    try {
      this.#filterPort(port);
    } catch (error) {
      port.handle.close();
      throw error;
    }
    this.#ports.set(link.index, port);
    this.#order = [...this.#ports.values()];
  }

  #close(index: number): void {
    const handle = this.#ports.get(index)?.handle;
    if (handle === undefined) return;
    this.#ports.delete(index);
    this.#order = [...this.#ports.values()];
    this.#lost += handle.lost();
    handle.close();
  }

  /** Makes the filter for what is selected now. */
  #refilter(): void {
    const { selection, answers } = this.#options;
    if (selection.addressChanges === this.#addressChanges) return;
    this.#addressChanges = selection.addressChanges;
    const [four, six] = [selection.addresses(4), selection.addresses(6)];
    this.#filter = capFilter({
      requests: [...four.requests, ...six.requests],
      replies: [...four.replies, ...six.replies],
      questions: answers !== undefined,
    });
  }

  #filterPort(port: Port): void {
    if (port.filter === this.#filter) return;
    port.handle.filter(this.#filter);
    port.filter = this.#filter;
  }

  #receiveFrom(port: Port, batch: Frame[], from: number): number {
    let count = from;
    let bytes = 0;
    for (let looked = 0; looked < MOST_LOOKED_AT && count < batch.length; looked++) {
      if (bytes >= MOST_BYTES) break;
      const found = port.handle.next();
      if (found !== 1) {
        // It has gone, and the host will tell.
        if (found < 0) this.#close(port.link.index);
        break;
      }
      bytes += port.handle.length;
      if (this.#isWanted(port, batch[count]!)) count++;
    }
    return count;
  }

  /** Has the frame hold what was captured, and returns whether it is the director's. */
  #isWanted({ handle, link }: Port, frame: Frame): boolean {
    const { length } = handle;
    if (!handle.whole || length > frame.bytes.length - LINK_AT) {
      this.#drops.add("cut-off");
      return false;
    }
    if (length <= ethernet.HEADER_LENGTH) return false;
    const { view } = frame;
    const first = this.#pointers.of(frame) + LINK_AT;
    this.#libc.memcpy(first, handle.frame, length);
    frame.reset();
    frame.end = LINK_AT + length;
    frame.fromLink = true;
    const mac = link.mac ?? 0;
    const answer = this.#options.answers?.answer(view, LINK_AT, HEADROOM, frame.end, mac) ?? 0;
    if (answer > 0) {
      handle.send(first, answer);
      return false;
    }
    const type = view.getUint16(HEADROOM - 2);
    if (type !== ethernet.ETHER_TYPE.ipv4 && type !== ethernet.ETHER_TYPE.ipv6) return false;
    if (ethernet.destination(view, LINK_AT) !== mac || !this.#isSelected(frame)) return false;
    if (recognizeOffload(frame, link.mtu)) return true;
    this.#drops.add("unknown-offload");
    return false;
  }

  #isSelected(frame: Frame): boolean {
    const { selection, icmp } = this.#options;
    return selection.has(frame) || (icmp && isIcmp(frame) && selection.concerns(frame));
  }
}

function isIcmp({ view, start, end }: Frame): boolean {
  if (ipv4.isWhole(view, start, end)) return ipv4.protocol(view, start) === ICMP;
  return ipv6.isWhole(view, start, end) && ipv6.nextHeader(view, start) === ICMPV6;
}
