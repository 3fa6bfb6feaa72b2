/**
 * The answer to what cannot be framed.
 *
 * @module
 */
import { ERRNO } from "../base/error.ts";
import { HEADER_LENGTH, messageAt, viewOf } from "../wire/netlink.ts";
import { MessageWriter } from "../wire/netlink-writer.ts";

/**
 * Returns the message that refuses, with EINVAL, a message whose length field cannot be right.
 *
 * It quotes no more than the header, with a length that is right: who reads the quotation must not
 * stumble over it as well.
 *
 * @param header at least the header of the message
 */
export function refusal(header: Uint8Array): Uint8Array {
  const quoted = Uint8Array.from(header.subarray(0, HEADER_LENGTH));
  viewOf(quoted).setUint32(0, HEADER_LENGTH, true);
  const request = messageAt(quoted, 0)!;
  const text = "The length of the message cannot be right";
  return new MessageWriter().outcome(request, ERRNO.EINVAL, text).take();
}
