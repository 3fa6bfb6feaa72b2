/**
 * Memory the system may be told the address of: it never moves, and is there until it is given back.
 *
 * Source: mmap(2).
 *
 * @module
 */
import {
  type Libc,
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  MAP_SHARED,
  type Pointer,
  PROT_READ,
  PROT_WRITE,
} from "./libc.ts";
import { systemError } from "./system-error.ts";

/** What `mmap` returns instead of an address. */
const MAP_FAILED = -1;

/** A piece of memory. */
export class NativeMemory {
  readonly address: Pointer;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #libc: Libc;
  #open = true;

  private constructor(libc: Libc, address: Pointer, length: number) {
    const buffer = libc.memoryAt(address, length);
    this.address = address;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.#libc = libc;
  }

  /**
   * Returns memory of this process, all zeros.
   *
   * @throws SystemError when there is none left
   */
  static allocate(libc: Libc, length: number): NativeMemory {
    return NativeMemory.#map(libc, length, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  }

  /**
   * Returns memory shared with the kernel.
   *
   * @param fd descriptor of what has the memory
   * @throws SystemError when the kernel refuses
   */
  static share(libc: Libc, length: number, fd: number): NativeMemory {
    return NativeMemory.#map(libc, length, MAP_SHARED, fd);
  }

  static #map(libc: Libc, length: number, flags: number, fd: number): NativeMemory {
    const address = libc.mmap(null, length, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (address === MAP_FAILED) {
      throw systemError("mmap", libc.errno(), `Cannot have ${length} bytes of memory`);
    }
    return new NativeMemory(libc, address, length);
  }

  /** Gives the memory back; nothing may be read or written from then on. Calling it again does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.munmap(this.address, this.bytes.length);
  }
}
