/**
 * What the front end needs of the world outside, so that it runs in a test, in a shell of ours and
 * as a program alike, and any number of times in one process.
 *
 * @module
 */
import type { Backend } from "../control/backend.ts";
import type { Address } from "../net/address.ts";

/** Somewhere to write text to. */
export interface Writer {
  /** Takes text; the promise, if any, resolves when more is welcome. */
  write(text: string): void | Promise<void>;
}

/** Host and service names, as the system knows them. */
export interface Resolver {
  /** Returns the first IPv4 address of a host, or `undefined`. */
  addressOf(host: string): Promise<Address | undefined>;
  /**
   * Returns the canonical name of an address, or `undefined` for one without. May hang: who asks limits
   * the time.
   *
   * @throws Error when nobody could be asked, or answers
   */
  hostOf(address: Address): Promise<string | undefined>;
  /** Returns the text of the table of service names, services(5). */
  services(): Promise<string>;
}

/** Everything outside. */
export interface World {
  /** Base name the program was called by, as messages show it. */
  readonly name: string;
  /** Environment variables; POSIXLY_CORRECT and POSIX_ME_HARDER are looked at. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Read by `-R` only. */
  readonly stdin: AsyncIterable<string | Uint8Array>;
  readonly stdout: Writer;
  readonly stderr: Writer;
  /**
   * Opens the way to whoever obeys; called once per run at most, and only when a command needs it.
   *
   * @throws an error, such as the system's with Node's `code`, where nobody answers
   */
  openBackend(): Promise<Backend>;
  /** Returns the lines that say so, for an error of `openBackend`; without the last newline. */
  unanswered(error: unknown): string;
  readonly resolver: Resolver;
}
