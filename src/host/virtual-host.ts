/**
 * A small host around a director, for where no real one is: memory devices, captures, scenarios.
 *
 * It does what Linux does as a router with one leg in each network: gives packets their firewall marks,
 * finds their way, hands them to the director where ip_vs would see them, and does the rest itself. What
 * it does not model is listed in docs/host.md.
 *
 *     receive --> marks --> route --+-- for this host --> localIn ---> delivered, answered
 *                                   |
 *                                   +-- for another --> TTL, MTU --> forwarded ---> depart
 *     send, answers --> route --> localOut --------------------------------------^
 *
 * Source: linux ip_input.c, ip_forward.c, ip_output.c, route.c and their IPv6 likes.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Director } from "../engine/director.ts";
import type {
  Host,
  MulticastEnd,
  MulticastSender,
  NetworkInterface,
  Route,
} from "../engine/host.ts";
import { REASON, VERDICT, type Verdict } from "../engine/verdict.ts";
import type { AddressWords, Family } from "../net/address.ts";
import { Frame } from "../wire/frame.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { HOP_BY_HOP } from "../wire/ipv6-extensions.ts";
import { Backlog, type WaitingKind } from "./backlog.ts";
import { DropCounters, type HostDrop } from "./drops.ts";
import { ExtensionHeaders, HEADERS } from "./extension-headers.ts";
import { Fragments } from "./fragments.ts";
import {
  BEYOND_SCOPE,
  HOPS_EXCEEDED,
  HostErrors,
  REASSEMBLY_TIME_EXCEEDED,
} from "./host-errors.ts";
import { HostPacket } from "./host-packet.ts";
import { type InterfaceOptions, LOOPBACK } from "./interfaces.ts";
import { LocalDelivery } from "./local-delivery.ts";
import { MarkRules } from "./mark-rules.ts";
import { Multicast } from "./multicast.ts";
import { type Departure, type Origin, Output } from "./output.ts";
import { PathMtus } from "./path-mtus.ts";
import { RouteEntry, Routing, refuses, TABLE } from "./routing.ts";
import {
  isLimitedBroadcast,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isUnspecified,
} from "./special-addresses.ts";

/** Where a director was asked about a packet. */
export type Stage = "localIn" | "forwarded" | "localOut";

/** What a virtual host is made of. */
export interface VirtualHostOptions {
  readonly clock: Clock;
  /** All but `lo`, which is always there; addresses given for `lo` are added to it. */
  readonly interfaces: readonly InterfaceOptions[];
  /** Takes every packet that leaves, one after the other. */
  readonly depart: (departure: Departure) => void;
  /** Where identifications begin; at 0 unless given. */
  readonly random?: Random;
  /** Takes a packet that has arrived for this host; `true` means that a listener wanted it. */
  readonly deliver?: (frame: Frame) => boolean;
  /** Told each verdict of the director, right after it. */
  readonly witness?: (stage: Stage, frame: Frame, verdict: Verdict) => void;
  /** Told each packet the host itself drops, and why. */
  readonly dropped?: (reason: HostDrop, frame: Frame) => void;
}

/** A host in memory. */
export class VirtualHost implements Host {
  /** Interfaces, addresses, routes and policy rules. */
  readonly routing = new Routing();
  /** Rules that give packets their firewall marks. */
  readonly marks = new MarkRules();
  readonly #pathMtus: PathMtus;
  readonly #drops = new DropCounters();
  readonly #output: Output;
  readonly #errors: HostErrors;
  readonly #delivery: LocalDelivery;
  readonly #backlog = new Backlog();
  readonly #fragments: Fragments;
  readonly #groups: Multicast;
  readonly #options: VirtualHostOptions;
  /** The packet that has come in, and one this host sends because of it. */
  readonly #packet = new HostPacket();
  readonly #own = new HostPacket();
  readonly #headers = new ExtensionHeaders();
  readonly #answer = new Frame();
  readonly #source: AddressWords = new Uint32Array(4);
  readonly #groupAddress: AddressWords = new Uint32Array(4);
  #director: Director | undefined;
  /** Interface the packet at hand came by. */
  #arrivedBy = LOOPBACK;
  #busy = false;

  /** @throws RangeError for names, addresses or MTUs that cannot be */
  constructor(options: VirtualHostOptions) {
    this.#options = options;
    this.#pathMtus = new PathMtus(options.clock);
    this.#fragments = new Fragments(options.clock);
    this.#output = new Output(options.depart, options.random);
    const id = (options.random?.uint32() ?? 0) & 0xffff;
    this.#errors = new HostErrors(this.routing, this.#answer, id, () => this.#sendAnswer());
    this.#delivery = new LocalDelivery({
      answer: this.#answer,
      listens: (packet) =>
        this.#groups.deliver(packet, this.#arrivedBy) || (options.deliver?.(packet.frame) ?? false),
      sourceOf: (packet) => this.#sourceOf(packet),
      errors: this.#errors,
      send: () => this.#sendAnswer(),
      reportPathMtu: (family, address, mtu) => this.reportPathMtu(family, address, mtu),
    });
    this.#groups = new Multicast({
      routing: this.routing,
      leave: (interfaceName, frame) => this.#sendToGroup(interfaceName, frame),
      random: options.random,
    });
    for (const { name, mtu, addresses = [] } of options.interfaces) {
      if (name !== LOOPBACK) this.routing.addInterface(name, mtu);
      for (const address of addresses) this.routing.addAddress(name, address);
    }
  }

  // Packets.

  /** Puts the director where ip_vs is in Linux, and sends what it sends itself. */
  attach(director: Director): void {
    this.#director = director;
    director.emitTo((frame, family, destination) => this.#emit(frame, family, destination));
  }

  /**
   * Takes a packet that arrives on an interface. All it causes has happened when this returns; a packet
   * that arrives meanwhile, because of one that departs, waits its turn.
   */
  receive(interfaceName: string, frame: Frame): void {
    this.#take("receive", interfaceName, frame);
  }

  /** Sends a packet of the host's own. */
  send(frame: Frame): void {
    this.#take("send", LOOPBACK, frame);
  }

  /**
   * Lets the time pass that has passed on the clock, for the director too: senders of fragments are told
   * when their packets did not get whole. Packets that come or go let time pass themselves.
   */
  advance(): void {
    if (this.#busy) return;
    this.#busy = true;
    try {
      this.#pass();
      this.#work();
    } finally {
      this.#busy = false;
    }
  }

  /** Returns how many packets the host itself dropped for each reason; reasons not met are left out. */
  drops(): Readonly<Partial<Record<HostDrop, number>>> {
    return this.#drops.list();
  }

  // What the director asks.

  route(family: Family, address: Readonly<AddressWords>): Route | undefined {
    const found = this.routing.find(family, address, 0);
    if (found === undefined || (found.type !== "unicast" && !found.local)) return undefined;
    return this.#pathMtus.apply(family, address, found);
  }

  isLocal(family: Family, address: Readonly<AddressWords>): boolean {
    return this.routing.inLocalTable(family, address) === "local";
  }

  isBroadcast(family: Family, address: Readonly<AddressWords>): boolean {
    return this.routing.inLocalTable(family, address) === "broadcast";
  }

  networkInterface(name: string): NetworkInterface | undefined {
    return this.routing.interface(name);
  }

  /**
   * @throws IpvsError ENODEV for an interface there is none of; for an IPv6 group also ENETUNREACH for the
   *   loopback interface, and EADDRNOTAVAIL for one without an IPv6 address
   */
  openMulticastSender(end: MulticastEnd): MulticastSender {
    return this.#groups.openSender(end);
  }

  /** @throws IpvsError ENODEV for an interface there is none of */
  openMulticastReceiver(
    end: MulticastEnd,
    take: (datagram: Uint8Array) => void,
  ): { close(): void } {
    return this.#groups.openReceiver(end, take);
  }

  /** Notes that the way to `address` was found to take packets of `mtu` bytes only. */
  reportPathMtu(family: Family, address: Readonly<AddressWords>, mtu: number): void {
    const before = this.route(family, address);
    if (before === undefined || before.local) return;
    this.#pathMtus.report(family, address, mtu, before.mtu);
  }

  // The way of a packet.

  /** Handles a packet and what comes of it, or has it wait until the one at hand is done with. */
  #take(kind: WaitingKind, interfaceName: string, frame: Frame): void {
    if (this.#busy) {
      this.#drop(this.#enqueue(kind, interfaceName, frame), frame);
      return;
    }
    this.#busy = true;
    try {
      this.#pass();
      this.#handle(kind, interfaceName, frame);
      this.#work();
    } finally {
      this.#busy = false;
    }
  }

  /** Lets the time pass that has passed on the clock. */
  #pass(): void {
    this.#director?.advance();
    this.#expireFragments();
  }

  /** Handles what has come to wait. */
  #work(): void {
    for (let next = this.#backlog.take(); next !== undefined; next = this.#backlog.take()) {
      this.#handle(next.kind, next.interfaceName, next.frame);
      this.#backlog.giveBack(next);
    }
  }

  #handle(kind: WaitingKind, interfaceName: string, frame: Frame): void {
    switch (kind) {
      case "receive":
        this.#drop(this.#input(interfaceName, frame), frame);
        break;
      case "send":
        this.#drop(this.#originate(frame), frame);
        break;
      case "loop":
        this.#drop(this.#loopBack(frame), frame);
        break;
      case "group":
        this.#drop(this.#leaveToGroup(interfaceName, frame), frame);
        break;
    }
  }

  #input(interfaceName: string, frame: Frame): HostDrop | undefined {
    const packet = this.#packet;
    if (!this.routing.interface(interfaceName)?.up) return "interface-down";
    this.#arrivedBy = interfaceName;
    const problem = packet.read(frame);
    if (problem !== undefined) return problem;
    if (packet.family === 6 && packet.fragment && this.#director?.wantsWholeIpv6) {
      const outcome = this.#fragments.add(frame);
      if (outcome !== "whole") return outcome === "kept" ? undefined : outcome;
      if (packet.read(frame) !== undefined) return "reassembly-failed";
    }
    frame.mark = this.marks.mark(packet, interfaceName);
    return packet.family === 6 ? this.#route6(packet) : this.#route4(packet);
  }

  #route4(packet: HostPacket): HostDrop | undefined {
    const { frame, source, destination } = packet;
    if (isMulticast(4, source) || isLimitedBroadcast(source)) {
      return "martian-source";
    }
    const toAll = isLimitedBroadcast(destination);
    if (toAll || (isUnspecified(source) && isUnspecified(destination))) {
      return this.#deliver(packet, true);
    }
    if (isMulticast(4, destination)) return this.#inputGroup(packet);
    if (isUnspecified(source) || isLoopback(4, source)) return "martian-source";
    if (isUnspecified(destination) || isLoopback(4, destination)) {
      return "martian-destination";
    }
    if (ipv4.isSourceRouted(packet.view, packet.network)) return "source-route";
    const route = this.routing.find(4, destination, frame.mark);
    if (route !== undefined && !refuses(route) && this.#isOwnSource(packet)) {
      return "martian-source";
    }
    return this.#goBy(packet, route);
  }

  /** Takes a packet for a group somebody here has joined. */
  #inputGroup(packet: HostPacket): HostDrop | undefined {
    const { family, source, destination } = packet;
    if (!this.#groups.hasJoined(family, destination, this.#arrivedBy)) return "multicast";
    if (isUnspecified(source) || isLoopback(family, source)) return "martian-source";
    if (family === 4 && this.#isOwnSource(packet)) return "martian-source";
    return this.#deliver(packet, true);
  }

  /** Whether an IPv4 packet claims to come from this host. Source: linux `fib_validate_source`. */
  #isOwnSource({ source }: HostPacket): boolean {
    if (!this.routing.isCustomized(4)) return this.routing.isInterfaceAddress(4, source);
    const back = this.routing.find(4, source, 0);
    return back !== undefined && (back.type === "local" || back.type === "broadcast");
  }

  #route6(packet: HostPacket): HostDrop | undefined {
    const { frame, source, destination } = packet;
    if (isMulticast(6, source) || isLoopback(6, source)) return "martian-source";
    if (isLoopback(6, destination)) return "martian-destination";
    const multicast = isMulticast(6, destination);
    if (!this.#hopByHopIsFine(packet, multicast)) return "extension-header";
    if (multicast) return this.#delivery.multicast(packet) ? undefined : this.#inputGroup(packet);
    return this.#goBy(packet, this.routing.find(6, destination, frame.mark));
  }

  /** Looks at the options every hop looks at, and answers those that ask for it. */
  #hopByHopIsFine(packet: HostPacket, multicast: boolean): boolean {
    const { view, network, end } = packet;
    if (ipv6.nextHeader(view, network) !== HOP_BY_HOP) return true;
    const problem = this.#headers.walk(view, network, end, multicast, true);
    if (problem === HEADERS.fine) return true;
    if (problem >= 0) {
      this.#errors.send(packet, icmpv6.PARAMETER_PROBLEM, problem, this.#headers.pointer);
    }
    return false;
  }

  #goBy(packet: HostPacket, route: RouteEntry | undefined): HostDrop | undefined {
    if (route?.type === "local" || route?.type === "broadcast") {
      return this.#deliver(packet, route.type === "broadcast");
    }
    if (route === undefined || refuses(route)) {
      if (route?.type !== "blackhole") this.#errors.unreachable(packet, route);
      return "no-route";
    }
    return this.#forward(packet, route);
  }

  // For this host.

  #deliver(packet: HostPacket, broadcast: boolean): HostDrop | undefined {
    const { frame } = packet;
    if (packet.family === 4 && packet.fragment) {
      const outcome = this.#fragments.add(frame);
      if (outcome !== "whole") return outcome === "kept" ? undefined : outcome;
    }
    const verdict = this.#ask("localIn", frame);
    if (verdict === VERDICT.forward) return this.#sendDecided(frame, "decided");
    if (verdict !== VERDICT.accept) return undefined;
    // The director may have rewritten it.
    const problem = packet.read(frame);
    if (problem !== undefined) return problem;
    if (!packet.fragment) return this.#delivery.deliver(packet, broadcast);
    return this.#deliverFragment(packet);
  }

  /** An IPv6 fragment, which Linux puts together this late when ip_vs does not want it whole before. */
  #deliverFragment(packet: HostPacket): HostDrop | undefined {
    if (packet.moreFragments && (packet.fragmentLength & 7) !== 0) {
      const code = HEADERS.erroneousField;
      this.#errors.send(packet, icmpv6.PARAMETER_PROBLEM, code, ipv6.PAYLOAD_LENGTH);
      return "reassembly-failed";
    }
    const outcome = this.#fragments.add(packet.frame);
    if (outcome !== "whole") return outcome === "kept" ? undefined : outcome;
    return packet.read(packet.frame) ?? this.#delivery.deliver(packet, false);
  }

  /** Tells senders of fragments that their packets did not get whole in time. */
  #expireFragments(): void {
    const packet = this.#packet;
    const expired = this.#fragments.expire((first) => {
      if (packet.read(first) !== undefined) return;
      this.#errors.timeExceeded(packet, REASSEMBLY_TIME_EXCEEDED);
    });
    if (expired > 0) this.#drops.count("reassembly-timeout", expired);
  }

  /** A packet of this host to itself: its way is known. */
  #loopBack(frame: Frame): HostDrop | undefined {
    const packet = this.#packet;
    this.#arrivedBy = LOOPBACK;
    const problem = packet.read(frame);
    if (problem !== undefined) return problem;
    frame.mark = this.marks.mark(packet, LOOPBACK);
    return this.#deliver(packet, false);
  }

  // For another host.

  #forward(packet: HostPacket, route: RouteEntry): HostDrop | undefined {
    const { frame } = packet;
    if (packet.ttl <= 1) {
      this.#errors.timeExceeded(packet, HOPS_EXCEEDED);
      return "time-exceeded";
    }
    if (packet.family === 6) {
      if (isUnspecified(packet.source)) return "martian-source";
      if (isLinkLocal(packet.source)) {
        this.#errors.send(packet, icmpv6.UNREACHABLE, BEYOND_SCOPE, 0);
        return "martian-source";
      }
    }
    // With IPv6 the MTU of the route itself counts at the very end only, when the hop limit is lowered.
    const mtu = packet.family === 6 ? Math.max(route.device.mtu, ipv6.LEAST_MTU) : route.mtu;
    if (packet.length > mtu && packet.dontFragment && exceeds(frame, mtu)) {
      this.#errors.tooBig(packet, mtu);
      return "too-big";
    }
    packet.lowerTtl();
    const verdict = this.#ask("forwarded", frame);
    if (verdict === VERDICT.forward) return this.#sendDecided(frame, "passing");
    if (verdict !== VERDICT.accept) return undefined;
    return this.#leave(frame, route, packet.family, packet.destination, "passing");
  }

  // Packets of this host.

  /** Sends a packet this host has made. */
  #originate(frame: Frame): HostDrop | undefined {
    const own = this.#own;
    const problem = own.read(frame);
    if (problem !== undefined) return problem;
    const route = this.routing.find(own.family, own.destination, frame.mark);
    if (route === undefined || refuses(route)) return "no-route";
    const verdict = this.#ask("localOut", frame);
    if (verdict === VERDICT.forward) return this.#sendDecided(frame, "decided");
    if (verdict !== VERDICT.accept) return undefined;
    return this.#leave(frame, route, own.family, own.destination, "own");
  }

  /** Sends a packet for a group, when that at hand is done with. */
  #sendToGroup(interfaceName: string, frame: Frame): void {
    const problem = this.#busy
      ? this.#enqueue("group", interfaceName, frame)
      : this.#leaveToGroup(interfaceName, frame);
    this.#drop(problem, frame);
  }

  /** The director never has to do with what a host sends to a group: no service has such an address. */
  #leaveToGroup(interfaceName: string, frame: Frame): HostDrop | undefined {
    const device = this.routing.interface(interfaceName);
    if (device === undefined) return "interface-down";
    const { view, start } = frame;
    const group = this.#groupAddress;
    const family = ipv4.version(view, start) === 6 ? 6 : 4;
    if (family === 6) ipv6.readDst(view, start, group);
    else group.fill(0)[0] = ipv4.dst(view, start);
    const to = { address: { family, words: group }, prefixLength: 0 } as const;
    const route = new RouteEntry({ to, dev: interfaceName }, TABLE.main, device);
    return this.#output.send(frame, route, family, group, route.mtu, "own");
  }

  /** Sends a packet the director has made and accounted for. */
  #emit(frame: Frame, family: Family, destination: Readonly<AddressWords>): void {
    const route = this.routing.find(family, destination, 0);
    const problem =
      route === undefined || refuses(route)
        ? "no-route"
        : this.#leave(frame, route, family, destination, "own");
    this.#drop(problem, frame);
  }

  /**
   * Sends a packet where the director has decided. The way to a real server hangs on its address alone, the
   * way back to a client on the packet's mark too.
   */
  #sendDecided(frame: Frame, origin: Origin): HostDrop | undefined {
    const { nextHopFamily, nextHop, reason } = this.#director!.decision;
    const isReply = reason === REASON.reply || reason === REASON["server-error"];
    const route = this.routing.find(nextHopFamily, nextHop, isReply ? frame.mark : 0);
    if (route === undefined || refuses(route)) return "no-route";
    return this.#leave(frame, route, nextHopFamily, nextHop, origin);
  }

  /** Lets a packet leave by a route, or loops it back. */
  #leave(
    frame: Frame,
    route: RouteEntry,
    family: Family,
    nextHop: Readonly<AddressWords>,
    origin: Origin,
  ): HostDrop | undefined {
    if (route.local) return this.#enqueue("loop", LOOPBACK, frame);
    // Learned path MTUs do not bind packets that only pass.
    const passing = origin === "passing";
    const { mtu } = passing ? route : this.#pathMtus.apply(family, nextHop, route);
    const problem = this.#output.send(frame, route, family, nextHop, mtu, origin);
    if (problem === "too-big" && passing && this.#packet.read(frame) === undefined) {
      this.#errors.tooBig(this.#packet, mtu);
    }
    return problem;
  }

  /** Sends the answer that was written. */
  #sendAnswer(): void {
    const { view, start } = this.#answer;
    // Linux finds no way for IPv4 packets from an address it does not have, and says nothing.
    if (ipv4.version(view, start) === 4) {
      this.#source[0] = ipv4.src(view, start);
      if (!this.isLocal(4, this.#source)) return;
    }
    this.#drop(this.#originate(this.#answer), this.#answer);
  }

  /** Returns the address a reply to the packet comes from. */
  #sourceOf(packet: HostPacket): Readonly<AddressWords> | undefined {
    const { family, destination } = packet;
    if (!isMulticast(family, destination)) return destination;
    const back = this.routing.find(family, packet.source, 0);
    return back && this.routing.sourceFor(back, packet.source);
  }

  #ask(stage: Stage, frame: Frame): Verdict {
    if (this.#director === undefined) return VERDICT.accept;
    const verdict = this.#director[stage](frame);
    this.#options.witness?.(stage, frame, verdict);
    return verdict;
  }

  #enqueue(kind: WaitingKind, interfaceName: string, frame: Frame): HostDrop | undefined {
    return this.#backlog.put(kind, interfaceName, frame) ? undefined : "backlog-full";
  }

  /** Counts a drop, if there was one. */
  #drop(reason: HostDrop | undefined, frame: Frame): void {
    if (reason === undefined) return;
    this.#drops.count(reason);
    this.#options.dropped?.(reason, frame);
  }
}

/** Whether a packet that may not be cut is too large for a way: one that came in pieces may be again. */
function exceeds({ fragmentSize }: Frame, mtu: number): boolean {
  return fragmentSize === 0 || fragmentSize > mtu;
}
