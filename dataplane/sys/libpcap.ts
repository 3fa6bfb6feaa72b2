/**
 * The calls of libpcap a device needs, typed.
 *
 * The library is bound through koffi, which finds it where the system has it: no headers and no compiler are
 * needed, and it can be used from worker threads.
 *
 * Source: pcap(3PCAP) and the manual page of each call; pcap/pcap.h.
 *
 * @module
 */
import { type Koffi, type Library, loadKoffi, type Memory, type Pointer } from "./libc.ts";

/** pcap/pcap.h: what is received, not what is sent; link type of Ethernets; room for a sentence. */
export const PCAP_D_IN = 1;
export const DLT_EN10MB = 1;
export const PCAP_ERRBUF_SIZE = 256;

/** Every call returns what its manual page says; a handle is the address of a `pcap_t`. */
export interface Libpcap {
  create(name: string, errors: Memory): Pointer;
  setSnapshotLength(handle: Pointer, bytes: number): number;
  setPromiscuous(handle: Pointer, on: number): number;
  setImmediateMode(handle: Pointer, on: number): number;
  setBufferSize(handle: Pointer, bytes: number): number;
  activate(handle: Pointer): number;
  setNonBlock(handle: Pointer, on: number, errors: Memory): number;
  setDirection(handle: Pointer, direction: number): number;
  linkType(handle: Pointer): number;
  selectableFd(handle: Pointer): number;
  /** @param program room for a struct bpf_program, to be freed */
  compile(
    handle: Pointer,
    program: Memory,
    text: string,
    optimize: number,
    netmask: number,
  ): number;
  setFilter(handle: Pointer, program: Memory): number;
  freeProgram(program: Memory): void;
  /** @param header and @param data where addresses of the packet's header and bytes are put */
  next(handle: Pointer, header: Pointer, data: Pointer): number;
  inject(handle: Pointer, frame: Pointer, length: number): number;
  statistics(handle: Pointer, into: Memory): number;
  /** What went wrong last. */
  error(handle: Pointer): string;
  /** What a negative number `activate` returned stands for. */
  statusText(status: number): string;
  close(handle: Pointer): void;
}

/** Names the library has: of Debian and its like, of others, and of whoever has its headers. */
const NAMES = ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so"];

/** Binding lasts: it is done once, by the first who needs it. */
let bound: Libpcap | undefined;

/**
 * Returns the library.
 *
 * @param action what it is needed for, the beginning of the error: `Cannot capture on "eth0"`
 * @param load how koffi is had; for tests
 * @throws Error without koffi, or where the library is not installed
 */
export function openLibpcap(action: string, load?: () => unknown): Libpcap {
  if (load === undefined && bound !== undefined) return bound;
  const koffi = loadKoffi(action, load);
  const library = find(koffi);
  if (library === undefined) {
    throw new Error(`${action}: needs the library libpcap (the package libpcap0.8 or libpcap)`);
  }
  const libpcap = bind(library);
  if (load === undefined) bound = libpcap;
  return libpcap;
}

function find(koffi: Koffi): Library | undefined {
  for (const name of NAMES) {
    try {
      return koffi.load(name);
    } catch {
      // It may have another name here.
    }
  }
  return undefined;
}

function bind(library: Library): Libpcap {
  const func = <Call>(definition: string) => library.func(definition) as Call;
  return {
    create: func("intptr_t pcap_create(const char *name, void *errors)"),
    setSnapshotLength: func("int pcap_set_snaplen(intptr_t handle, int bytes)"),
    setPromiscuous: func("int pcap_set_promisc(intptr_t handle, int on)"),
    setImmediateMode: func("int pcap_set_immediate_mode(intptr_t handle, int on)"),
    setBufferSize: func("int pcap_set_buffer_size(intptr_t handle, int bytes)"),
    activate: func("int pcap_activate(intptr_t handle)"),
    setNonBlock: func("int pcap_setnonblock(intptr_t handle, int on, void *errors)"),
    setDirection: func("int pcap_setdirection(intptr_t handle, int direction)"),
    linkType: func("int pcap_datalink(intptr_t handle)"),
    selectableFd: func("int pcap_get_selectable_fd(intptr_t handle)"),
    compile: func(
      "int pcap_compile(intptr_t handle, void *program, const char *text, int optimize, uint32_t netmask)",
    ),
    setFilter: func("int pcap_setfilter(intptr_t handle, void *program)"),
    freeProgram: func("void pcap_freecode(void *program)"),
    next: func("int pcap_next_ex(intptr_t handle, void *header, void *data)"),
    inject: func("int pcap_inject(intptr_t handle, const void *frame, size_t length)"),
    statistics: func("int pcap_stats(intptr_t handle, void *into)"),
    error: func("const char *pcap_geterr(intptr_t handle)"),
    statusText: func("const char *pcap_statustostr(int status)"),
    close: func("void pcap_close(intptr_t handle)"),
  };
}
