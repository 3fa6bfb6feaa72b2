/**
 * The few calls of the C library that Node does not offer, typed.
 *
 * They are bound through koffi, an optional dependency, when first asked for. Memory is passed as a
 * buffer or, for packets, as the number `addressOf` gives, as no object is to be made for a packet.
 *
 * Source: the manual pages of each call, section 2; constants as cited, values common to x86-64 and
 * arm64.
 *
 * @module
 */
import { createRequire } from "node:module";

/** asm-generic/fcntl.h */
export const O_RDWR = 0o2;
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
/** linux/socket.h */
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
/** linux/net.h; the flags are those of open. */
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = O_NONBLOCK;
export const SOCK_CLOEXEC = O_CLOEXEC;
/** asm-generic/socket.h */
export const SOL_SOCKET = 1;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
/** linux/eventfd.h; the flags are those of open. */
export const EFD_NONBLOCK = O_NONBLOCK;
export const EFD_CLOEXEC = O_CLOEXEC;
/** asm-generic/poll.h */
export const POLLIN = 0x1;

/** asm-generic/mman-common.h and linux/mman.h */
export const PROT_READ = 0x1;
export const PROT_WRITE = 0x2;
export const MAP_SHARED = 0x01;
export const MAP_PRIVATE = 0x02;
export const MAP_ANONYMOUS = 0x20;

/** linux/sched.h */
export const CLONE_NEWNET = 0x40000000;

/** asm-generic/errno-base.h and errno.h */
export const EINTR = 4;
export const EAGAIN = 11;
export const EMSGSIZE = 90;
export const ENOBUFS = 105;

/** Address of a byte in memory, valid as long as the buffer it is in is referenced. */
export type Pointer = number;

/** Memory a call reads or fills: a buffer from its first byte on, or an address. */
export type Memory = Uint8Array | Pointer | null;

/** Every call returns what its manual page says; after -1, `errno()` tells why. */
export interface Libc {
  open(path: string, flags: number): number;
  close(fd: number): number;
  read(fd: number, buffer: Memory, length: number): number;
  write(fd: number, buffer: Memory, length: number): number;
  /** Only requests whose argument is a pointer. */
  ioctl(fd: number, request: number, argument: Memory): number;
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: Memory, length: number): number;
  connect(fd: number, address: Memory, length: number): number;
  setsockopt(fd: number, level: number, name: number, value: Memory, length: number): number;
  sendto(
    fd: number,
    buffer: Memory,
    length: number,
    flags: number,
    address: Memory,
    addressLength: number,
  ): number;
  recv(fd: number, buffer: Memory, length: number, flags: number): number;
  /** @param messages `count` records of struct mmsghdr; returns how many were sent */
  sendmmsg(fd: number, messages: Pointer, count: number, flags: number): number;
  getsockopt(fd: number, level: number, name: number, value: Memory, length: Memory): number;
  /** Returns the address of the mapping. */
  mmap(
    address: null,
    length: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ): Pointer;
  munmap(address: Pointer, length: number): number;
  /** @param message one struct msghdr */
  recvmsg(fd: number, message: Memory, flags: number): number;
  /** @param fds `count` records of struct pollfd; @param timeout in ms, -1 for ever */
  poll(fds: Memory, count: number, timeout: number): number;
  eventfd(initial: number, flags: number): number;
  /** Changes the calling thread only. */
  unshare(flags: number): number;
  schedYield(): number;
  /** Copies memory that does not overlap. */
  memcpy(to: Pointer, from: Pointer, length: number): void;
  /** System calls without a function of their own, with up to three arguments. */
  syscall(number: number, first: Memory, second: number, third: Memory): number;
  /** Error number of the last call that failed. */
  errno(): number;
  /** Address of the first byte; valid while `bytes` is referenced. */
  addressOf(bytes: Uint8Array): Pointer;
  /** Memory from an address on, without copying it; to be used no longer than it is mapped. */
  memoryAt(address: Pointer, length: number): ArrayBuffer;
}

/** What is used of koffi's interface. */
export interface Koffi {
  /** @param name of a library as the dynamic linker finds it; `null` for what this program has loaded */
  load(name: string | null): Library;
  errno(): number;
  address(bytes: Uint8Array): bigint;
  view(address: bigint, length: number): ArrayBuffer;
}

/** A library, whose functions are had by their declarations in C. */
export interface Library {
  func(definition: string): (...args: readonly unknown[]) => unknown;
}

const require = createRequire(import.meta.url);

/** Binding takes a millisecond and lasts: it is done once, by the first who needs it. */
let bound: Libc | undefined;

/**
 * Returns the C library.
 *
 * @param action what it is needed for, the beginning of the error: `Cannot open a TUN device`
 * @param load how koffi is had; for tests
 * @throws Error when this is not Linux or koffi is not installed
 */
export function openLibc(action: string, load?: () => unknown): Libc {
  if (load === undefined && bound !== undefined) return bound;
  if (process.platform !== "linux") {
    throw new Error(`${action}: needs Linux, this is ${process.platform}`);
  }
  const libc = bind(loadKoffi(action, load));
  if (load === undefined) bound = libc;
  return libc;
}

/**
 * Returns the package koffi.
 *
 * @param action what it is needed for, the beginning of the error
 * @throws Error when it is not installed
 */
export function loadKoffi(action: string, load: () => unknown = () => require("koffi")): Koffi {
  try {
    return load() as Koffi;
  } catch (cause) {
    throw new Error(`${action}: needs the optional dependency koffi (npm install koffi)`, {
      cause,
    });
  }
}

function bind(koffi: Koffi): Libc {
  const library = koffi.load(null);
  const func = <Call>(definition: string) => library.func(definition) as Call;
  // The third argument of ioctl is variadic, so its type is named in every call.
  const ioctl = func<(fd: number, request: number, type: string, argument: Memory) => number>(
    "int ioctl(int fd, unsigned long request, ...)",
  );
  return {
    open: func("int open(const char *path, int flags)"),
    close: func("int close(int fd)"),
    read: func("intptr_t read(int fd, void *buffer, size_t length)"),
    write: func("intptr_t write(int fd, void *buffer, size_t length)"),
    ioctl: (fd, request, argument) => ioctl(fd, request, "void *", argument),
    socket: func("int socket(int family, int type, int protocol)"),
    bind: func("int bind(int fd, const void *address, uint32_t length)"),
    connect: func("int connect(int fd, const void *address, uint32_t length)"),
    setsockopt: func(
      "int setsockopt(int fd, int level, int name, const void *value, uint32_t length)",
    ),
    sendto: func(
      "intptr_t sendto(int fd, void *buffer, size_t length, int flags, const void *address, uint32_t addressLength)",
    ),
    recv: func("intptr_t recv(int fd, void *buffer, size_t length, int flags)"),
    sendmmsg: func("int sendmmsg(int fd, void *messages, unsigned int count, int flags)"),
    getsockopt: func("int getsockopt(int fd, int level, int name, void *value, void *length)"),
    mmap: func(
      "intptr_t mmap(void *address, size_t length, int protection, int flags, int fd, long offset)",
    ),
    munmap: func("int munmap(void *address, size_t length)"),
    recvmsg: func("intptr_t recvmsg(int fd, void *message, int flags)"),
    poll: func("int poll(void *fds, unsigned long count, int timeout)"),
    eventfd: func("int eventfd(unsigned int initial, int flags)"),
    unshare: func("int unshare(int flags)"),
    schedYield: func("int sched_yield()"),
    memcpy: func("void memcpy(void *to, const void *from, size_t length)"),
    syscall: func(
      "long syscall(long number, const void *first, unsigned long second, const void *third)",
    ),
    errno: () => koffi.errno(),
    addressOf: (bytes) => Number(koffi.address(bytes)),
    memoryAt: (address, length) => koffi.view(BigInt(address), length),
  };
}
