/**
 * Answers to questions on a link for virtual addresses this host does not have: to ARP requests and neighbour
 * solicitations. Each is written where the question stands.
 *
 * What the host itself has it answers for itself.
 *
 * Source: RFC 826; RFC 5227 §2.4 for defending an address; RFC 4861 §7.2.
 *
 * @module
 */
import type { AddressWords, Family } from "../src/net/address.ts";
import * as arp from "../src/wire/arp.ts";
import * as ethernet from "../src/wire/ethernet.ts";
import * as ipv6 from "../src/wire/ipv6.ts";
import * as discovery from "../src/wire/neighbor-discovery.ts";
import type { HostRoutes } from "./host-routes.ts";
import type { PacketSelection } from "./packet-selection.ts";

/** Knows the addresses that are held: those requests are selected to. */
export class AddressAnswers {
  readonly #routes: Pick<HostRoutes, "isLocal">;
  readonly #selection: PacketSelection;
  readonly #target = new Uint32Array(4);
  readonly #source = new Uint32Array(4);

  /** @param routes tells which addresses the host has */
  constructor(routes: Pick<HostRoutes, "isLocal">, selection: PacketSelection) {
    this.#routes = routes;
    this.#selection = selection;
  }

  /**
   * Makes the answer of a question.
   *
   * @param link first byte of the Ethernet header, which has no tags
   * @param packet first byte behind it
   * @param end one past the last byte
   * @param mac hardware address of the link
   * @returns the length of the answer, Ethernet header included, in bytes; 0 where none is due
   */
  answer(view: DataView, link: number, packet: number, end: number, mac: number): number {
    const type = view.getUint16(packet - 2);
    let length = 0;
    if (type === ethernet.ETHER_TYPE.arp) length = this.#answerArp(view, packet, end, mac);
    else if (type === ethernet.ETHER_TYPE.ipv6) length = this.#advertise(view, packet, end, mac);
    if (length === 0) return 0;
    const destination = ethernet.source(view, link);
    ethernet.write(view, link, { destination, source: mac, type });
    return packet - link + length;
  }

  #answerArp(view: DataView, at: number, end: number, mac: number): number {
    if (!arp.isWhole(view, at, end) || arp.opcode(view, at) !== arp.REQUEST) return 0;
    const targetAddress = arp.targetAddress(view, at);
    this.#target.fill(0);
    this.#target[0] = targetAddress;
    if (!this.#holds(4, this.#target)) return 0;
    const message = {
      opcode: arp.REPLY,
      senderMac: mac,
      senderAddress: targetAddress,
      targetMac: arp.senderMac(view, at),
      targetAddress: arp.senderAddress(view, at),
    };
    arp.write(view, at, message);
    return arp.LENGTH;
  }

  #advertise(view: DataView, at: number, end: number, mac: number): number {
    if (!discovery.isSolicitation(view, at, end)) return 0;
    discovery.readTarget(view, at, this.#target);
    if (!this.#holds(6, this.#target)) return 0;
    ipv6.readSrc(view, at, this.#source);
    discovery.writeAdvertisement(view, at, this.#target, this.#source, mac);
    return discovery.ADVERTISEMENT_LENGTH;
  }

  #holds(family: Family, address: Readonly<AddressWords>): boolean {
    return this.#selection.isRequested(family, address) && !this.#routes.isLocal(family, address);
  }
}
