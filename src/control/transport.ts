/**
 * The way netlink messages take to whoever answers them.
 *
 * @module
 */

/** A way to a peer that answers netlink requests: in this process, on a socket, or the kernel. */
export interface Transport {
  /**
   * Sends one request that demands an answer (a list, or with the flag `acknowledge`).
   *
   * @returns all replies in order, one whole message an element; the last is the one that ends a
   *   list or tells of success or failure
   * @throws the system's error, with `code` and `syscall`, when the peer cannot be asked
   */
  exchange(request: Uint8Array): Promise<readonly Uint8Array[]>;
  /**
   * Sends a request as `exchange` does and yields the replies as they come, so that a list is never
   * whole in memory: whoever takes them slowly slows the peer.
   *
   * @throws the system's error, as `exchange` does, also after some replies
   */
  stream(request: Uint8Array): AsyncIterable<Uint8Array>;
  /** Gives the way up; what is under way is rejected. Calling it again does nothing. */
  close(): Promise<void>;
}
