/**
 * What a web client is asked to do and what it tells: one line of JSON each way.
 *
 * @module
 */
import type { Milliseconds } from "../base/clock.ts";

/** One request to be made. */
export interface WebOrder {
  /** Returned in the answer, to tell answers apart. */
  readonly id: number;
  /** Address of the server. */
  readonly address: string;
  /** Port of the server. */
  readonly port: number;
  /** Address to send from, one of the client host's own. */
  readonly from: string;
  /**
   * Name of a connection that stays open between orders of the same name; without one, the request
   * has a connection of its own, which is closed after it.
   */
  readonly connection?: string | undefined;
}

/** What became of a request. */
export interface WebAnswer {
  readonly id: number;
  /** Name of the real server that answered. */
  readonly server?: string | undefined;
  /** Address of the client as the real server saw it. */
  readonly client?: string | undefined;
  /** How long it took. */
  readonly time: Milliseconds;
  /** What went wrong, when nobody answered. */
  readonly fault?: string | undefined;
}
