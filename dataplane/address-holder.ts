/**
 * Hears and answers questions for virtual addresses this host does not have (address-answers.ts), on every
 * Ethernet packets are taken from, by packet sockets.
 *
 * @module
 */
import { ICMPV6 } from "../src/net/protocol.ts";
import { end, ifEqual, keep, loadNetwork } from "../src/wire/bpf.ts";
import * as ethernet from "../src/wire/ethernet.ts";
import * as ipv6 from "../src/wire/ipv6.ts";
import * as discovery from "../src/wire/neighbor-discovery.ts";
import { HEADER_LENGTH as OFFLOAD } from "../src/wire/virtio-net.ts";
import { AddressAnswers } from "./address-answers.ts";
import type { HostRoutes } from "./host-routes.ts";
import type { Holder } from "./link-device.ts";
import type { PacketSelection } from "./packet-selection.ts";
import { PacketRing, SHORT_SLOT } from "./sys/packet-ring.ts";
import { PacketSender } from "./sys/packet-sender.ts";

/** Rings for questions. */
const SIZE = { slotSize: SHORT_SLOT, blocks: 1 };

/** Where an IPv6 header has its next header among 4 bytes, and a message its type behind it. */
const NEXT_HEADER = { at: 4, mask: 0x0000ff00, value: ICMPV6 << 8 } as const;
const TYPE = {
  at: ipv6.HEADER_LENGTH,
  mask: 0xff000000,
  value: discovery.NEIGHBOR_SOLICITATION * 0x100_0000,
} as const;

/** Holds the addresses requests are selected to. */
export class AddressHolder implements Holder {
  readonly #routes: HostRoutes;
  readonly #answers: AddressAnswers;
  readonly #sender = new PacketSender(() => {});
  readonly #arp: PacketRing;
  readonly #discovery: PacketRing;

  /** @throws SystemError without the capability CAP_NET_RAW; Error without koffi */
  constructor(routes: HostRoutes, selection: PacketSelection) {
    this.#routes = routes;
    this.#answers = new AddressAnswers(routes, selection);
    this.#arp = PacketRing.open(ethernet.ETHER_TYPE.arp, SIZE);
    this.#discovery = PacketRing.open(ethernet.ETHER_TYPE.ipv6, SIZE);
    this.#discovery.filter([
      loadNetwork(NEXT_HEADER.at),
      keep(NEXT_HEADER.mask),
      ifEqual(NEXT_HEADER.value, 1, 0),
      end(false),
      loadNetwork(TYPE.at),
      keep(TYPE.mask),
      ifEqual(TYPE.value, 1, 0),
      end(false),
      end(true),
    ]);
    this.#arp.listen();
    this.#discovery.listen();
  }

  /** Descriptors to wait for. */
  get fds(): readonly number[] {
    return [this.#arp.fd, this.#discovery.fd];
  }

  /** Answers what has been asked. */
  turn(): void {
    for (const ring of [this.#arp, this.#discovery]) {
      while (ring.take()) {
        const mac = this.#routes.links.get(ring.received.interfaceIndex)?.mac;
        if (mac !== undefined && ring.received.whole) this.#answer(ring, mac);
        ring.give(ring.received.slot);
      }
    }
  }

  /** Releases the sockets. Calling it again does nothing. */
  close(): void {
    this.#arp.close();
    this.#discovery.close();
    this.#sender.close();
  }

  #answer({ memory, received }: PacketRing, mac: number): void {
    const { view, bytes, address } = memory;
    const { base, link, packet, end: last, interfaceIndex } = received;
    const length = this.#answers.answer(view, base + link, base + packet, base + last, mac);
    if (length === 0) return;
    const first = base + link - OFFLOAD;
    bytes.fill(0, first, base + link);
    this.#sender.queue(address + first, OFFLOAD + length, interfaceIndex);
    this.#sender.flush();
  }
}
