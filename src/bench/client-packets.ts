/**
 * The packets of clients: an IPv4 or IPv6 header and one of TCP or UDP, written into one frame again and
 * again.
 *
 * Transport checksums are left 0: no real server looks at them here, and the engine does not.
 *
 * @module
 */
import { type Address, addressBytes, type Family } from "../net/address.ts";
import { TCP, type UDP } from "../net/protocol.ts";
import { Frame } from "../wire/frame.ts";

/** Flags of the TCP packets a simulation needs. */
export const TCP_FLAG = { fin: 0x11, syn: 0x02, ack: 0x10 } as const;

/** First word of the addresses of IPv6 clients, whose number is the last: 2001:db8::/96. */
export const IPV6_CLIENTS = 0x20010db8;

const HOPS = 64;
const NETWORK: Readonly<Record<Family, number>> = { 4: 20, 6: 40 };
const TCP_HEADER = 20;
const UDP_HEADER = 8;

/** Writes packets to one virtual service. */
export class ClientPackets {
  readonly frame = new Frame(256);
  readonly #start = this.frame.start;
  readonly #transport: number;
  readonly #end: number;
  readonly #tcp: boolean;
  readonly #family: Family;
  /** Hops and protocol of an IPv4 header, without its checksum. */
  readonly #word2: number;
  /** Sum of all 16-bit words of the IPv4 header but source and checksum. */
  readonly #sum: number;

  constructor(
    protocol: typeof TCP | typeof UDP,
    virtualAddress: Address,
    virtualPort: number,
    fwmark: number,
  ) {
    const { view, bytes } = this.frame;
    const at = this.#start;
    const { family } = virtualAddress;
    this.#family = family;
    this.#tcp = protocol === TCP;
    this.#transport = at + NETWORK[family];
    const transportLength = this.#tcp ? TCP_HEADER : UDP_HEADER;
    this.#end = this.#transport + transportLength;
    this.#word2 = ((HOPS << 24) | (protocol << 16)) >>> 0;
    this.frame.mark = fwmark;
    if (family === 4) {
      view.setUint32(at, 0x45000000 | (NETWORK[4] + transportLength));
      bytes.set(addressBytes(virtualAddress), at + 16);
      this.#sum = 0;
      for (let word = 0; word < NETWORK[4]; word += 2) this.#sum += view.getUint16(at + word);
      this.#sum += this.#word2 >>> 16;
    } else {
      view.setUint32(at, 0x60000000);
      view.setUint32(at + 4, (transportLength << 16) | (protocol << 8) | HOPS);
      view.setUint32(at + 8, IPV6_CLIENTS);
      bytes.set(addressBytes(virtualAddress), at + 24);
      this.#sum = 0;
    }
    view.setUint16(this.#transport + 2, virtualPort);
    if (this.#tcp) view.setUint8(this.#transport + 12, (TCP_HEADER / 4) << 4);
    else view.setUint16(this.#transport + 4, UDP_HEADER);
  }

  /** Returns the frame with a packet of a client, of these TCP flags where it is TCP. */
  write(address: number, port: number, flags: number): Frame {
    const { frame } = this;
    const { view } = frame;
    const at = this.#start;
    frame.start = at;
    frame.end = this.#end;
    if (this.#family === 4) {
      let sum = this.#sum + (address >>> 16) + (address & 0xffff);
      sum = (sum & 0xffff) + (sum >>> 16);
      sum = (sum & 0xffff) + (sum >>> 16);
      view.setUint32(at + 8, (this.#word2 | (~sum & 0xffff)) >>> 0);
      view.setUint32(at + 12, address);
    } else {
      view.setUint8(at + 7, HOPS);
      view.setUint32(at + 20, address);
    }
    view.setUint16(this.#transport, port);
    if (this.#tcp) view.setUint8(this.#transport + 13, flags);
    return frame;
  }
}
