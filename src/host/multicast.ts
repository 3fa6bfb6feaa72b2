/**
 * UDP to groups of hosts, and from them: as much as a director's synchronisation needs.
 *
 * Source: linux udp.c, igmp.c, ipv6/mcast.c; ip(7), ipv6(7).
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import type { Random } from "../base/random.ts";
import type { MulticastEnd, MulticastSender } from "../engine/host.ts";
import { type AddressWords, type Family, sameWords } from "../net/address.ts";
import { UDP } from "../net/protocol.ts";
import * as checksum from "../wire/checksum.ts";
import { Frame } from "../wire/frame.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as udp from "../wire/udp.ts";
import type { HostPacket } from "./host-packet.ts";
import type { Interface } from "./interfaces.ts";
import type { Routing } from "./routing.ts";
import { isLinkLocal } from "./special-addresses.ts";

/** Ports a host draws of its own accord. Source: net.ipv4.ip_local_port_range. */
const FIRST_PORT = 32768;
const PORTS = 28232;
/** Second byte of an IPv6 group that is heard on one link only (RFC 4291 §2.7). */
const LINK_SCOPE = 2;

/** Someone who has joined a group. */
interface Member {
  readonly end: MulticastEnd;
  readonly take: (datagram: Uint8Array) => void;
}

/** What the groups of a host need of it. */
export interface MulticastHost {
  readonly routing: Routing;
  /** Sends a packet for a group out of an interface. */
  readonly leave: (interfaceName: string, frame: Frame) => void;
  readonly random: Random | undefined;
}

/** The groups one host sends to and has joined. */
export class Multicast {
  readonly #host: MulticastHost;
  readonly #members = new Set<Member>();
  readonly #frame = new Frame();

  constructor(host: MulticastHost) {
    this.#host = host;
  }

  /**
   * Opens a way to a group.
   *
   * @throws IpvsError ENODEV for an interface there is none of; for an IPv6 group also ENETUNREACH for the
   *   loopback interface, through which none is routed, and EADDRNOTAVAIL for one without an IPv6 address
   */
  openSender(end: MulticastEnd): MulticastSender {
    const { random, leave } = this.#host;
    const device = this.#interface(end);
    if (end.group.family === 6) refuseUnfit6(device);
    const port = FIRST_PORT + ((random?.uint32() ?? 0) % PORTS);
    let id = (random?.uint32() ?? 0) & 0xffff;
    return {
      send: (datagram) => {
        const source = sourceOf(device, end);
        write(this.#frame, datagram, source, port, end, id);
        id = (id + 1) & 0xffff;
        leave(device.name, this.#frame);
        return "sent";
      },
      close: () => {},
    };
  }

  /** Joins a group. @throws IpvsError ENODEV for an interface there is none of */
  openReceiver(end: MulticastEnd, take: (datagram: Uint8Array) => void): { close(): void } {
    this.#interface(end);
    const member = { end, take };
    this.#members.add(member);
    return { close: () => void this.#members.delete(member) };
  }

  /** Whether somebody here has joined a group on an interface. */
  hasJoined(family: Family, group: Readonly<AddressWords>, interfaceName: string): boolean {
    for (const { end } of this.#members) if (isOf(end, family, group, interfaceName)) return true;
    return false;
  }

  /** Hands a whole packet that came by an interface to whom it is for; returns whether there is one. */
  deliver(packet: HostPacket, interfaceName: string): boolean {
    const { family, protocol, destination, view, transport, frame } = packet;
    if (this.#members.size === 0 || protocol !== UDP) return false;
    const port = udp.dstPort(view, transport);
    let taken = false;
    for (const { end, take } of this.#members) {
      if (end.port !== port || !isOf(end, family, destination, interfaceName)) continue;
      take(frame.bytes.subarray(transport + udp.HEADER_LENGTH, packet.end));
      taken = true;
    }
    return taken;
  }

  #interface({ interfaceName }: MulticastEnd): Interface {
    const found = this.#host.routing.interface(interfaceName);
    if (found !== undefined) return found;
    throw new IpvsError("ENODEV", `No network interface "${interfaceName}"`);
  }
}

function isOf(
  { group, interfaceName }: MulticastEnd,
  family: Family,
  words: Readonly<AddressWords>,
  name: string,
): boolean {
  return group.family === family && interfaceName === name && sameWords(group.words, words);
}

/**
 * A socket for an IPv6 group chooses its address as it connects, from those of the interface; one for an
 * IPv4 group does without.
 */
function refuseUnfit6({ name, loopback, addresses }: Interface): void {
  if (loopback) throw new IpvsError("ENETUNREACH", `No IPv6 group is routed through "${name}"`);
  if (addresses.some(({ address }) => address.family === 6)) return;
  throw new IpvsError("EADDRNOTAVAIL", `"${name}" has no IPv6 address to send from`);
}

/** Returns the address a host sends to a group from: the interface's first of that reach. */
function sourceOf({ addresses }: Interface, { group }: MulticastEnd): Readonly<AddressWords> {
  const own = addresses
    .map(({ address }) => address)
    .filter(({ family }) => family === group.family);
  const near = group.family === 6 && ((group.words[0]! >>> 16) & 0xf) === LINK_SCOPE;
  const fitting = own.find(({ words }) => group.family === 4 || isLinkLocal(words) === near);
  return (fitting ?? own[0])?.words ?? new Uint32Array(4);
}

/** Writes a datagram into a frame, with the headers before it. */
function write(
  frame: Frame,
  datagram: Uint8Array,
  source: Readonly<AddressWords>,
  port: number,
  end: MulticastEnd,
  id: number,
): void {
  frame.reset();
  const { view, start } = frame;
  const { group, ttl } = end;
  const v4 = group.family === 4;
  const transport = start + (v4 ? ipv4.HEADER_LENGTH : ipv6.HEADER_LENGTH);
  const length = udp.HEADER_LENGTH + datagram.length;
  frame.end = transport + length;
  frame.bytes.set(datagram, transport + udp.HEADER_LENGTH);
  if (v4) {
    ipv4.setHeaderLength(view, start, ipv4.HEADER_LENGTH);
    ipv4.setTos(view, start, 0);
    ipv4.setTotalLength(view, start, frame.length);
    ipv4.setId(view, start, id);
    ipv4.setFragment(view, start, 0);
    ipv4.setTtl(view, start, ttl);
    ipv4.setProtocol(view, start, UDP);
    ipv4.setSrc(view, start, source[0]!);
    ipv4.setDst(view, start, group.words[0]!);
    ipv4.updateHeaderChecksum(view, start);
  } else {
    ipv6.setClassAndLabel(view, start, 0, 0);
    ipv6.setPayloadLength(view, start, length);
    ipv6.setNextHeader(view, start, UDP);
    ipv6.setHopLimit(view, start, ttl);
    ipv6.setSrc(view, start, source);
    ipv6.setDst(view, start, group.words);
  }
  udp.setSrcPort(view, transport, port);
  udp.setDstPort(view, transport, end.port);
  udp.setLength(view, transport, length);
  udp.setChecksum(view, transport, 0);
  const pseudo = (v4 ? checksum.pseudoHeader4 : checksum.pseudoHeader6)(view, start, UDP, length);
  const sum = checksum.finish(checksum.sum(view, transport, frame.end, pseudo));
  // A sum of 0 would mean none (RFC 768).
  udp.setChecksum(view, transport, sum === 0 ? 0xffff : sum);
}
