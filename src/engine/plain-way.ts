/**
 * The plain way, which nearly all packets take: TCP and UDP over IPv4, of connections there are or that
 * begin.
 *
 * It does what the short way does, told for a compiler that likes it plain. A packet is read once, into
 * numbers; first is asked what may still send it another way, and from then on is written. All of it
 * stands in closures over one director's tables, as V8 writes the addresses of what a closure is over into
 * the code, and in three functions large enough not to be inlined into one another, into which what they
 * call is: so the shape of a record or a counter is looked at once, and not by each function it is handed to.
 *
 * Whatever is out of the ordinary goes the other ways, from its beginning: nothing was changed.
 *
 * @module
 */
import { TCP, UDP } from "../net/protocol.ts";
import * as checksum from "../wire/checksum.ts";
import { type Frame, MAX_PACKET } from "../wire/frame.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { TUNNEL_TYPE } from "../wire/ipvs-objects.ts";
import * as offload from "../wire/offload.ts";
import * as tcpHeader from "../wire/tcp.ts";
import * as udpHeader from "../wire/udp.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import type { ConnectionHandle } from "./connection-records.ts";
import * as records from "./connection-records.ts";
import type { Decision } from "./decision.ts";
import type { Destination } from "./destination.ts";
import type { DestinationRegistry } from "./destination-registry.ts";
import type { EngineState } from "./engine-state.ts";
import * as rewrite from "./forward/rewrite-plain.ts";
import * as tunnels from "./forward/tunnel.ts";
import type { Route } from "./host.ts";
import type { LookAhead } from "./look-ahead.ts";
import { HOOK, type Hook, Packet } from "./packet.ts";
import type { PlainBeginning } from "./plain-beginning.ts";
import { DIRECTION } from "./protocol/protocol.ts";
import * as tcpStates from "./protocol/tcp.ts";
import type { RequestHandler } from "./request.ts";
import { LEAST_MTU } from "./short-way.ts";
import * as stats from "./stats.ts";
import { REASON, VERDICT, type Verdict } from "./verdict.ts";
import type { VerdictCounters } from "./verdict-counters.ts";

/** Decides about a packet and counts the verdict; returns whether it could. If not, nothing has changed. */
export type PlainWay = (frame: Frame, hook: Hook) => boolean;

// What is imported is looked up each time it is used, functions too; what a module has itself is in the code.

const { adjust, difference16, difference32 } = checksum;
const { segmentLength } = offload;
const { CONNECTION_FLAG, HELPED_BIT, IPV6_DESTINATION_BIT, offsetOf, WORD } = records;
const { isRewritable, rewritePort, SOURCE_PORT, TARGET_PORT } = rewrite;
const { noteWay } = tunnels;
const { nextTcp } = tcpStates;
const { IN, OUT } = stats;

/** A header of IPv4 without options: its first byte, its length, and where it has what. */
const PLAIN = 0x45;
const HEADER = ipv4.HEADER_LENGTH;
const IDENTITY = 4;
const CARRIED = 8;
const SOURCE = 12;
const TARGET = 16;
const PIECE = ipv4.MORE_FRAGMENTS | ipv4.OFFSET_MASK;
const LOOPBACK = 127;
/** One hop less in the upper half of the third word: TTL and protocol. */
const HOP = 0x100;

const TCP_NUMBER = TCP;
const UDP_NUMBER = UDP;
/** Bytes of the shortest packets with a whole transport header. */
const LEAST_TCP = HEADER + tcpHeader.HEADER_LENGTH;
const LEAST_UDP = HEADER + udpHeader.HEADER_LENGTH;
/** Where the flags of TCP are in a packet. */
const TCP_FLAGS = HEADER + 13;
const SYN = tcpHeader.SYN;

const VIRTUAL = WORD.virtual;
const DESTINATION_ADDRESS = WORD.destinationAddress;
const PORTS = WORD.ports;
const DESTINATION_PORT = WORD.destinationPort;
const FLAGS = WORD.flags;
const TIMEOUT = WORD.timeout;
const DESTINATION = WORD.destination;
const CONTROLLER = WORD.controller;
const PACKETS = WORD.packets;
const STATE = records.STATE_SHIFT;
const NONE = records.NO_CONNECTION;

const METHOD_MASK = CONNECTION_FLAG.methodMask;
const NO_OUTPUT = CONNECTION_FLAG.noOutput;
/** Flags, and other bits, of connections that take another way. */
const OTHER_FLAGS = CONNECTION_FLAG.noClientPort | CONNECTION_FLAG.onePacket;
const OTHER_BITS = HELPED_BIT | IPV6_DESTINATION_BIT;

/** Numbers of the methods. */
const MASQUERADE = 0;
const TUNNEL = 2;
const DIRECT_ROUTE = 3;

const IPIP = TUNNEL_TYPE.ipip;
const LONGEST = MAX_PACKET;
const NARROWEST = LEAST_MTU;

const { input: INPUT, output: OUTPUT, inputOnly: INPUT_ONLY } = DIRECTION;
const { accept: ACCEPT, forward: FORWARD } = VERDICT;
const { localIn: LOCAL_IN, forward: PASSING } = HOOK;
const { request: REQUEST, reply: REPLY } = REASON;

/** Makes the plain way of one director. */
export function makePlainWay(
  state: EngineState,
  lifecycle: ConnectionLifecycle,
  destinations: DestinationRegistry,
  requests: RequestHandler,
  beginning: PlainBeginning,
  lookAhead: LookAhead,
  decision: Decision,
  counters: VerdictCounters,
): PlainWay {
  const { connections, servicesOfFamily, sysctls, host, tcp, udp, statsTable } = state;
  const { ticksPerSecond } = state.profile;
  const { plain } = connections;
  const { scheduling, tunnel } = requests;
  const { nextHop } = decision;
  /** The packet to be scheduled. */
  const packet = new Packet();

  return (frame, hook) => {
    const { view, start } = frame;
    const room = frame.end - start;
    if (room < LEAST_UDP) return false;
    const lengths = view.getInt32(start);
    const identity = view.getInt32(start + IDENTITY);
    const carried = view.getInt32(start + CARRIED);
    const source = view.getInt32(start + SOURCE);
    const target = view.getInt32(start + TARGET);
    const length = lengths & 0xffff;
    if (lengths >>> 24 !== PLAIN || length > room || (identity & PIECE) !== 0) return false;
    let sum = (lengths >>> 16) + length + (identity >>> 16) + (identity & 0xffff);
    sum += (carried >>> 16) + (carried & 0xffff) + (source >>> 16) + (source & 0xffff);
    sum += (target >>> 16) + (target & 0xffff);
    if ((sum & 0xffff) + (sum >>> 16) !== 0xffff) return false;
    const protocol = (carried >>> 16) & 0xff;
    let flags = 0;
    if (protocol === TCP_NUMBER) {
      if (length < LEAST_TCP) return false;
      flags = view.getUint8(start + TCP_FLAGS);
    } else if (protocol !== UDP_NUMBER || length < LEAST_UDP) {
      return false;
    }

    if (servicesOfFamily[4] === 0 || state.serverFollowing !== 0) return false;
    if (sysctls.nat_icmp_send !== 0) return false;
    const ports = view.getInt32(start + HEADER);
    lookAhead.find(frame);
    const answered = plain.reply(protocol, source, target, ports, lookAhead.answered);
    if (answered !== NONE) {
      return reply(frame, hook, length, carried, source, target, ports, flags, answered);
    }
    if (hook === PASSING || sysctls.backup_only !== 0 || source >>> 24 === LOOPBACK) return false;
    const asked = plain.request(protocol, source, target, ports, lookAhead.asked);
    if (asked === NONE) return begin(frame, hook, length, carried, source, target, ports, flags);
    return (flags & SYN) === 0 && request(frame, length, carried, target, ports, flags, asked);
  };

  /** Decides about a packet of no connection, which may begin one. */
  function begin(
    frame: Frame,
    hook: Hook,
    length: number,
    carried: number,
    source: number,
    target: number,
    ports: number,
    flags: number,
  ): boolean {
    if (connections.hasPortless) return false;
    decision.reset();
    packet.parse(frame, hook);
    let made = beginning(packet, source, target, ports, flags);
    if (made === NONE) made = scheduling.schedule(packet);
    if (made > NONE && request(frame, length, carried, target, ports, flags, made)) {
      decision.isNew = true;
    } else {
      requests.begin(packet, made);
      counters.count(decision);
    }
    return true;
  }

  /**
   * Decides about a packet of a client.
   *
   * @param carried third word of the packet: TTL, protocol, checksum
   * @param target address it was sent to, as a signed word
   * @param ports source port, and in the lower half the destination port
   * @param flags of TCP
   */
  function request(
    frame: Frame,
    length: number,
    carried: number,
    target: number,
    ports: number,
    flags: number,
    connection: ConnectionHandle,
  ): boolean {
    const record = connections.segmentOf(connection);
    const at = offsetOf(connection);
    const marks = record[at + FLAGS]!;
    const more = record[at + DESTINATION_PORT]!;
    if ((marks & OTHER_FLAGS) !== 0 || (more & OTHER_BITS) !== 0) return false;
    const destination = destinations.get(record[at + DESTINATION]!);
    if (destination?.available !== true) return false;
    const address = record[at + DESTINATION_ADDRESS]!;
    const route = wayTo(destination, address);
    if (route === undefined || route.local) return false;
    const { view, start } = frame;
    const protocol = (carried >>> 16) & 0xff;
    const method = marks & METHOD_MASK;
    let overhead = 0;
    if (method === MASQUERADE) {
      if (address >>> 24 === LOOPBACK || !isRewritable(frame, protocol)) return false;
    } else if (method === TUNNEL) {
      const { tunnelType, tunnelFlags } = destination.config;
      overhead = HEADER;
      if (tunnelType !== IPIP || tunnelFlags !== 0) return false;
      if (start < overhead || length + overhead > LONGEST) return false;
      if (route.mtu - overhead < NARROWEST) return false;
    } else if (method !== DIRECT_ROUTE) {
      return false;
    }
    const segment = frame.segmentSize === 0 ? length : segmentLength(frame, start);
    if (carried >>> 24 <= 1 || (frame.fragmentSize || segment) + overhead > route.mtu) return false;

    // From here on the packet passes.
    frame.end = start + length;
    const before = carried >>> 16;
    const after = before - HOP;
    let difference = difference16(before, after);
    if (method === MASQUERADE) {
      const turned = difference32(target, address);
      rewritePort(frame, protocol, TARGET_PORT, turned, ports & 0xffff, more >>> 16);
      view.setInt32(start + TARGET, address);
      difference += turned;
    }
    view.setInt32(start + CARRIED, (after << 16) | adjust(carried & 0xffff, difference));
    if (method === TUNNEL) {
      noteWay(destination, route);
      tunnel.wrapPlain(frame, route.source[0]! | 0, address);
    }
    settle(connection, destination, length, protocol, flags, INPUT, method, FORWARD, address);
    return true;
  }

  /** Decides about a packet of a real server; see `request`. */
  function reply(
    frame: Frame,
    hook: Hook,
    length: number,
    carried: number,
    source: number,
    target: number,
    ports: number,
    flags: number,
    connection: ConnectionHandle,
  ): boolean {
    const record = connections.segmentOf(connection);
    const at = offsetOf(connection);
    const protocol = (carried >>> 16) & 0xff;
    if ((record[at + FLAGS]! & (OTHER_FLAGS | METHOD_MASK | NO_OUTPUT)) !== 0) return false;
    if ((record[at + DESTINATION_PORT]! & OTHER_BITS) !== 0) return false;
    const destination = destinations.get(record[at + DESTINATION]!);
    if (destination?.available !== true || !isRewritable(frame, protocol)) return false;

    // From here on the packet passes.
    const { view, start } = frame;
    frame.end = start + length;
    const virtual = record[at + VIRTUAL]!;
    const turned = difference32(source, virtual);
    rewritePort(frame, protocol, SOURCE_PORT, turned, ports >>> 16, record[at + PORTS]! & 0xffff);
    view.setInt32(start + SOURCE, virtual);
    view.setInt32(start + CARRIED, (carried & ~0xffff) | adjust(carried & 0xffff, turned));
    // A reply whose client is this host has arrived.
    const verdict = hook === LOCAL_IN ? ACCEPT : FORWARD;
    settle(connection, destination, length, protocol, flags, OUTPUT, MASQUERADE, verdict, target);
    return true;
  }

  /** Returns the way to a destination at its own address, asked for once while the answers stay the same. */
  function wayTo(destination: Destination, address: number): Route | undefined {
    const { epoch } = host;
    if (epoch === undefined || address !== destination.address4) return undefined;
    if (destination.wayEpoch !== epoch) {
      destination.way = host.route(4, destination.address.words);
      destination.wayEpoch = epoch;
    }
    return destination.way;
  }

  /**
   * Does for a packet that passes what goes with every one: it is counted, moves the state of its
   * connection, starts the timer anew, and is told of.
   *
   * @param hop who gets it next, where it is to be forwarded
   */
  function settle(
    connection: ConnectionHandle,
    destination: Destination,
    length: number,
    protocol: number,
    flags: number,
    direction: typeof DIRECTION.input | typeof DIRECTION.output,
    method: number,
    verdict: Verdict,
    hop: number,
  ): void {
    const { service } = destination;
    const way = direction === INPUT ? IN : OUT;
    statsTable.count(destination.statsAt, way, length);

    const record = connections.segmentOf(connection);
    const at = offsetOf(connection);
    const marks = record[at + FLAGS]!;
    const before = marks >>> STATE;
    const seen = (marks & NO_OUTPUT) === 0 ? direction : INPUT_ONLY;
    const isTcp = protocol === TCP_NUMBER;
    const after = isTcp ? nextTcp(before, seen, flags, sysctls.secure_tcp >= 2) : 0;
    const transport = isTcp ? tcp : udp;
    if (after === before && record[at + CONTROLLER] === NONE) {
      record[at + TIMEOUT] = transport.timeouts[after]! * ticksPerSecond;
    } else {
      lifecycle.enter(connection, transport, after, direction);
    }
    // What `releaseCounted` does, told here: V8 has no room for both it and what it calls.
    if (state.master === undefined) {
      if (direction === INPUT) record[at + PACKETS]! += 1;
      lifecycle.restart(connection, record, at, record[at + TIMEOUT]! >>> 0);
    } else if (direction === INPUT) {
      lifecycle.releaseCounted(connection);
    } else {
      lifecycle.release(connection);
    }

    const reason = direction === INPUT ? REQUEST : REPLY;
    decision.verdict = verdict;
    decision.reason = reason;
    decision.service = service;
    decision.destination = destination;
    decision.connection = connection;
    decision.isNew = false;
    decision.method = method;
    if (verdict === FORWARD) {
      decision.nextHopFamily = 4;
      nextHop[0] = hop;
      nextHop[1] = 0;
      nextHop[2] = 0;
      nextHop[3] = 0;
    }
    counters.add(verdict, reason, 1);
  }
}
