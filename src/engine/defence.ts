/**
 * The three defences of a director that runs short of memory: it drops new connections now and then, ends
 * connections that cost more than they bring, and follows TCP by the table for times of attack.
 *
 * Each has a mode: 0 off, 1 automatic and off at present, 2 automatic and on, 3 always on. The automatic
 * ones move between 1 and 2 with the host's free memory, once a second.
 *
 * Source: Documentation/networking/ipvs-sysctl.rst; linux ip_vs_ctl.c `update_defense_level`,
 * ip_vs_conn.c `ip_vs_random_dropentry`.
 *
 * @module
 */
import { SCTP, TCP } from "../net/protocol.ts";
import { type ConnectionLifecycle, TEMPLATE_STATE } from "./connection-lifecycle.ts";
import { CONNECTION_FLAG, type ConnectionHandle } from "./connection-records.ts";
import type { EngineState } from "./engine-state.ts";
import { SCTP_STATE } from "./protocol/sctp.ts";
import { TCP_STATE } from "./protocol/tcp.ts";

const MODE = { off: 0, automaticOff: 1, automaticOn: 2, on: 3 } as const;

/** Of so many buckets one is looked at each second. */
const BUCKETS_PER_LOOK = 32;
/** A connection used within so many seconds is not of low traffic. */
const RECENT_SECONDS = 60;
/** Nor is one of more packets than these. */
const FEW_PACKETS = 8;

/** The variables that set a defence's mode. */
export const DEFENCE_MODES = ["drop_entry", "drop_packet", "secure_tcp"] as const;

/** The defences of one director. */
export class Defence {
  readonly #state: EngineState;
  readonly #lifecycle: ConnectionLifecycle;
  /** Every how many new connections one is dropped; 0 for none. */
  #dropRate = 0;
  #dropCounter = 0;
  /** By packets of a connection, 1–8: how many such connections are spared before the next is dropped. */
  readonly #spared = new Int32Array(FEW_PACKETS + 1);

  constructor(state: EngineState, lifecycle: ConnectionLifecycle) {
    this.#state = state;
    this.#lifecycle = lifecycle;
  }

  /** Whether the connection about to be made is to be dropped. Counts it. */
  dropsNew(): boolean {
    if (this.#dropRate === 0 || --this.#dropCounter > 0) return false;
    this.#dropCounter = this.#dropRate;
    return true;
  }

  /** Every how many new connections one is dropped; 0 for none. */
  get dropRate(): number {
    return this.#dropRate;
  }

  /** How many new connections there will be up to the one that is dropped, that one included. */
  get untilDrop(): number {
    return Math.max(this.#dropCounter, 1);
  }

  /** Looks at the free memory and the modes; to be called when a mode was set. */
  update(): void {
    const { sysctls, host } = this.#state;
    const automatic = DEFENCE_MODES.some((name) => isAutomatic(sysctls[name]));
    const available = automatic ? (host.freePages?.() ?? Number.POSITIVE_INFINITY) : 0;
    const short = available < sysctls.amemthresh;
    for (const name of DEFENCE_MODES) {
      if (sysctls[name] === MODE.automaticOff && short) sysctls[name] = MODE.automaticOn;
      else if (sysctls[name] === MODE.automaticOn && !short) sysctls[name] = MODE.automaticOff;
    }
    this.#setDropRate(available);
  }

  /** Does what is due every second. */
  everySecond(): void {
    this.update();
    if (this.#state.sysctls.drop_entry >= MODE.automaticOn) this.#dropEntries();
  }

  #setDropRate(available: number): void {
    const { drop_packet, am_droprate, amemthresh } = this.#state.sysctls;
    if (drop_packet === MODE.on) {
      this.#dropRate = am_droprate;
    } else if (drop_packet === MODE.automaticOn) {
      this.#dropRate = Math.trunc(amemthresh / (amemthresh - available));
      this.#dropCounter = this.#dropRate;
    } else {
      this.#dropRate = 0;
    }
  }

  /** Ends connections of low traffic in buckets drawn by chance. */
  #dropEntries(): void {
    const { connections, random } = this.#state;
    const looks = Math.ceil(connections.buckets / BUCKETS_PER_LOOK);
    for (let look = 0; look < looks; look++) {
      connections.forEachInBucket(random.below(connections.buckets), (handle) => {
        if (this.#isExpendable(handle)) this.#lifecycle.end(handle);
      });
    }
  }

  #isExpendable(handle: ConnectionHandle): boolean {
    const { connections } = this.#state;
    if (connections.children(handle) !== 0) return false;
    const state = connections.state(handle);
    if ((connections.flags(handle) & CONNECTION_FLAG.template) !== 0) {
      const service = this.#lifecycle.destination(handle)?.service;
      if (service?.onePacket) return this.#isOfLowTraffic(handle);
      return (state & TEMPLATE_STATE.assured) === 0;
    }
    switch (connections.protocol(handle)) {
      case TCP:
        if (state === TCP_STATE.synReceived || state === TCP_STATE.synAck) return true;
        return state === TCP_STATE.established && this.#isOfLowTraffic(handle);
      case SCTP:
        if (state === SCTP_STATE.init1 || state === SCTP_STATE.init) return true;
        return state === SCTP_STATE.established && this.#isOfLowTraffic(handle);
      default:
        return this.#isOfLowTraffic(handle);
    }
  }

  /** Whether it has seen few packets and none for a while; the more it has seen, the rarer it is said. */
  #isOfLowTraffic(handle: ConnectionHandle): boolean {
    const { connections, now, profile } = this.#state;
    const left = (connections.expires(handle) - now) | 0;
    const idle = connections.timeout(handle) - left;
    if (idle < RECENT_SECONDS * profile.ticksPerSecond) return false;
    const packets = connections.packets(handle);
    if (packets === 0 || packets > FEW_PACKETS) return false;
    if (--this.#spared[packets]! > 0) return false;
    this.#spared[packets] = packets;
    return true;
  }
}

function isAutomatic(mode: number): boolean {
  return mode === MODE.automaticOff || mode === MODE.automaticOn;
}
