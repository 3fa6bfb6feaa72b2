/**
 * The FTP helper: lets data connections through masquerading.
 *
 * On control connections the two ends tell each other where to connect to for data. The helper makes a
 * connection for what they have agreed on, kept by the control connection, and writes the virtual address
 * into a server's answer in the place of its own; since that changes lengths, the numbers of the TCP stream
 * are adjusted from then on.
 *
 * What a client announces stays as it is: the server connects from its data port, and that packet is a
 * reply of the connection made. Of what is announced nothing is checked, as in the kernel; firewalls may.
 *
 * The kernel has its connection tracking write the answer and count the displacement. It translates an
 * answer once, so one that is lost comes again with the server's own address and, of another length than
 * the one translated, tears the stream. Here it is translated again.
 *
 * Source: RFC 959, RFC 2428; linux ip_vs_ftp.c, ip_vs_app.c, nf_nat_helper.c.
 *
 * @module
 */
import { formatAddress, ipv4Address } from "../../net/address.ts";
import { TCP } from "../../net/protocol.ts";
import * as tcp from "../../wire/tcp.ts";
import type { ConnectionLifecycle } from "../connection-lifecycle.ts";
import {
  CONNECTION_FLAG,
  type ConnectionHandle,
  type ConnectionSeed,
  emptySeed,
  NO_CONNECTION,
} from "../connection-records.ts";
import type { EngineState } from "../engine-state.ts";
import { HOOK, type Packet } from "../packet.ts";
import { TCP_STATE } from "../protocol/tcp.ts";
import { REASON } from "../verdict.ts";
import type { FtpConnection } from "./ftp-connections.ts";
import {
  Announcement,
  FTP_MODE,
  type FtpMode,
  passiveModeAsked,
  readActiveCommand,
  readExtendedAnswer,
  readPassiveAnswer,
} from "./ftp-text.ts";
import { adjustSequence } from "./sequence.ts";
import { checksumIsRight, payloadOf, replaceText, updateChecksum } from "./tcp-payload.ts";

/** The packet may go on. */
export const HELPED = -1;

/** The FTP helper of one director. */
export class FtpHelper {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  readonly #announced: Announcement;
  readonly #client = new Uint32Array(4);
  readonly #virtual = new Uint32Array(4);
  readonly #real = new Uint32Array(4);
  readonly #seed: ConnectionSeed;

  constructor(state: EngineState, lifecycle: ConnectionLifecycle) {
    this.#state = state;
    this.#lifecycle = lifecycle;
    this.#announced = new Announcement(state.profile.boundedFtpNumbers);
    this.#seed = {
      ...emptySeed(),
      protocol: TCP,
      clientAddress: this.#client,
      virtualAddress: this.#virtual,
      destinationAddress: this.#real,
    };
  }

  /**
   * Reads a client's packet of a control connection and adjusts its numbers, before its addresses change.
   *
   * @returns HELPED, or the reason it is to be dropped
   */
  request(packet: Packet, control: ConnectionHandle): number {
    if (!isIntact(packet)) return REASON["bad-tcp-checksum"];
    const { connections } = this.#state;
    const ftp = this.#state.ftp.get(control);
    const state = connections.state(control);
    if (state === TCP_STATE.established) this.#readCommand(packet, control, ftp);
    else if ((tcp.flags(packet.view, packet.transport) & tcp.SYN) !== 0) ftp.restart();
    if (ftp.input.isNeeded || ftp.output.isNeeded) {
      adjustSequence(packet.view, packet.transport, packet.end, ftp.input, ftp.output);
      updateChecksum(packet);
    }
    return HELPED;
  }

  /**
   * Translates a server's packet of a control connection and adjusts its numbers, before its addresses
   * change.
   *
   * @returns HELPED, or the reason it is to be dropped
   */
  reply(packet: Packet, control: ConnectionHandle): number {
    if (!isIntact(packet)) return REASON["bad-tcp-checksum"];
    const ftp = this.#state.ftp.get(control);
    if (this.#state.connections.state(control) === TCP_STATE.established) {
      if (!this.#readAnswer(packet, control, ftp)) return REASON["helper-refused"];
    }
    if (ftp.input.isNeeded || ftp.output.isNeeded) {
      adjustSequence(packet.view, packet.transport, packet.end, ftp.output, ftp.input);
      updateChecksum(packet);
    }
    return HELPED;
  }

  #readCommand(packet: Packet, control: ConnectionHandle, ftp: FtpConnection): void {
    const { bytes } = packet.frame;
    const at = payloadOf(packet);
    if (at === packet.end) return;
    const { family, end } = packet;
    const asked = passiveModeAsked(bytes, at, end, family);
    if (asked !== undefined) {
      ftp.mode = asked;
    } else if (readActiveCommand(bytes, at, end, family, this.#announced)) {
      ftp.mode = FTP_MODE.active;
      this.#expectServer(packet, control);
    }
  }

  /** Whether the packet could be translated, if it had to be. */
  #readAnswer(packet: Packet, control: ConnectionHandle, ftp: FtpConnection): boolean {
    const sequence = tcp.sequence(packet.view, packet.transport);
    const again = ftp.mode === FTP_MODE.active && sequence === ftp.answeredAt;
    const mode = again ? ftp.answeredMode : ftp.mode;
    if (mode === FTP_MODE.active) return true;
    const at = payloadOf(packet);
    if (at === packet.end || !this.#announces(packet, control, at, mode)) return true;

    const data = this.#expectClient(packet, control);
    const { start, end } = this.#announced;
    const text = this.#textOf(data, mode);
    if (!replaceText(packet, start, end, text)) return false;
    ftp.output.resized(sequence, text.length - (end - start));
    ftp.mode = FTP_MODE.active;
    ftp.answeredMode = mode;
    ftp.answeredAt = sequence;
    updateChecksum(packet);
    return true;
  }

  /** Whether the packet is the answer asked for; if so, reads it. */
  #announces(packet: Packet, control: ConnectionHandle, at: number, mode: FtpMode): boolean {
    const { bytes } = packet.frame;
    if (mode === FTP_MODE.passive) return readPassiveAnswer(bytes, at, packet.end, this.#announced);
    this.#state.connections.readDestination(control, this.#announced.address);
    return readExtendedAnswer(bytes, at, packet.end, packet.family, this.#announced);
  }

  /** Makes the connection the server will begin from its data port to what the client has announced. */
  #expectServer(packet: Packet, control: ConnectionHandle): void {
    const { connections } = this.#state;
    const { family } = packet;
    const { address, port } = this.#announced;
    connections.readVirtual(control, this.#virtual);
    const virtualPort = before(connections.virtualPort(control));
    let data = connections.findForward(family, TCP, address, port, this.#virtual, virtualPort);
    if (data === NO_CONNECTION) {
      this.#client.set(address);
      connections.readDestination(control, this.#real);
      const realPort = before(connections.destinationPort(control));
      data = this.#open(packet, control, port, virtualPort, realPort, 0);
    }
    this.#listen(data);
  }

  /** Makes the connection the client will begin, from a port not known yet, to what the server announced. */
  #expectClient(packet: Packet, control: ConnectionHandle): ConnectionHandle {
    const { connections } = this.#state;
    const { address, port } = this.#announced;
    connections.readClient(control, this.#client);
    let data = connections.findReverse(packet.family, TCP, address, port, this.#client, 0);
    if (data === NO_CONNECTION) {
      connections.readVirtual(control, this.#virtual);
      this.#real.set(address);
      data = this.#open(packet, control, 0, port, port, CONNECTION_FLAG.noClientPort);
    }
    this.#listen(data);
    return data;
  }

  #open(
    packet: Packet,
    control: ConnectionHandle,
    clientPort: number,
    virtualPort: number,
    realPort: number,
    flags: number,
  ): ConnectionHandle {
    const destination = this.#lifecycle.destination(control);
    const seed = this.#seed;
    seed.family = packet.family;
    seed.destinationFamily = packet.family;
    seed.clientPort = clientPort;
    seed.virtualPort = virtualPort;
    seed.destinationPort = realPort;
    seed.flags = flags | CONNECTION_FLAG.conntrack | (destination?.connectionFlags ?? 0);
    seed.mark = packet.mark;
    const data = this.#lifecycle.open(seed, destination);
    this.#lifecycle.control(data, control);
    return data;
  }

  /** Gives the data connection the time it takes to begin. */
  #listen(data: ConnectionHandle): void {
    const { connections, tcp: protocol, profile } = this.#state;
    connections.setState(data, TCP_STATE.listen);
    const seconds = protocol.timeouts[TCP_STATE.listen]!;
    connections.setTimeoutTicks(data, seconds * profile.ticksPerSecond);
    this.#lifecycle.release(data);
  }

  /** Returns what the client is told in the place of what the server said. */
  #textOf(data: ConnectionHandle, mode: FtpMode): string {
    const { connections } = this.#state;
    const port = connections.virtualPort(data);
    if (mode === FTP_MODE.extendedPassive) return `|||${port}|`;
    const address = formatAddress(ipv4Address(connections.virtualWord(data, 0)));
    return `${address.replaceAll(".", ",")},${port >>> 8},${port & 0xff}`;
  }
}

/** Whether the segment came as it was sent; what this host sends is not complete yet. */
export function isIntact(packet: Packet): boolean {
  return packet.hook === HOOK.localOut || checksumIsRight(packet);
}

/** Returns the port before: that of data connections, seen from a control connection's (RFC 959 §3.2). */
function before(port: number): number {
  return (port - 1) & 0xffff;
}
