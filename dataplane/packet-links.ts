/**
 * Sends packets to links by packet sockets, with all that is left to do for them: the network card, or whoever
 * receives a packet on this machine, completes checksums and cuts into segments.
 *
 * @module
 */
import { HEADER_LENGTH as LINK_HEADER } from "../src/wire/ethernet.ts";
import type { Frame } from "../src/wire/frame.ts";
import * as virtioNet from "../src/wire/virtio-net.ts";
import type { Hop } from "./host-neighbors.ts";
import type { LinkSender } from "./link-sender.ts";
import { FramePointers } from "./sys/frame-pointers.ts";
import { openLibc } from "./sys/libc.ts";
import { PacketSender } from "./sys/packet-sender.ts";

/** Bytes in front of a packet: what is left to do, and the Ethernet header. */
const FRONT = virtioNet.HEADER_LENGTH + LINK_HEADER;

/** Links as packet sockets send to them. */
export class PacketLinks implements LinkSender {
  readonly front = FRONT;
  readonly offload = true;
  readonly #sender: PacketSender;
  readonly #pointers: FramePointers;

  /**
   * @param drop told of each packet that could not be sent, by the name of the error
   * @throws SystemError without the capability CAP_NET_RAW; Error without koffi
   */
  constructor(drop: (reason: string) => void) {
    this.#sender = new PacketSender(drop);
    this.#pointers = new FramePointers(openLibc("Cannot send to links"));
  }

  reaches(): boolean {
    return true;
  }

  send(frame: Frame, hop: Hop): void {
    const front = frame.start - FRONT;
    const link = front + virtioNet.HEADER_LENGTH;
    frame.bytes.set(hop.header, link);
    virtioNet.write(frame, front, link);
    this.#sender.queue(this.#pointers.of(frame) + front, frame.end - front, hop.out);
    // Only memory of a ring stays as it is.
    if (!frame.fromLink) this.#sender.flush();
  }

  flush(): void {
    this.#sender.flush();
  }

  close(): void {
    this.#sender.close();
  }
}
