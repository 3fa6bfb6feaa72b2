/**
 * IPsec headers as text, in the words of tcpdump(8): RFC 4302 (AH) and RFC 4303 (ESP).
 *
 * @module
 */
import { hexText } from "./text-words.ts";

const ESP_LENGTH = 8;
/** Bytes of an authentication header before its check value, and its length in any case. */
const AH_LENGTH = 12;

/** Returns what the ESP packet in `[at, end)` says. */
export function espText(view: DataView, at: number, end: number): string {
  if (end - at < ESP_LENGTH) return "[|esp]";
  return `ESP(${association(view, at)}), length ${end - at}`;
}

/** Length of the authentication header at `at` with its check value, in bytes; `undefined` when cut short. */
export function authenticationLength(view: DataView, at: number, end: number): number | undefined {
  if (end - at < AH_LENGTH) return undefined;
  const length = (view.getUint8(at + 1) + 2) * 4;
  return length >= AH_LENGTH && at + length <= end ? length : undefined;
}

/** Returns what the authentication header at `at` says, without what it authenticates. */
export function authenticationText(view: DataView, at: number, end: number): string {
  const length = authenticationLength(view, at, end);
  if (length === undefined) return "[|ah]";
  let check = "";
  for (let place = at + AH_LENGTH; place < at + length; place++) {
    check += view.getUint8(place).toString(16).padStart(2, "0");
  }
  return `AH(${association(view, at + 4)},icv=0x${check})`;
}

/** Returns the security association and sequence number at `at`. */
function association(view: DataView, at: number): string {
  return `spi=${hexText(view.getUint32(at), 8)},seq=${hexText(view.getUint32(at + 4))}`;
}
