/**
 * What the engine asks of a transport protocol: states, timeouts, and how a packet moves them.
 *
 * @module
 */
import type { Seconds } from "../../base/clock.ts";
import type { Packet } from "../packet.ts";
import type { Sysctls } from "../sysctl.ts";

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
  /** Whether the transport header is complete enough to rewrite. */
  isReadable(packet: Packet): boolean;
  /** Whether enough of the packet is there to tell whether it may begin a connection. */
  canBeJudged(packet: Packet): boolean;
  /** Whether a packet that belongs to no connection may begin one, as far as it can be judged. */
  mayBegin(packet: Packet, sysctls: Readonly<Sysctls>): boolean;
  /** Whether the packet begins a new flow even where a connection exists. */
  startsFlow(packet: Packet): boolean;
  /** Whether the client may use its port again, and get a new connection, in this state. */
  isOver(state: number): boolean;
  /** Whether the packet ends a connection at once, so that no error need answer it. */
  aborts(packet: Packet): boolean;
  /** Returns the state after `packet`, or NO_CHANGE when it cannot be told. */
  next(state: number, direction: Direction, packet: Packet, secure: boolean): number;
}
