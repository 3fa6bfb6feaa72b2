/**
 * Receives and sends whole frames on one interface, by libpcap.
 *
 * The library hands over one frame at a time, in memory of its own that the next one takes; so each is
 * copied once more. It says nothing of what is left to do for a packet, and takes none of that.
 *
 * Source: pcap(3PCAP), pcap_next_ex(3PCAP), pcap_inject(3PCAP), pcap_stats(3PCAP).
 *
 * @module
 */
import { type Libc, openLibc, type Pointer } from "./libc.ts";
import { DLT_EN10MB, type Libpcap, openLibpcap, PCAP_D_IN, PCAP_ERRBUF_SIZE } from "./libpcap.ts";
import { NativeMemory } from "./native-memory.ts";
import { enlargeSendBuffer } from "./send-buffer.ts";

/** More than any frame has, and what libpcap itself takes for no limit. */
const SNAPSHOT_LENGTH = 262_144;
/** Room for frames that wait, in bytes; each takes as much as the longest. */
const BUFFER = 32 << 20;

/** Netmask that is not known, for filters that do not ask for it. */
const NETMASK_UNKNOWN = 0xffffffff;

/** Bytes of struct pcap_pkthdr, and its fields behind a time of 16 bytes. */
const HEADER = 24;
const CAPTURED_LENGTH = 16;
const LENGTH = 20;

/** Scratch memory: where the header is, where the frame is, and struct bpf_program. */
const HEADER_AT = 0;
const FRAME_AT = 8;
const PROGRAM = 16;
const SCRATCH = 64;

/** An interface that is captured on. */
export class PcapHandle {
  /** File descriptor, for waiting; readable when a frame waits. */
  readonly fd: number;
  /** Of the frame `next` has found: its address, valid until it is called again, and its length in bytes. */
  frame: Pointer = 0;
  length = 0;
  /** Whether all of it is there. */
  whole = true;
  readonly #libc: Libc;
  readonly #pcap: Libpcap;
  readonly #handle: Pointer;
  readonly #scratch: NativeMemory;
  #headerAt: Pointer = 0;
  #header: DataView;
  #open = true;

  private constructor(libc: Libc, pcap: Libpcap, handle: Pointer) {
    this.#libc = libc;
    this.#pcap = pcap;
    this.#handle = handle;
    this.fd = pcap.selectableFd(handle);
    // The library sends by the descriptor it receives by.
    enlargeSendBuffer(libc, this.fd);
    this.#scratch = NativeMemory.allocate(libc, SCRATCH);
    this.#header = this.#scratch.view;
  }

  /**
   * Begins to capture what comes in by an interface, all of it until `filter` is called.
   *
   * @throws Error when libpcap refuses, most often without the capability CAP_NET_RAW, or is not there
   */
  static open(name: string): PcapHandle {
    const action = `Cannot capture on "${name}"`;
    const libc = openLibc(action);
    const pcap = openLibpcap(action);
    const errors = new Uint8Array(PCAP_ERRBUF_SIZE);
    const handle = pcap.create(name, errors);
    if (handle === 0) throw new Error(`${action}: ${textOf(errors)}`);
    try {
      pcap.setSnapshotLength(handle, SNAPSHOT_LENGTH);
      pcap.setPromiscuous(handle, 0);
      pcap.setImmediateMode(handle, 1);
      pcap.setBufferSize(handle, BUFFER);
      // Positive numbers are warnings.
      const status = pcap.activate(handle);
      if (status < 0)
        throw new Error(`${action}: ${pcap.error(handle) || pcap.statusText(status)}`);
      if (pcap.linkType(handle) !== DLT_EN10MB) throw new Error(`${action}: it is no Ethernet`);
      if (pcap.setNonBlock(handle, 1, errors) < 0) throw new Error(`${action}: ${textOf(errors)}`);
      if (pcap.setDirection(handle, PCAP_D_IN) < 0) {
        throw new Error(`${action}: ${pcap.error(handle)}`);
      }
      return new PcapHandle(libc, pcap, handle);
    } catch (error) {
      pcap.close(handle);
      throw error;
    }
  }

  /**
   * Captures from now on what a filter lets pass.
   *
   * @param text as in pcap-filter(7)
   * @throws Error when libpcap refuses it
   */
  filter(text: string): void {
    const pcap = this.#pcap;
    const program = this.#scratch.address + PROGRAM;
    const compiled = pcap.compile(this.#handle, program, text, 1, NETMASK_UNKNOWN) === 0;
    const set = compiled && pcap.setFilter(this.#handle, program) === 0;
    if (compiled) pcap.freeProgram(program);
    if (!set) throw new Error(`Cannot filter what is captured: ${pcap.error(this.#handle)}`);
  }

  /**
   * Takes the next frame, if one waits, and says where it is in `frame` and `length`.
   *
   * @returns 1 for a frame, 0 for none, and less when the interface has gone
   */
  next(): number {
    const { address, view } = this.#scratch;
    const found = this.#pcap.next(this.#handle, address + HEADER_AT, address + FRAME_AT);
    if (found !== 1) return found;
    const headerAt = pointerAt(view, HEADER_AT);
    if (headerAt !== this.#headerAt) {
      // The library has one header for all frames.
      this.#header = new DataView(this.#libc.memoryAt(headerAt, HEADER));
      this.#headerAt = headerAt;
    }
    this.frame = pointerAt(view, FRAME_AT);
    this.length = this.#header.getUint32(CAPTURED_LENGTH, true);
    this.whole = this.length === this.#header.getUint32(LENGTH, true);
    return 1;
  }

  /**
   * Sends a frame.
   *
   * @param frame address of its first byte
   * @returns 0, or the number of the error
   */
  send(frame: Pointer, length: number): number {
    return this.#pcap.inject(this.#handle, frame, length) < 0 ? this.#libc.errno() : 0;
  }

  /** Returns how many frames found no room since the beginning. */
  lost(): number {
    const { address, view } = this.#scratch;
    // struct pcap_stat: frames, those lost, and those lost by the interface.
    if (this.#pcap.statistics(this.#handle, address) < 0) return 0;
    return view.getUint32(4, true);
  }

  /** Gives the interface back. Calling it again does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#pcap.close(this.#handle);
    this.#scratch.close();
  }
}

function pointerAt(view: DataView, at: number): Pointer {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
}

/** Text of a buffer up to its first zero. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, bytes.indexOf(0))).toString();
}
