/**
 * What a client of datagrams tells.
 *
 * @module
 */

/** The answer to one datagram. */
export interface DatagramAnswer {
  /** Name of the real server that answered. */
  readonly server: string;
  /** The datagram as the server got it. */
  readonly text: string;
  /** Address and port the answer came from. */
  readonly from: string;
}
