/**
 * Room for what a socket has sent and its link has not taken yet.
 *
 * Source: socket(7); asm-generic/socket.h.
 *
 * @module
 */
import { type Libc, SO_SNDBUF, SOL_SOCKET } from "./libc.ts";

/** Enough for some hundred packets of any length, in bytes. */
const SEND_BUFFER = 16 << 20;
/** Beyond what net.core.wmem_max allows, for those who may. */
const SO_SNDBUFFORCE = 32;

/** Gives a socket that sends to links as much room as it may have. */
export function enlargeSendBuffer(libc: Libc, fd: number): void {
  const size = new Uint8Array(new Uint32Array([SEND_BUFFER]).buffer);
  if (libc.setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, size, size.length) < 0) {
    // The kernel cuts this down to what everybody may have.
    libc.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, size, size.length);
  }
}
