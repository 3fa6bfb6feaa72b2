/**
 * The end of an IP-in-IP tunnel in user space, for real servers whose kernel has no `ipip` driver: a
 * program of its own, run inside a host of the laboratory.
 *
 *     node decapsulator.js INTERFACE
 *
 * Packets of protocol 4 to any address of the host are taken from a raw socket, which gets them
 * reassembled; the packet inside is given to the host through a new TUN interface, as if it had come
 * by that. The interface is down at first; reverse path filtering has to be off for it. Says `ready`
 * once the interface exists. Ends when its input ends, and the interface with it.
 *
 * Needs CAP_NET_ADMIN and CAP_NET_RAW in its network namespace. Source: raw(7), RFC 2003 §3.3.
 *
 * @module
 */
import { setImmediate as turn } from "node:timers/promises";
import {
  AF_INET,
  MSG_DONTWAIT,
  openLibc,
  SOCK_CLOEXEC,
  SOCK_RAW,
} from "../../dataplane/sys/libc.ts";
import { Waiter } from "../../dataplane/sys/poll.ts";
import { systemError } from "../../dataplane/sys/system-error.ts";
import { openTun } from "../../dataplane/sys/tun.ts";
import type { Milliseconds } from "../base/clock.ts";
import { IPIP } from "../net/protocol.ts";
import { MAX_PACKET } from "../wire/frame.ts";
import { innerPacket } from "./tunnel-packet.ts";

/** Longest time without a look at the input. */
const PATIENCE: Milliseconds = 50;

const [name = "decap0"] = process.argv.slice(2);
const action = "Cannot open a raw socket for IP-in-IP";
const libc = openLibc(action);
const socket = libc.socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPIP);
if (socket < 0) {
  throw systemError("socket", libc.errno(), action, {
    EPERM: "needs the capability CAP_NET_RAW in this network namespace",
  });
}
const tun = openTun(name);
const buffer = new Uint8Array(MAX_PACKET);
const view = new DataView(buffer.buffer);
const address = libc.addressOf(buffer);
const waiter = new Waiter([socket]);

/** Gives the host the packets inside those that wait. */
function decapsulateAll(): void {
  for (;;) {
    const length = libc.recv(socket, address, buffer.length, MSG_DONTWAIT);
    if (length < 0) return;
    const inner = innerPacket(view, 0, length);
    // A packet the host has no room for is lost, as on any link.
    if (inner !== undefined) libc.write(tun, address + inner.start, inner.end - inner.start);
  }
}

process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
console.log("ready");
for (;;) {
  waiter.wait(PATIENCE);
  decapsulateAll();
  await turn();
}
