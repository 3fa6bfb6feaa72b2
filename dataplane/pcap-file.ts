/**
 * A capture file as a device: its packets are received, and what is sent goes to another capture.
 *
 * Times are the capture's own: a frame's time counts from the first record of the capture, and a
 * packet leaves at the time it came. A batch holds packets of one instant, and `nextTime` tells the
 * next one, so that who sets a clock by it has every packet decided at its own time.
 *
 * The output has the link type of the input where frames can be made for it (Ethernet, Linux cooked,
 * null), else raw IP. An Ethernet frame goes to the next hop's hardware address as seen in the
 * capture so far, or to one made up from its address (neighbor.ts). The output is complete once the
 * device is closed.
 *
 * A packet the capture has only the beginning of is restored to its full length with zeros, so that
 * it is decided on as the whole one would be, and is cut again where it is written. One of which too
 * little is there to decide on is left as it is.
 *
 * @module
 */
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { type ByteSource, CaptureError, type CaptureRecord } from "../src/wire/capture.ts";
import * as ethernet from "../src/wire/ethernet.ts";
import type { Frame } from "../src/wire/frame.ts";
import {
  ipLength,
  ipStart,
  isKnown,
  LINK_TYPE,
  linkHeader,
  type WritableLinkType,
  writableAs,
} from "../src/wire/link.ts";
import { readCapture } from "../src/wire/pcap.ts";
import { CaptureWriter } from "./capture-writer.ts";
import { isDecidable, restore } from "./cut-packet.ts";
import type { Device, DeviceCapabilities, NextHop } from "./device.ts";
import { derivedMac, NeighborCache } from "./neighbor.ts";

/** Where packets come from and, perhaps, go to. */
export interface PcapFileOptions {
  /** Path of the capture to read, or its bytes. */
  readonly input: string | ByteSource;
  /** Path of the capture to write. */
  readonly output?: string | undefined;
}

/** Where a received packet came from. */
export interface PacketOrigin {
  /** Place in the capture, from 1. */
  readonly number: number;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  /** Bytes at the packet's end that the capture does not have. */
  readonly missing: number;
  /** Hardware address the frame was sent to, where the link has any. */
  readonly mac: number | undefined;
}

interface FoundPacket {
  readonly record: CaptureRecord;
  readonly view: DataView;
  /** First byte of the IP packet. */
  readonly start: number;
}

type DropReason = "noOutput" | "tooLong" | "timeOutOfRange";

const NS_PER_MS = 1e6;
const LAST_TIME = 0xffffffffn * 1_000_000_000n;

/** A device over capture files. */
export class PcapFileDevice implements Device {
  readonly name: string;
  readonly capabilities: DeviceCapabilities;
  /** Time of the first record, the zero of all frame times, in nanoseconds since 1970. */
  readonly epoch: bigint;
  readonly #drops: Record<DropReason, number> = { noOutput: 0, tooLong: 0, timeOutOfRange: 0 };
  readonly #neighbors = new NeighborCache();
  readonly #origins = new WeakMap<Frame, PacketOrigin>();
  readonly #source: ByteSource & { close?(): void };
  readonly #records: Iterator<CaptureRecord, void, undefined>;
  readonly #outputType: WritableLinkType;
  readonly #writer: CaptureWriter | undefined;
  /** The next record that holds an IP packet, and where. */
  #next: FoundPacket | undefined;
  #skipped = 0;
  /** Nanoseconds since 1970 of the packets received last. */
  #now = 0n;

  /**
   * Opens both files; the output is touched only once the input has proved to begin as it should.
   *
   * @throws CaptureError when the input's beginning is broken or of a link type unknown here
   * @throws Error of node:fs when a file cannot be opened
   */
  constructor(options: PcapFileOptions) {
    const { input, output } = options;
    this.name = typeof input === "string" ? input : "capture";
    this.#source = typeof input === "string" ? openCapture(input) : input;
    try {
      this.#records = readCapture(this.#source);
      const first = this.#records.next().value ?? undefined;
      refuseUnknownLink(first);
      this.epoch = first?.time ?? 0n;
      this.#now = this.epoch;
      this.#next = this.#find(first);
      this.#outputType = writableAs(first?.linkType ?? LINK_TYPE.raw);
      this.#writer = output === undefined ? undefined : new CaptureWriter(output, this.#outputType);
    } catch (error) {
      this.#source.close?.();
      throw error;
    }
    this.capabilities = {
      receive: true,
      transmit: output !== undefined,
      nextHop: true,
      forwarded: false,
    };
  }

  get drops(): Readonly<Record<DropReason, number>> {
    return this.#drops;
  }

  /** Records passed over because they hold no IP packet. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Time of the packets to be received next, in ms; `undefined` when there are none. */
  get nextTime(): number | undefined {
    return this.#next && this.#frameTime(this.#next.record);
  }

  /** Returns where the packet in a frame, received last in it, came from. */
  origin(frame: Frame): PacketOrigin | undefined {
    return this.#origins.get(frame);
  }

  /** @throws CaptureError when the capture goes on as it should not */
  receive(batch: readonly Frame[]): number {
    let count = 0;
    while (count < batch.length && this.#next !== undefined) {
      const { record } = this.#next;
      if (count > 0 && record.time !== this.#now) break;
      this.#now = record.time;
      if (this.#load(batch[count]!, this.#next)) count++;
      this.#next = this.#find(this.#records.next().value ?? undefined);
    }
    return count;
  }

  transmit(frame: Frame, nextHop: NextHop): boolean {
    if (this.#writer === undefined) return this.#drop("noOutput");
    const origin = this.#origins.get(frame);
    // A packet the director made itself leaves with those that gave cause.
    const time = origin?.time ?? this.#now;
    if (time < 0n || time > LAST_TIME) return this.#drop("timeOutOfRange");
    const missing = Math.min(origin?.missing ?? 0, frame.length);
    const source = origin?.mac ?? derivedMac(NOBODY);
    const destination =
      this.#neighbors.find(nextHop.family, nextHop.address) ?? derivedMac(nextHop.address);
    const family = frame.view.getUint8(frame.start) >>> 4 === 6 ? 6 : 4;
    const header = linkHeader(this.#outputType, family, source, destination);
    const packet = frame.bytes.subarray(frame.start, frame.end - missing);
    this.#writer.write(time, header, packet, missing);
    return true;
  }

  close(): void {
    this.#next = undefined;
    this.#writer?.close();
    this.#source.close?.();
  }

  /** Returns the first record from `record` on that holds an IP packet. */
  #find(record: CaptureRecord | undefined): FoundPacket | undefined {
    for (; record !== undefined; record = this.#records.next().value ?? undefined) {
      const { data, linkType } = record;
      const view = new DataView(data.buffer, data.byteOffset, data.length);
      if (linkType === LINK_TYPE.ethernet) this.#neighbors.learnFrom(view, 0, data.length);
      const start = ipStart(linkType, view, 0, data.length);
      if (start >= 0) return { record, view, start };
      this.#skipped++;
    }
    return undefined;
  }

  /** Fills a frame with a packet; `false`, counted, when it does not fit. */
  #load(frame: Frame, { record, view, start }: FoundPacket): boolean {
    const { data, linkType } = record;
    const claimed = ipLength(view, start, data.length);
    // A frame shorter than the link allows was padded; a length of 0 is left for the director to judge.
    const end = claimed > 0 ? Math.min(data.length, start + claimed) : data.length;
    const isRestorable = record.truncated && isDecidable(view, start, end);
    const missing = isRestorable ? Math.max(0, start + claimed - end) : 0;
    frame.reset();
    if (end - start + missing > frame.bytes.length - frame.start) return this.#drop("tooLong");
    frame.load(data.subarray(start, end));
    restore(frame, missing);
    frame.time = this.#frameTime(record);
    const mac = linkType === LINK_TYPE.ethernet ? ethernet.destination(view, 0) : undefined;
    this.#origins.set(frame, {
      number: record.number,
      time: record.time,
      missing,
      mac: mac !== undefined && !ethernet.isGroup(mac) ? mac : undefined,
    });
    return true;
  }

  #frameTime(record: CaptureRecord): number {
    return Number(record.time - this.epoch) / NS_PER_MS;
  }

  #drop(reason: DropReason): false {
    this.#drops[reason]++;
    return false;
  }
}

/** Whose made-up hardware address the director has while none is seen. */
const NOBODY = new Uint32Array(4);

/**
 * Makes sure that packets can be found in frames like the first record's.
 *
 * @throws CaptureError when its link type is unknown here
 */
export function refuseUnknownLink(record: CaptureRecord | undefined): void {
  if (record === undefined || isKnown(record.linkType)) return;
  const known = Object.values(LINK_TYPE).join(", ");
  throw new CaptureError(record.offset, `link type ${record.linkType}`, `one of ${known}`);
}

/** A capture file open for reading. */
export interface CaptureFile extends ByteSource {
  /** Calling it again does nothing. */
  close(): void;
}

/**
 * Opens a capture file for reading.
 *
 * @throws TypeError when it is a pipe or anything else that cannot be read at any position
 * @throws Error of node:fs when it cannot be opened
 */
export function openCapture(path: string): CaptureFile {
  if (!statSync(path).isFile()) {
    throw new TypeError(`Cannot read the capture "${path}": must be a regular file`);
  }
  let file: number | undefined = openSync(path, "r");
  return {
    read: (into, position) =>
      file === undefined ? 0 : readSync(file, into, 0, into.length, position),
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
