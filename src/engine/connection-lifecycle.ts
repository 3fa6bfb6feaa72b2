/**
 * How a connection comes, lives and ends: binding to a destination, state, timers, control chains.
 *
 * A packet only writes the connection's new deadline; the timer wheel looks again when the old one comes
 * due, and is bothered at once only where the deadline comes nearer.
 *
 * Source: linux ip_vs_conn.c.
 *
 * @module
 */
import type { Ticks } from "../base/clock.ts";
import { roundedDeadline, slotWidth, TimerWheel } from "../base/timer-wheel.ts";
import {
  CONNECTION_FLAG,
  type ConnectionHandle,
  type ConnectionSeed,
  NO_CONNECTION,
  offsetOf,
  WORD,
} from "./connection-records.ts";
import type { ConnectionWalk } from "./connection-walk.ts";
import type { Destination } from "./destination.ts";
import type { DestinationRegistry } from "./destination-registry.ts";
import { DueConnections } from "./due-connections.ts";
import type { EngineState } from "./engine-state.ts";
import type { Packet } from "./packet.ts";
import type { EngineData } from "./persistence-engine/persistence-engine.ts";
import { DIRECTION, type Direction, NO_CHANGE, type Protocol } from "./protocol/protocol.ts";

const FLAGS = WORD.flags;
const TIMEOUT = WORD.timeout;
const EXPIRES = WORD.expires;
const FIRES = WORD.fires;
const ARMED = WORD.armed;
const PACKETS = WORD.packets;
const NO_OUTPUT = CONNECTION_FLAG.noOutput;
const ONE_PACKET = CONNECTION_FLAG.onePacket;

/** Life of a connection before its first state, in seconds. */
export const NEW_SECONDS = 3;
/** Life of a connection that outlived its timeout because it controls others, in seconds. */
const KEPT_SECONDS = 60;

/** States of a template, a bit set. Source: linux/ip_vs.h `IP_VS_CTPL_S_*`. */
export const TEMPLATE_STATE = { none: 0, assured: 1 } as const;

/** Timers besides those of connections; see `PeriodicJobs`. */
export interface OtherTimers {
  readonly hasDue: boolean;
  runBefore(width: Ticks, armed: Ticks): void;
}

/** The living connections of one director. */
export class ConnectionLifecycle {
  readonly #state: EngineState;
  readonly #destinations: DestinationRegistry;
  readonly #wheel: TimerWheel;
  /** What is due at the present tick. */
  readonly #due: DueConnections;
  /** Whether the order in which they end matters: one of them controls or is controlled. */
  #related = false;
  /** Connections that may still be seen to before packets have their turn. */
  #room = Number.POSITIVE_INFINITY;
  /** The table, as far as it was not searched for connections whose real server was removed. */
  #orphans: ConnectionWalk | undefined;
  /** The last deadline that was rounded: most packets of a tick have the same. */
  #roundedAt: Ticks = 0;
  #roundedTimeout: Ticks = -1;
  #rounded: Ticks = 0;

  constructor(state: EngineState, destinations: DestinationRegistry) {
    this.#state = state;
    this.#destinations = destinations;
    this.#wheel = new TimerWheel(state.now);
    this.#due = new DueConnections(this.#firesBefore);
  }

  /**
   * Makes a connection, binds it to `destination` and lets it be found, unless it is of one packet.
   * Its timer does not run before the first `release`.
   *
   * @param data of a persistence engine, for a template it is to be found by
   */
  open(
    seed: Readonly<ConnectionSeed>,
    destination: Destination | undefined,
    data?: EngineData,
  ): ConnectionHandle {
    const { connections, ftp, profile } = this.#state;
    const handle = connections.create(seed);
    connections.setTimeoutTicks(handle, NEW_SECONDS * profile.ticksPerSecond);
    if (destination !== undefined) {
      this.#attach(handle, destination, seed.flags);
    }
    if (ftp.isOne(seed)) ftp.add(connections, handle);
    if (data !== undefined) connections.setEngineData(handle, data);
    if ((seed.flags & CONNECTION_FLAG.onePacket) === 0) connections.insert(handle);
    return handle;
  }

  /** Binds a connection that has no destination to one, and gives it the flags that go with it. */
  bind(handle: ConnectionHandle, destination: Destination, flags: number): void {
    const { connections, ftp } = this.#state;
    // Whether a helper follows it hangs on the method.
    if (connections.isHelped(handle)) ftp.remove(connections, handle);
    connections.setFlags(handle, flags);
    this.#attach(handle, destination, flags);
    const protocol = connections.protocol(handle);
    const virtualPort = connections.virtualPort(handle);
    if (ftp.isOne({ protocol, virtualPort, flags })) ftp.add(connections, handle);
  }

  /** Makes `controller` outlive `handle`. */
  control(handle: ConnectionHandle, controller: ConnectionHandle): void {
    const { connections } = this.#state;
    connections.setController(handle, controller);
    connections.setChildren(controller, connections.children(controller) + 1);
  }

  /** Ends the handling of a packet: the timer starts anew; a connection of one packet ends. */
  release(handle: ConnectionHandle): void {
    const { connections } = this.#state;
    if ((connections.flags(handle) & CONNECTION_FLAG.onePacket) !== 0) {
      this.#end(handle);
      return;
    }
    this.#restartAfter(handle, connections.timeout(handle));
  }

  /**
   * Ends the handling of a client's packet: it is counted, of its connection or of what controls one that
   * is of one packet; for the rest see `release`.
   */
  releaseCounted(handle: ConnectionHandle): void {
    const { connections, master } = this.#state;
    if (master !== undefined) {
      master.countPacket(handle);
      this.release(handle);
      return;
    }
    const record = connections.segmentOf(handle);
    const at = offsetOf(handle);
    if ((record[at + FLAGS]! & ONE_PACKET) === 0) {
      record[at + PACKETS]! += 1;
      this.restart(handle, record, at, record[at + TIMEOUT]! >>> 0);
      return;
    }
    const controller = connections.controller(handle);
    if (controller !== NO_CONNECTION) connections.countPacket(controller);
    this.#end(handle);
  }

  /**
   * Starts the timer of a connection of more than one packet anew: it ends in `timeout` ticks.
   *
   * @param record where the connection's record is, from `at` on
   */
  restart(handle: ConnectionHandle, record: Int32Array, at: number, timeout: Ticks): void {
    const { now } = this.#state;
    if (timeout !== this.#roundedTimeout || now !== this.#roundedAt) this.#round(now, timeout);
    const fires = this.#rounded;
    const before = record[at + FIRES]!;
    record[at + EXPIRES] = (now + timeout) | 0;
    record[at + FIRES] = fires;
    // The wheel will look at the connection in time, unless it never did or the deadline came nearer.
    const armed = before !== 0 && ((fires - record[at + ARMED]!) | 0) >= 0;
    if (!armed) this.#arm(handle, fires);
  }

  /** Makes a connection end at the next tick, unless something releases it before. */
  expireNow(handle: ConnectionHandle): void {
    this.#restartAfter(handle, 0);
  }

  /** Ends a connection by force at the next tick, and its controller too if nothing else holds that. */
  drop(handle: ConnectionHandle): void {
    this.#state.connections.setTimeoutTicks(handle, 0);
    this.expireNow(handle);
  }

  /**
   * Ends a connection by force now, unless it controls others; what controls it ends as well where it
   * controls nothing else and need not be kept.
   */
  end(handle: ConnectionHandle): void {
    const { connections } = this.#state;
    const controller = connections.controller(handle);
    if (controller !== NO_CONNECTION) connections.setTimeoutTicks(handle, 0);
    this.#expire(handle);
    if (controller !== NO_CONNECTION && connections.children(controller) === 0) {
      this.end(controller);
    }
  }

  /**
   * Lets at most so many connections be seen to by `advance` and `endOrphans` until it is called again.
   */
  allow(most: number): void {
    this.#room = most;
  }

  /**
   * Ends, by force, every connection whose real server was removed; where these are more than are allowed,
   * `endMoreOrphans` goes on.
   */
  endOrphans(): void {
    this.#orphans = this.#state.connections.walk();
    this.endMoreOrphans();
  }

  /** Goes on with what `endOrphans` has begun; returns whether all is done. */
  endMoreOrphans(): boolean {
    const { connections } = this.#state;
    while (this.#orphans !== undefined && this.#room-- > 0) {
      const handle = this.#orphans.next();
      if (handle === NO_CONNECTION) {
        this.#orphans = undefined;
        break;
      }
      const destination = this.destination(handle);
      if (destination === undefined || destination.available) continue;
      if (connections.children(handle) === 0) this.end(handle);
    }
    return this.#orphans === undefined;
  }

  /**
   * Returns the time a connection has left, in whole seconds, 0 when it is overdue. The kernel counts it in
   * milliseconds of 32 bits first, and so what another director told to be longer than 49 days is not.
   */
  secondsLeft(handle: ConnectionHandle): number {
    const { connections, now, profile } = this.#state;
    const ticks = (connections.expires(handle) - now) | 0;
    const milliseconds = (Math.max(ticks, 0) * 1000) / profile.ticksPerSecond;
    return Math.floor((milliseconds % 2 ** 32) / 1000);
  }

  /** Whether connections that are to end now wait for more to be allowed. */
  get hasWaiting(): boolean {
    return !this.#due.isEmpty || this.#orphans !== undefined;
  }

  /** Returns the tick at which a connection may end next, or Infinity. */
  nextDeadline(): Ticks {
    return this.hasWaiting ? this.#wheel.now : this.#wheel.nextDeadline();
  }

  /**
   * Ends what is due at tick `to`, which must not be later than `nextDeadline`.
   *
   * @param others timers of another kind that are due as well; each runs when its turn comes
   * @returns whether all was seen to; if not, as no more are allowed, the same call goes on
   */
  advance(to: Ticks, others: OtherTimers): boolean {
    const { connections } = this.#state;
    if (!this.#wheel.advance(to, this.#collect, this.#room)) return false;
    if (this.#related || others.hasDue) {
      for (let sorted = this.#due.sortRun(); sorted > 0; sorted = this.#due.sortRun()) {
        this.#room -= sorted;
        if (this.#room <= 0) return false;
      }
    }
    while (!this.#due.isEmpty) {
      if (this.#room-- <= 0) return false;
      const handle = this.#due.take();
      // It may have ended since it came due.
      if (connections.isFree(handle)) continue;
      if (others.hasDue) {
        const timeout = connections.timeout(handle);
        others.runBefore(slotWidth(timeout), connections.expires(handle) - timeout);
      }
      // The end of another, or a packet, may have given it more time.
      if (this.#ticksLeft(handle) > 0) this.#arm(handle, connections.fires(handle));
      else this.#expire(handle);
    }
    this.#related = false;
    return true;
  }

  /** Runs the protocol's state machine for a packet of this connection. */
  transition(handle: ConnectionHandle, packet: Packet, direction: Direction): void {
    const state = this.#state;
    const protocol = state.protocol(packet.protocol);
    if (protocol === undefined) return;
    const flags = state.connections.flags(handle);
    const seen = (flags & NO_OUTPUT) === 0 ? direction : this.#seenDirection(handle, direction);
    const before = state.connections.state(handle);
    const after = protocol.next(before, seen, packet, state.sysctls.secure_tcp >= 2);
    if (after !== NO_CHANGE) this.enter(handle, protocol, after, direction);
  }

  /** Lets a connection be in a state from now on, or on, after a packet of this direction. */
  enter(handle: ConnectionHandle, protocol: Protocol, after: number, direction: Direction): void {
    const { connections, profile } = this.#state;
    if (after !== connections.state(handle)) {
      this.#recount(handle, protocol.isActive(after));
      connections.setState(handle, after);
    }
    connections.setTimeoutTicks(handle, protocol.timeouts[after]! * profile.ticksPerSecond);
    const controlled = connections.controller(handle) !== NO_CONNECTION;
    if (controlled && protocol.assuresTemplate(after, direction)) this.#assureController(handle);
  }

  /** Counts a client's packet of `length` bytes where its connection's destination is in service. */
  countIn(destination: Destination | undefined, length: number): void {
    if (destination === undefined || !destination.available) return;
    destination.stats.countIn(length);
  }

  /** Counts a packet to a client, as `countIn` does. */
  countOut(destination: Destination | undefined, length: number): void {
    if (destination === undefined || !destination.available) return;
    destination.stats.countOut(length);
  }

  /** Returns the destination a connection is bound to; it may have been removed from its service. */
  destination(handle: ConnectionHandle): Destination | undefined {
    return this.#destinations.get(this.#state.connections.destination(handle));
  }

  /** For a connection without output so far: the first reply through the director shows that replies do pass it. */
  #seenDirection(handle: ConnectionHandle, direction: Direction): Direction {
    const { connections } = this.#state;
    if (direction === DIRECTION.input) return DIRECTION.inputOnly;
    connections.setFlags(handle, connections.flags(handle) & ~NO_OUTPUT);
    return direction;
  }

  /** Moves a connection between its destination's active and inactive ones. */
  #recount(handle: ConnectionHandle, active: boolean): void {
    const { connections } = this.#state;
    const destination = this.destination(handle);
    const flags = connections.flags(handle);
    const inactive = (flags & CONNECTION_FLAG.inactive) !== 0;
    if (destination === undefined || active !== inactive) return;
    destination.recount(active);
    connections.setFlags(handle, flags ^ CONNECTION_FLAG.inactive);
  }

  #assureController(handle: ConnectionHandle): void {
    const { connections } = this.#state;
    const controller = connections.controller(handle);
    if ((connections.flags(controller) & CONNECTION_FLAG.template) === 0) return;
    connections.setState(controller, connections.state(controller) | TEMPLATE_STATE.assured);
  }

  /** Counts a connection at its destination. What another director told may be active from the beginning. */
  #attach(handle: ConnectionHandle, destination: Destination, flags: number): void {
    const template = (flags & CONNECTION_FLAG.template) !== 0;
    this.#state.connections.setDestination(handle, destination.number);
    destination.bind(template);
    if (!template && (flags & CONNECTION_FLAG.inactive) === 0) destination.activeConnections++;
  }

  #restartAfter(handle: ConnectionHandle, timeout: Ticks): void {
    const { connections } = this.#state;
    this.restart(handle, connections.segmentOf(handle), offsetOf(handle), timeout);
  }

  #round(now: Ticks, timeout: Ticks): void {
    this.#roundedTimeout = timeout;
    this.#roundedAt = now;
    this.#rounded = roundedDeadline(now, now + timeout);
  }

  #arm(handle: ConnectionHandle, at: Ticks): void {
    this.#wheel.arm(handle, at);
    this.#state.connections.setArmed(handle, at);
  }

  readonly #collect = (handle: ConnectionHandle): void => {
    this.#room--;
    const ticks = this.#ticksLeft(handle);
    if (ticks > 0) {
      this.#arm(handle, this.#wheel.now + ticks);
      return;
    }
    const { connections } = this.#state;
    this.#related ||=
      connections.controller(handle) !== NO_CONNECTION || connections.children(handle) > 0;
    this.#due.add(handle);
  };

  #ticksLeft(handle: ConnectionHandle): Ticks {
    return (this.#state.connections.fires(handle) - this.#wheel.now) | 0;
  }

  /**
   * The order a kernel's timers fire in, which decides whether a connection ends before what controls it:
   * timers in wider slots first; in one slot, that which was set last.
   */
  readonly #firesBefore = (a: ConnectionHandle, b: ConnectionHandle): number => {
    const { connections } = this.#state;
    const timeoutA = connections.timeout(a);
    const timeoutB = connections.timeout(b);
    const wider = slotWidth(timeoutB) - slotWidth(timeoutA);
    if (wider !== 0) return wider;
    return (connections.expires(b) - timeoutB - (connections.expires(a) - timeoutA)) | 0;
  };

  #expire(handle: ConnectionHandle): void {
    const { connections, profile } = this.#state;
    if (connections.children(handle) === 0) {
      this.#end(handle);
      return;
    }
    const timeout = KEPT_SECONDS * profile.ticksPerSecond;
    const { now } = this.#wheel;
    connections.setTimeoutTicks(handle, timeout);
    const fires = roundedDeadline(now, now + timeout);
    this.#state.master?.kept(handle);
    connections.setDeadline(handle, now + timeout, fires);
    this.#arm(handle, fires);
  }

  #end(handle: ConnectionHandle): void {
    const { connections } = this.#state;
    const flags = connections.flags(handle);
    connections.remove(handle);
    this.#wheel.disarm(handle);
    this.destination(handle)?.unbind(
      (flags & CONNECTION_FLAG.template) !== 0,
      (flags & CONNECTION_FLAG.inactive) === 0,
    );
    const controller = connections.controller(handle);
    if (controller !== NO_CONNECTION) {
      this.#freed(controller, connections.timeout(handle) === 0);
    }
    if (connections.isHelped(handle)) this.#state.ftp.remove(connections, handle);
    connections.release(handle);
  }

  /** A connection that `controller` controlled has ended, `forced` or not. */
  #freed(controller: ConnectionHandle, forced: boolean): void {
    const { connections } = this.#state;
    const children = connections.children(controller) - 1;
    connections.setChildren(controller, children);
    if (!forced || children > 0) return;
    const assured =
      (connections.flags(controller) & CONNECTION_FLAG.template) !== 0 &&
      (connections.state(controller) & TEMPLATE_STATE.assured) !== 0;
    if (!assured) this.drop(controller);
  }
}
