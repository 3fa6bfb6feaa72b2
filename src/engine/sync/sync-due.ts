/**
 * Whether a connection is to be told of now.
 *
 * Other directors should know of a connection before this one fails, and messages cost. So one is told of
 * when its state changes to the worse, and otherwise by the count of its packets (`sync_threshold`), not
 * again before its end has moved far enough (`sync_refresh_period`), but for some tries (`sync_retries`).
 *
 * Source: linux ip_vs_sync.c `ip_vs_sync_conn_needed`, as observed on a running kernel.
 *
 * @module
 */
import { SCTP, TCP } from "../../net/protocol.ts";
import { CONNECTION_FLAG, type ConnectionHandle, NO_CONNECTION } from "../connection-records.ts";
import type { EngineState } from "../engine-state.ts";
import { SCTP_STATE } from "../protocol/sctp.ts";
import { TCP_STATE } from "../protocol/tcp.ts";

/** States in which connections are told of, a bit each. */
const TOLD_TCP =
  bit(TCP_STATE.established) |
  bit(TCP_STATE.finWait) |
  bit(TCP_STATE.close) |
  bit(TCP_STATE.closeWait) |
  bit(TCP_STATE.timeWait);
const TOLD_SCTP =
  bit(SCTP_STATE.established) |
  bit(SCTP_STATE.shutdownSent) |
  bit(SCTP_STATE.shutdownReceived) |
  bit(SCTP_STATE.shutdownAckSent) |
  bit(SCTP_STATE.closed);

/** The low bits of an end that was told count the tries to tell it. */
const TRIES = 3;
/** An end that moves by less than this is never worth telling, in seconds. */
const LEAST_MOVE = 10;

/** Decides when to tell of the connections of one director. */
export class SyncDue {
  readonly #state: EngineState;

  constructor(state: EngineState) {
    this.#state = state;
  }

  /**
   * Whether to tell of a connection now; if so, it is taken as told.
   *
   * @param packets count of its packets that the thresholds are about
   */
  isDue(handle: ConnectionHandle, packets: number): boolean {
    const { connections, sysctls } = this.#state;
    const template = (connections.flags(handle) & CONNECTION_FLAG.template) !== 0;
    if (!template) {
      if (sysctls.sync_persist_mode !== 0 && this.#isPersistent(handle)) return false;
      const told = this.#toldStates(handle);
      if (told !== 0) {
        const state = connections.state(handle);
        if ((told & bit(state)) === 0) return false;
        // Both protocols' established state is told of by count alone.
        const open =
          connections.protocol(handle) === TCP ? TCP_STATE.established : SCTP_STATE.established;
        if (state !== open && !connections.isTold(handle, state)) {
          return this.#told(handle, this.#end(handle));
        }
      }
    }
    let end = this.#end(handle);
    if (sysctls.sync_refresh_period > 0) {
      const tries = this.#triesFor(handle, end);
      if (tries < 0) return false;
      end += tries;
    }
    const { sync_threshold: threshold, sync_period: period } = sysctls;
    if (period > 0) {
      if (!template && packets % period !== threshold) return false;
    } else if (sysctls.sync_refresh_period <= 0 && packets !== threshold) return false;
    return this.#told(handle, end);
  }

  /** Tick the timeout ends if nothing more comes, without its low bits. */
  #end(handle: ConnectionHandle): number {
    const { connections, now } = this.#state;
    return ((now + connections.timeout(handle)) & ~TRIES) >>> 0;
  }

  #told(handle: ConnectionHandle, end: number): true {
    const { connections } = this.#state;
    connections.setToldState(handle, connections.state(handle));
    connections.setToldEnd(handle, end);
    return true;
  }

  /** Returns how often the end has been told with this time, 0 for a new end, or -1 where it is not to be. */
  #triesFor(handle: ConnectionHandle, end: number): number {
    const { connections, sysctls, profile, now } = this.#state;
    const refresh = sysctls.sync_refresh_period * profile.ticksPerSecond;
    const timeout = connections.timeout(handle);
    let before = connections.toldEnd(handle);
    if (before === 0) {
      // Never told: it counts from its beginning, which is now if it was made while this mattered.
      before = (now & ~TRIES) >>> 0;
      connections.setToldEnd(handle, before);
    }
    const moved = Math.abs((end - before) | 0);
    const enough = Math.max(timeout >>> 1, LEAST_MOVE * profile.ticksPerSecond);
    if (moved >= Math.min(refresh, enough)) return 0;
    const tries = before & TRIES;
    if (tries >= sysctls.sync_retries) return -1;
    const next = before - timeout + (refresh >>> 3);
    return ((now - next) | 0) < 0 ? -1 : tries + 1;
  }

  /** Whether a template is among what controls the connection. */
  #isPersistent(handle: ConnectionHandle): boolean {
    const { connections } = this.#state;
    let controller = connections.controller(handle);
    for (; controller !== NO_CONNECTION; controller = connections.controller(controller)) {
      if ((connections.flags(controller) & CONNECTION_FLAG.template) !== 0) return true;
    }
    return false;
  }

  /** Returns the states in which a connection is told of, 0 where there is but one. */
  #toldStates(handle: ConnectionHandle): number {
    switch (this.#state.connections.protocol(handle)) {
      case TCP:
        return TOLD_TCP;
      case SCTP:
        return TOLD_SCTP;
      default:
        return 0;
    }
  }
}

function bit(state: number): number {
  return 1 << state;
}
