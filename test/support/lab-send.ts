/**
 * A program that sends the packets of its arguments, in hexadecimal, as they are.
 *
 *     node lab-send.js NEXT-HOP PACKET...
 *
 * @module
 */
import { openLibc } from "../../dataplane/sys/libc.ts";
import { RawSocket } from "../../dataplane/sys/raw-socket.ts";
import { parseAddress } from "../../src/net/address.ts";
import { hex } from "./packet.ts";

const [nextHop = "", ...packets] = process.argv.slice(2);
const libc = openLibc("Cannot send packets");
const { family, words } = parseAddress(nextHop);
const socket = new RawSocket(family);
for (const packet of packets.map(hex)) {
  const error = socket.send(libc.addressOf(packet), packet.length, words);
  if (error !== 0) throw new Error(`Cannot send a packet to ${nextHop}: error ${error}`);
}
socket.close();
