/**
 * IPv6 extension headers for the packets of tests (RFC 8200 §4), for the field `extensions`.
 *
 *     udp({ from, to, extensions: [hopByHop(), fragmentHeader({ id: 7, more: true })] })
 *
 * @module
 */
import { concat, type Extension } from "./packet.ts";

/** Returns a hop-by-hop options header. */
export function hopByHop(options?: Uint8Array): Extension {
  return optionsHeader(0, options);
}

/** Returns a destination options header. */
export function destinationOptions(options?: Uint8Array): Extension {
  return optionsHeader(60, options);
}

/** Returns a routing header of type 4 without segments (RFC 8754 §2), which asks for nothing. */
export function routing(): Extension {
  return { number: 43, bytes: Uint8Array.of(0, 0, 4, 0, 0, 0, 0, 0) };
}

/** Returns an authentication header with a check value of 12 bytes, all 0 (RFC 4302 §2). */
export function authentication(spi = 0x100, sequence = 1): Extension {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  // In words of 4 bytes, 2 of which are not counted.
  view.setUint8(1, bytes.length / 4 - 2);
  view.setUint32(4, spi);
  view.setUint32(8, sequence);
  return { number: 51, bytes };
}

/** Returns a fragment header; the offset is in bytes, a multiple of 8. */
export function fragmentHeader(
  fields: { readonly offset?: number; readonly more?: boolean; readonly id?: number } = {},
): Extension {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint16(2, (fields.offset ?? 0) | (fields.more ? 1 : 0));
  view.setUint32(4, fields.id ?? 1);
  return { number: 44, bytes };
}

/** Options fill the header to a multiple of 8 bytes; what is missing is one PadN option of zeros. */
function optionsHeader(number: number, options: Uint8Array = new Uint8Array(0)): Extension {
  const missing = -(2 + options.length) & 7;
  const padding = new Uint8Array(missing);
  if (missing > 1) padding.set([1, missing - 2]);
  const units = (2 + options.length + missing) / 8 - 1;
  return { number, bytes: concat(Uint8Array.of(0, units), options, padding) };
}
