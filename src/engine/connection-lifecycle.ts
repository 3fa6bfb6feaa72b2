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
} from "./connection-records.ts";
import type { Destination } from "./destination.ts";
import type { DestinationRegistry } from "./destination-registry.ts";
import type { EngineState } from "./engine-state.ts";
import type { Packet } from "./packet.ts";
import type { EngineData } from "./persistence-engine/persistence-engine.ts";
import { DIRECTION, type Direction, NO_CHANGE } from "./protocol/protocol.ts";

/** Life of a connection before its first state, in seconds. */
const NEW_SECONDS = 3;
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
  readonly #due: ConnectionHandle[] = [];
  #dueCount = 0;

  constructor(state: EngineState, destinations: DestinationRegistry) {
    this.#state = state;
    this.#destinations = destinations;
    this.#wheel = new TimerWheel(state.now);
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
      connections.setDestination(handle, destination.number);
      destination.bind((seed.flags & CONNECTION_FLAG.template) !== 0);
    }
    if (ftp.isOne(seed)) ftp.add(connections, handle);
    if (data !== undefined) connections.setEngineData(handle, data);
    if ((seed.flags & CONNECTION_FLAG.onePacket) === 0) connections.insert(handle);
    return handle;
  }

  /** Makes `controller` outlive `handle`. */
  control(handle: ConnectionHandle, controller: ConnectionHandle): void {
    const { connections } = this.#state;
    connections.setController(handle, controller);
    connections.setChildren(controller, connections.children(controller) + 1);
  }

  /** Ends the handling of a packet: the timer starts anew; a connection of one packet ends. */
  release(handle: ConnectionHandle): void {
    const { connections, now } = this.#state;
    if ((connections.flags(handle) & CONNECTION_FLAG.onePacket) !== 0) {
      this.#end(handle);
      return;
    }
    this.#restart(handle, now + connections.timeout(handle));
  }

  /** Counts a packet of the client: of its connection, or of what controls one that is of one packet. */
  countPacket(handle: ConnectionHandle): void {
    const { connections } = this.#state;
    const onePacket = (connections.flags(handle) & CONNECTION_FLAG.onePacket) !== 0;
    const counted = onePacket ? connections.controller(handle) : handle;
    if (counted === NO_CONNECTION) return;
    connections.setPackets(counted, connections.packets(counted) + 1);
  }

  /** Makes a connection end at the next tick, unless something releases it before. */
  expireNow(handle: ConnectionHandle): void {
    this.#restart(handle, this.#state.now);
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

  /** Ends, by force, every connection whose real server was removed. */
  endOrphans(): void {
    const { connections } = this.#state;
    for (const handle of connections.walk()) {
      const destination = this.destination(handle);
      if (destination === undefined || destination.available) continue;
      if (connections.children(handle) === 0) this.end(handle);
    }
  }

  /** Returns the time a connection has left, in whole seconds, 0 when it is overdue. */
  secondsLeft(handle: ConnectionHandle): number {
    const { connections, now, profile } = this.#state;
    const ticks = (connections.expires(handle) - now) | 0;
    return Math.floor(Math.max(ticks, 0) / profile.ticksPerSecond);
  }

  /** Returns the tick at which a connection may end next, or Infinity. */
  nextDeadline(): Ticks {
    return this.#wheel.nextDeadline();
  }

  /**
   * Ends what is due at tick `to`, which must not be later than `nextDeadline`.
   *
   * @param others timers of another kind that are due as well; each runs when its turn comes
   */
  advance(to: Ticks, others: OtherTimers): void {
    const { connections } = this.#state;
    this.#dueCount = 0;
    this.#wheel.advance(to, this.#collect);
    if (this.#dueCount === 0) return;
    this.#putInOrder(others.hasDue);
    for (let index = 0; index < this.#dueCount; index++) {
      const handle = this.#due[index]!;
      if (others.hasDue) {
        const timeout = connections.timeout(handle);
        others.runBefore(slotWidth(timeout), connections.expires(handle) - timeout);
      }
      // The end of another may have given it more time.
      if (this.#ticksLeft(handle) > 0) this.#arm(handle, connections.fires(handle));
      else this.#expire(handle);
    }
  }

  /** Runs the protocol's state machine for a packet of this connection. */
  transition(handle: ConnectionHandle, packet: Packet, direction: Direction): void {
    const { connections, sysctls, profile } = this.#state;
    const protocol = this.#state.protocol(packet.protocol);
    if (protocol === undefined) return;
    const before = connections.state(handle);
    const after = protocol.next(
      before,
      this.#seenDirection(handle, direction),
      packet,
      sysctls.secure_tcp >= 2,
    );
    if (after === NO_CHANGE) return;
    if (after !== before) {
      this.#recount(handle, protocol.isActive(after));
      connections.setState(handle, after);
    }
    connections.setTimeoutTicks(handle, protocol.timeouts[after]! * profile.ticksPerSecond);
    if (protocol.assuresTemplate(after, direction)) this.#assureController(handle);
  }

  /** Counts a client's packet where the connection's destination is in service. */
  countIn(handle: ConnectionHandle, length: number): void {
    const destination = this.destination(handle);
    if (destination === undefined || !destination.available) return;
    destination.stats.countIn(length);
    destination.service.stats.countIn(length);
    this.#state.stats.countIn(length);
  }

  /** Counts a packet to a client where the connection's destination is in service. */
  countOut(handle: ConnectionHandle, length: number): void {
    const destination = this.destination(handle);
    if (destination === undefined || !destination.available) return;
    destination.stats.countOut(length);
    destination.service.stats.countOut(length);
    this.#state.stats.countOut(length);
  }

  /** Returns the destination a connection is bound to; it may have been removed from its service. */
  destination(handle: ConnectionHandle): Destination | undefined {
    return this.#destinations.get(this.#state.connections.destination(handle));
  }

  /** The first reply through the director shows that replies do pass it. */
  #seenDirection(handle: ConnectionHandle, direction: Direction): Direction {
    const { connections } = this.#state;
    const flags = connections.flags(handle);
    if ((flags & CONNECTION_FLAG.noOutput) === 0) return direction;
    if (direction === DIRECTION.input) return DIRECTION.inputOnly;
    connections.setFlags(handle, flags & ~CONNECTION_FLAG.noOutput);
    return direction;
  }

  /** Moves a connection between its destination's active and inactive ones. */
  #recount(handle: ConnectionHandle, active: boolean): void {
    const { connections } = this.#state;
    const destination = this.destination(handle);
    const flags = connections.flags(handle);
    const inactive = (flags & CONNECTION_FLAG.inactive) !== 0;
    if (destination === undefined || active !== inactive) return;
    destination.activeConnections += active ? 1 : -1;
    connections.setFlags(handle, flags ^ CONNECTION_FLAG.inactive);
  }

  #assureController(handle: ConnectionHandle): void {
    const { connections } = this.#state;
    const controller = connections.controller(handle);
    if (controller === NO_CONNECTION) return;
    if ((connections.flags(controller) & CONNECTION_FLAG.template) === 0) return;
    connections.setState(controller, connections.state(controller) | TEMPLATE_STATE.assured);
  }

  #restart(handle: ConnectionHandle, expires: Ticks): void {
    const { connections, now } = this.#state;
    const fires = roundedDeadline(now, expires);
    const before = connections.fires(handle);
    connections.setDeadline(handle, expires, fires);
    const armed = before !== 0 && ((fires - connections.armed(handle)) | 0) >= 0;
    if (!armed) this.#arm(handle, fires);
  }

  #arm(handle: ConnectionHandle, at: Ticks): void {
    this.#wheel.arm(handle, at);
    this.#state.connections.setArmed(handle, at);
  }

  readonly #collect = (handle: ConnectionHandle): void => {
    const ticks = this.#ticksLeft(handle);
    if (ticks > 0) this.#arm(handle, this.#wheel.now + ticks);
    else this.#due[this.#dueCount++] = handle;
  };

  #ticksLeft(handle: ConnectionHandle): Ticks {
    return (this.#state.connections.fires(handle) - this.#wheel.now) | 0;
  }

  /**
   * Puts what is due at one tick into the order a kernel's timers fire in, where it matters: whether a
   * connection ends before what controls it decides if that ends too.
   */
  #putInOrder(always: boolean): void {
    const { connections } = this.#state;
    let matters = always;
    for (let index = 0; index < this.#dueCount && !matters; index++) {
      const handle = this.#due[index]!;
      matters =
        connections.children(handle) > 0 || connections.controller(handle) !== NO_CONNECTION;
    }
    if (!matters) return;
    this.#due.length = this.#dueCount;
    this.#due.sort(this.#firesBefore);
  }

  /** Timers in wider slots fire first; in one slot, that which was set last. */
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
