/**
 * UDP sockets that send to a group of hosts, or hear what is sent to one.
 *
 * Source: ip(7), ipv6(7), udp(7), socket(7).
 *
 * @module
 */
import { type Address, addressBytes } from "../../src/net/address.ts";
import {
  AF_INET,
  AF_INET6,
  EAGAIN,
  EINTR,
  ENOBUFS,
  type Libc,
  MSG_DONTWAIT,
  openLibc,
  SO_RCVBUF,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from "./libc.ts";
import { systemError } from "./system-error.ts";

/** asm-generic/socket.h */
const SO_REUSEADDR = 2;
const SO_BINDTODEVICE = 25;
/** linux/in.h */
const SOL_IP = 0;
const IP_MTU_DISCOVER = 10;
const IP_PMTUDISC_DONT = 0;
const IP_MULTICAST_IF = 32;
const IP_MULTICAST_TTL = 33;
const IP_MULTICAST_LOOP = 34;
const IP_ADD_MEMBERSHIP = 35;
/** linux/in6.h */
const SOL_IPV6 = 41;
const IPV6_MULTICAST_IF = 17;
const IPV6_MULTICAST_HOPS = 18;
const IPV6_MULTICAST_LOOP = 19;
const IPV6_ADD_MEMBERSHIP = 20;
const IPV6_MTU_DISCOVER = 23;

/** A UDP port of a group, seen through one interface. */
export interface MulticastPort {
  /** Name and index of the interface. */
  readonly interfaceName: string;
  readonly interfaceIndex: number;
  readonly group: Address;
  readonly port: number;
  /** Hops a datagram may go. */
  readonly ttl: number;
  /** Bytes of the socket's buffer; 0 for as many as usual. */
  readonly bufferSize: number;
}

/** What became of a datagram that was to be sent. */
export type SendOutcome = "sent" | "later" | "lost";

/** A socket that sends to a group. */
export class MulticastSendSocket {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #to: Uint8Array;
  #open = true;

  /** @throws SystemError when the host refuses; Error without koffi */
  constructor(end: MulticastPort) {
    const { group, interfaceIndex, ttl } = end;
    const opened = openSocket(end);
    this.#libc = opened.libc;
    this.#fd = opened.fd;
    this.#to = socketAddress(group, end.port, interfaceIndex);
    opened.set(SOL_SOCKET, SO_SNDBUF, end.bufferSize > 0 ? int32(end.bufferSize) : undefined);
    if (group.family === 4) {
      opened.set(SOL_IP, IP_MULTICAST_IF, membership4(group, interfaceIndex));
      opened.set(SOL_IP, IP_MULTICAST_TTL, int32(ttl));
      opened.set(SOL_IP, IP_MULTICAST_LOOP, int32(0));
      opened.set(SOL_IP, IP_MTU_DISCOVER, int32(IP_PMTUDISC_DONT));
    } else {
      opened.set(SOL_IPV6, IPV6_MULTICAST_IF, int32(interfaceIndex));
      opened.set(SOL_IPV6, IPV6_MULTICAST_HOPS, int32(ttl));
      opened.set(SOL_IPV6, IPV6_MULTICAST_LOOP, int32(0));
      opened.set(SOL_IPV6, IPV6_MTU_DISCOVER, int32(IP_PMTUDISC_DONT));
      // As in the kernel, an interface without an IPv6 address is refused now, not at the first message.
      const { libc, fd } = opened;
      if (libc.connect(fd, this.#to, this.#to.length) < 0) opened.refused("connect");
    }
  }

  send(datagram: Uint8Array): SendOutcome {
    const to = this.#to;
    const { length } = datagram;
    if (this.#libc.sendto(this.#fd, datagram, length, MSG_DONTWAIT, to, to.length) >= 0) {
      return "sent";
    }
    const errno = this.#libc.errno();
    return errno === EAGAIN || errno === ENOBUFS || errno === EINTR ? "later" : "lost";
  }

  /** Closes the socket. Calling it again does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.close(this.#fd);
  }
}

/** A socket that hears a group. */
export class MulticastReceiveSocket {
  /** File descriptor, for waiting; readable when a datagram waits. */
  readonly fd: number;
  readonly #libc: Libc;
  #open = true;

  /** @throws SystemError when the host refuses; Error without koffi */
  constructor(end: MulticastPort) {
    const { group, port, interfaceIndex, interfaceName } = end;
    const opened = openSocket(end);
    this.#libc = opened.libc;
    this.fd = opened.fd;
    opened.set(SOL_SOCKET, SO_REUSEADDR, int32(1));
    opened.set(SOL_SOCKET, SO_RCVBUF, end.bufferSize > 0 ? int32(end.bufferSize) : undefined);
    opened.set(SOL_SOCKET, SO_BINDTODEVICE, new TextEncoder().encode(`${interfaceName}\0`));
    const address = socketAddress(group, port, interfaceIndex);
    if (opened.libc.bind(opened.fd, address, address.length) < 0) opened.refused("bind");
    if (group.family === 4) {
      opened.set(SOL_IP, IP_ADD_MEMBERSHIP, membership4(group, interfaceIndex));
    } else {
      opened.set(SOL_IPV6, IPV6_ADD_MEMBERSHIP, membership6(group, interfaceIndex));
    }
  }

  /** Reads the next datagram into `buffer`; returns its length, or -1 when none waits. */
  receive(buffer: Uint8Array): number {
    return this.#libc.recv(this.fd, buffer, buffer.length, MSG_DONTWAIT);
  }

  /** Closes the socket. Calling it again does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.close(this.fd);
  }
}

/** A socket that is being set up; a refusal closes it. */
interface Opened {
  readonly libc: Libc;
  readonly fd: number;
  /** Sets an option unless there is no value for it. */
  set(level: number, name: number, value: Uint8Array | undefined): void;
  refused(call: string): never;
}

function openSocket({ group, interfaceName }: MulticastPort): Opened {
  const action = `Cannot synchronise connections through "${interfaceName}"`;
  const libc = openLibc(action);
  const domain = group.family === 4 ? AF_INET : AF_INET6;
  const fd = libc.socket(domain, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) throw systemError("socket", libc.errno(), action);
  const refused = (call: string): never => {
    const errno = libc.errno();
    libc.close(fd);
    throw systemError(call, errno, action);
  };
  const set: Opened["set"] = (level, name, value) => {
    if (value === undefined) return;
    if (libc.setsockopt(fd, level, name, value, value.length) < 0) refused("setsockopt");
  };
  return { libc, fd, set, refused };
}

/** Returns a struct sockaddr_in, or sockaddr_in6 with the interface as its scope. */
function socketAddress(group: Address, port: number, scope: number): Uint8Array {
  const address = new Uint8Array(group.family === 4 ? 16 : 28);
  const view = new DataView(address.buffer);
  view.setUint16(0, group.family === 4 ? AF_INET : AF_INET6, true);
  view.setUint16(2, port);
  address.set(addressBytes(group), group.family === 4 ? 4 : 8);
  if (group.family === 6) view.setUint32(24, scope, true);
  return address;
}

/** Returns a struct ip_mreqn: group, own address left open, interface. */
function membership4(group: Address, interfaceIndex: number): Uint8Array {
  const bytes = new Uint8Array(12);
  bytes.set(addressBytes(group));
  new DataView(bytes.buffer).setInt32(8, interfaceIndex, true);
  return bytes;
}

/** Returns a struct ipv6_mreq: group, interface. */
function membership6(group: Address, interfaceIndex: number): Uint8Array {
  const bytes = new Uint8Array(20);
  bytes.set(addressBytes(group));
  new DataView(bytes.buffer).setInt32(16, interfaceIndex, true);
  return bytes;
}

function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
