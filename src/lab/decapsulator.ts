/**
 * The end of tunnels in user space, for real servers whose kernel has no drivers for them: a program of
 * its own, run inside a host of the laboratory.
 *
 *     node decapsulator.js INTERFACE [GUE-PORT]
 *
 * Packets of protocols 4, 41 and 47 (GRE) to any address of the host, of either family, are taken from raw
 * sockets, which get them reassembled, and GUE datagrams from a UDP socket; the packet inside is given to
 * the host through a new TUN interface, as if it had come by that. The interface is down at first; reverse
 * path filtering has to be off for it. Says `ready` once the interface exists. Ends when its input ends,
 * and the interface with it.
 *
 * Needs CAP_NET_ADMIN and CAP_NET_RAW in its network namespace. Source: raw(7), RFC 2003 §3.3.
 *
 * @module
 */
import { setImmediate as turn } from "node:timers/promises";
import {
  AF_INET,
  AF_INET6,
  MSG_DONTWAIT,
  openLibc,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_RAW,
  SOL_SOCKET,
} from "../../dataplane/sys/libc.ts";
import { Waiter } from "../../dataplane/sys/poll.ts";
import { systemError } from "../../dataplane/sys/system-error.ts";
import { openTun } from "../../dataplane/sys/tun.ts";
import type { Milliseconds } from "../base/clock.ts";
import { GRE, IPIP, IPV6_IN_IP } from "../net/protocol.ts";
import { MAX_PACKET } from "../wire/frame.ts";
import { carriedPacket, gueCarried, type InnerPacket, innerPacket } from "../wire/tunnel-packet.ts";

/** Longest time without a look at the input. */
const PATIENCE: Milliseconds = 50;
/** asm-generic/socket.h `SO_RCVBUFFORCE`, and room for packets in bytes: what does not fit is refused. */
const SO_RCVBUFFORCE = 33;
const ROOM = 8 << 20;
/** Bytes of struct sockaddr_in6. */
const SOCKADDR_IN6 = 28;

/** A socket, and what it receives. */
interface Tunnel {
  readonly fd: number;
  /** Finds the packet in the first `length` bytes of the buffer. */
  readonly find: (length: number) => InnerPacket | undefined;
}

const [name = "decap0", guePort] = process.argv.slice(2);
const action = "Cannot open a socket for tunnels";
const libc = openLibc(action);
const buffer = new Uint8Array(MAX_PACKET);
const view = new DataView(buffer.buffer);
const address = libc.addressOf(buffer);

const tunnels: readonly Tunnel[] = [
  ...[IPIP, IPV6_IN_IP, GRE].flatMap((protocol) => [
    // A raw socket of IPv4 gets the outer header as well, one of IPv6 does not.
    {
      fd: openSocket(AF_INET, SOCK_RAW, protocol),
      find: (length: number) => innerPacket(view, 0, length),
    },
    {
      fd: openSocket(AF_INET6, SOCK_RAW, protocol),
      find: (length: number) => carriedPacket(protocol, view, 0, length),
    },
  ]),
  ...(guePort === undefined ? [] : [openGue(Number(guePort))]),
];
const tun = openTun(name);
const waiter = new Waiter(tunnels.map(({ fd }) => fd));

function openSocket(family: number, type: number, protocol: number): number {
  const fd = libc.socket(family, type | SOCK_CLOEXEC, protocol);
  if (fd < 0) {
    throw systemError("socket", libc.errno(), action, {
      EPERM: "needs the capability CAP_NET_RAW in this network namespace",
    });
  }
  const room = new DataView(new ArrayBuffer(4));
  room.setInt32(0, ROOM, true);
  libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, new Uint8Array(room.buffer), 4);
  return fd;
}

/** Opens a socket for datagrams of both families to a port. */
function openGue(port: number): Tunnel {
  const fd = openSocket(AF_INET6, SOCK_DGRAM, 0);
  const any = new DataView(new ArrayBuffer(SOCKADDR_IN6));
  any.setUint16(0, AF_INET6, true);
  any.setUint16(2, port);
  if (libc.bind(fd, new Uint8Array(any.buffer), SOCKADDR_IN6) < 0) {
    throw systemError("bind", libc.errno(), `Cannot listen for GUE on port ${port}`);
  }
  return { fd, find: (length) => gueCarried(view, 0, length) };
}

/** Gives the host the packets inside those that wait. */
function decapsulateAll({ fd, find }: Tunnel): void {
  for (;;) {
    const length = libc.recv(fd, address, buffer.length, MSG_DONTWAIT);
    if (length < 0) return;
    const inner = find(length);
    // A packet the host has no room for is lost, as on any link.
    if (inner !== undefined) libc.write(tun, address + inner.start, inner.end - inner.start);
  }
}

process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
console.log("ready");
for (;;) {
  waiter.wait(PATIENCE);
  for (const tunnel of tunnels) decapsulateAll(tunnel);
  await turn();
}
