/**
 * Rewriting one end of a TCP or UDP packet that follows an IPv4 header without options: what `rewrite.ts`
 * does, for who has the packet in numbers.
 *
 * @module
 */
import { UDP } from "../../net/protocol.ts";
import { adjust, difference16 } from "../../wire/checksum.ts";
import type { Frame } from "../../wire/frame.ts";
import { HEADER_LENGTH } from "../../wire/ipv4.ts";

/** Where the ports are, in the transport header. */
export const SOURCE_PORT = 0;
export const TARGET_PORT = 2;

const HEADER = HEADER_LENGTH;
const UDP_NUMBER = UDP;
/** Where the checksums are. */
const TCP_CHECKSUM = 16;
const UDP_CHECKSUM = 6;

/** Whether the checksum can be changed in place: UDP without one gets a full one, by `rewrite.ts`. */
export function isRewritable(frame: Frame, protocol: number): boolean {
  const transport = frame.start + HEADER;
  if (protocol !== UDP_NUMBER || frame.partialFrom === transport) return true;
  return frame.view.getUint16(transport + UDP_CHECKSUM) !== 0;
}

/**
 * Sets a port that was `before`, and changes the checksum with it and with the address.
 *
 * @param field SOURCE_PORT or TARGET_PORT
 * @param turned difference the address makes to the sum
 */
export function rewritePort(
  frame: Frame,
  protocol: number,
  field: number,
  turned: number,
  before: number,
  port: number,
): void {
  const { view, partialFrom, partialAt } = frame;
  const transport = frame.start + HEADER;
  view.setUint16(transport + field, port);
  if (partialFrom === transport) {
    // The sum in it is not complemented, and the port comes into it only when it is completed.
    view.setUint16(partialAt, ~adjust(~view.getUint16(partialAt), turned) & 0xffff);
    return;
  }
  const at = transport + (protocol === UDP_NUMBER ? UDP_CHECKSUM : TCP_CHECKSUM);
  const value = adjust(view.getUint16(at), turned + difference16(before, port));
  // A checksum of 0 says in UDP that there is none.
  view.setUint16(at, value === 0 && protocol === UDP_NUMBER ? 0xffff : value);
}
