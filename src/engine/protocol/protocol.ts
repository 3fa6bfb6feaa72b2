/**
 * What the engine asks of a transport protocol: states, timeouts, and how a packet moves them.
 *
 * @module
 */
import type { Seconds } from "../../base/clock.ts";
import type { Packet } from "../packet.ts";

/** Direction of a packet as a state machine sees it. Source: linux/ip_vs.h `IP_VS_DIR_*`. */
export const DIRECTION = {
  /** From the client. */
  input: 0,
  /** From the real server. */
  output: 1,
  /** From the client, where replies do not pass the director. */
  inputOnly: 2,
} as const;

/** One of the `DIRECTION` numbers. */
export type Direction = (typeof DIRECTION)[keyof typeof DIRECTION];

/** A transition that leaves state and timeout as they are. */
export const NO_CHANGE = -1;

/** Name shown for a state that does not exist. */
export const UNKNOWN_STATE = "ERR!";

/** One balanced transport protocol. Timeouts are kept in seconds and may be changed. */
export interface Protocol {
  /** Protocol number. */
  readonly number: number;
  /** Names of the states, by number, as listings show them. */
  readonly stateNames: readonly string[];
  /** Timeout of each state. */
  readonly timeouts: Seconds[];

  /** Whether a connection in this state counts as active. */
  isActive(state: number): boolean;
  /** Whether a connection that has reached this state assures the template that controls it. */
  assuresTemplate(state: number, direction: Direction): boolean;
  /** Whether the packet begins a new flow even where a connection exists. */
  startsFlow(packet: Packet): boolean;
  /** Whether the transport header is complete enough to rewrite. */
  isReadable(packet: Packet): boolean;
  /** Returns the state after `packet`, or NO_CHANGE when it cannot be told. */
  next(state: number, direction: Direction, packet: Packet, secure: boolean): number;
}
