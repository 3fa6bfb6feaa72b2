/**
 * The packets of clients: 40 bytes of IPv4 and TCP, or 28 of IPv4 and UDP, written into one frame again and
 * again.
 *
 * Transport checksums are left 0: no real server looks at them here, and the engine does not.
 *
 * @module
 */
import { TCP, type UDP } from "../net/protocol.ts";
import { Frame } from "../wire/frame.ts";

/** Flags of the TCP packets a simulation needs. */
export const TCP_FLAG = { fin: 0x11, syn: 0x02, ack: 0x10 } as const;

const TTL = 64;
const NETWORK = 20;
const TCP_HEADER = 20;
const UDP_HEADER = 8;

/** Writes packets to one virtual service. */
export class ClientPackets {
  readonly frame = new Frame(256);
  readonly #start = this.frame.start;
  readonly #end: number;
  readonly #tcp: boolean;
  readonly #word2: number;
  /** Sum of all 16-bit words of the IP header but source and checksum. */
  readonly #sum: number;

  constructor(protocol: typeof TCP | typeof UDP, virtualAddress: number, virtualPort: number) {
    const { view } = this.frame;
    const at = this.#start;
    this.#tcp = protocol === TCP;
    const length = NETWORK + (this.#tcp ? TCP_HEADER : UDP_HEADER);
    this.#end = at + length;
    this.#word2 = ((TTL << 24) | (protocol << 16)) >>> 0;
    view.setUint32(at, 0x45000000 | length);
    view.setUint32(at + 16, virtualAddress);
    view.setUint16(at + NETWORK + 2, virtualPort);
    if (this.#tcp) view.setUint8(at + NETWORK + 12, (TCP_HEADER / 4) << 4);
    else view.setUint16(at + NETWORK + 4, UDP_HEADER);
    this.#sum =
      0x4500 + length + (this.#word2 >>> 16) + (virtualAddress >>> 16) + (virtualAddress & 0xffff);
  }

  /** Returns the frame with a packet of a client, of these TCP flags where it is TCP. */
  write(address: number, port: number, flags: number): Frame {
    const { frame } = this;
    const { view } = frame;
    const at = this.#start;
    frame.start = at;
    frame.end = this.#end;
    let sum = this.#sum + (address >>> 16) + (address & 0xffff);
    sum = (sum & 0xffff) + (sum >>> 16);
    sum = (sum & 0xffff) + (sum >>> 16);
    view.setUint32(at + 8, (this.#word2 | (~sum & 0xffff)) >>> 0);
    view.setUint32(at + 12, address);
    view.setUint16(at + NETWORK, port);
    if (this.#tcp) view.setUint8(at + NETWORK + 13, flags);
    return frame;
  }
}
