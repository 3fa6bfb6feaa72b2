/**
 * Address Resolution Protocol for IPv4 over Ethernet (RFC 826), read and written in place.
 *
 *     +----------+----------+----+----+----------+
 *     |  space 1 |  0x0800  | 6  | 4  | opcode   |
 *     +----------+----------+----+----+----------+
 *     | sender hardware 6 | sender protocol 4    |
 *     +-------------------+----------------------+
 *     | target hardware 6 | target protocol 4    |
 *     +-------------------+----------------------+
 *
 * `at` is the first byte behind the link header. Accessors are safe once `isWhole` has said `true`.
 * Hardware addresses are numbers as in ethernet.ts; IPv4 addresses are one number, first octet most
 * significant.
 *
 * @module
 */
import { readMac, writeMac } from "./ethernet.ts";

const HARDWARE_SPACE = 0;
const PROTOCOL_SPACE = 2;
const HARDWARE_LENGTH = 4;
const PROTOCOL_LENGTH = 5;
const OPCODE = 6;
const SENDER_HARDWARE = 8;
const SENDER_PROTOCOL = 14;
const TARGET_HARDWARE = 18;
const TARGET_PROTOCOL = 24;

const ETHERNET_SPACE = 1;
const IPV4_SPACE = 0x0800;

/** Length of the message, in bytes. */
export const LENGTH = 28;

export const REQUEST = 1;
export const REPLY = 2;

/** A whole message. */
export interface ArpMessage {
  /** `REQUEST` or `REPLY`. */
  readonly opcode: number;
  readonly senderMac: number;
  readonly senderAddress: number;
  /** 0 in a request. */
  readonly targetMac: number;
  readonly targetAddress: number;
}

/** Whether bytes `[at, end)` hold a whole message about IPv4 over Ethernet. */
export function isWhole(view: DataView, at: number, end: number): boolean {
  return (
    end - at >= LENGTH &&
    view.getUint16(at + HARDWARE_SPACE) === ETHERNET_SPACE &&
    view.getUint16(at + PROTOCOL_SPACE) === IPV4_SPACE &&
    view.getUint8(at + HARDWARE_LENGTH) === 6 &&
    view.getUint8(at + PROTOCOL_LENGTH) === 4
  );
}

export function opcode(view: DataView, at: number): number {
  return view.getUint16(at + OPCODE);
}

export function senderMac(view: DataView, at: number): number {
  return readMac(view, at + SENDER_HARDWARE);
}

export function senderAddress(view: DataView, at: number): number {
  return view.getUint32(at + SENDER_PROTOCOL);
}

export function targetMac(view: DataView, at: number): number {
  return readMac(view, at + TARGET_HARDWARE);
}

export function targetAddress(view: DataView, at: number): number {
  return view.getUint32(at + TARGET_PROTOCOL);
}

/** Writes a message, `LENGTH` bytes. */
export function write(view: DataView, at: number, message: ArpMessage): void {
  view.setUint16(at + HARDWARE_SPACE, ETHERNET_SPACE);
  view.setUint16(at + PROTOCOL_SPACE, IPV4_SPACE);
  view.setUint8(at + HARDWARE_LENGTH, 6);
  view.setUint8(at + PROTOCOL_LENGTH, 4);
  view.setUint16(at + OPCODE, message.opcode);
  writeMac(view, at + SENDER_HARDWARE, message.senderMac);
  view.setUint32(at + SENDER_PROTOCOL, message.senderAddress);
  writeMac(view, at + TARGET_HARDWARE, message.targetMac);
  view.setUint32(at + TARGET_PROTOCOL, message.targetAddress);
}
