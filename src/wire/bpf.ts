/**
 * Programs of the classic packet filter, as the kernel runs them for a socket.
 *
 * An instruction is a code, where to go on by the outcome of a comparison, and an operand; the two places to
 * go on are counted in instructions from the next one on, at most 255. The program's result is the number of
 * bytes of the packet to take; 0 leaves it.
 *
 * Source: linux/filter.h, linux/bpf_common.h; Documentation/networking/filter.rst.
 *
 * @module
 */

/** One instruction: struct sock_filter. */
export interface BpfInstruction {
  readonly code: number;
  /** Instructions to pass over when a comparison is true, and when it is false. */
  readonly yes: number;
  readonly no: number;
  /** 0–4294967295. */
  readonly operand: number;
}

/** Most instructions of a program. Source: linux/bpf_common.h `BPF_MAXINSNS`. */
export const MOST_INSTRUCTIONS = 4096;

const LOAD_WORD = 0x20;
const LOAD_LENGTH = 0x80;
const JUMP_IF_GREATER = 0x25;
const JUMP_IF_EQUAL = 0x15;
const AND = 0x54;
const RETURN = 0x06;
const WHOLE = 0x40000;

/** Places that are no bytes of the packet. Source: linux/filter.h `SKF_*`. */
const NETWORK = 0xfff00000;
const ANCILLARY = 0xfffff000;
const PACKET_KIND = 4;
const INTERFACE = 8;

/** Loads the length of the packet, with its Ethernet header where the socket is of whole frames. */
export function loadLength(): BpfInstruction {
  return { code: LOAD_LENGTH, yes: 0, no: 0, operand: 0 };
}

/** Loads who the packet is for: 0 for this host. */
export function loadKind(): BpfInstruction {
  return load(ANCILLARY + PACKET_KIND);
}

/** Loads the index of the interface the packet came by. */
export function loadInterface(): BpfInstruction {
  return load(ANCILLARY + INTERFACE);
}

/** Loads 4 bytes, in network order, from the `at`-th byte of the IP header on. */
export function loadNetwork(at: number): BpfInstruction {
  return load(NETWORK + at);
}

/** Keeps those bits of what was loaded that are set in `mask`. */
export function keep(mask: number): BpfInstruction {
  return { code: AND, yes: 0, no: 0, operand: mask };
}

/** Compares what was loaded. */
export function ifEqual(operand: number, yes: number, no: number): BpfInstruction {
  return { code: JUMP_IF_EQUAL, yes, no, operand };
}

/** Tells whether what was loaded is more than `operand`. */
export function ifGreater(operand: number, yes: number, no: number): BpfInstruction {
  return { code: JUMP_IF_GREATER, yes, no, operand };
}

/** Ends the program: the whole packet is taken, or nothing of it. */
export function end(taken: boolean): BpfInstruction {
  return { code: RETURN, yes: 0, no: 0, operand: taken ? WHOLE : 0 };
}

function load(place: number): BpfInstruction {
  return { code: LOAD_WORD, yes: 0, no: 0, operand: place };
}

/** Returns a program as the kernel reads it, 8 bytes an instruction. */
export function encodeProgram(program: readonly BpfInstruction[]): Uint8Array {
  const bytes = new Uint8Array(8 * program.length);
  const view = new DataView(bytes.buffer);
  program.forEach(({ code, yes, no, operand }, index) => {
    view.setUint16(8 * index, code, true);
    view.setUint8(8 * index + 2, yes);
    view.setUint8(8 * index + 3, no);
    view.setUint32(8 * index + 4, operand, true);
  });
  return bytes;
}
