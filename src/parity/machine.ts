/**
 * A machine: how a kernel is run on this host, and how what is asked of it comes to the program in it.
 *
 * @module
 */
import type { Milliseconds } from "../base/clock.ts";

/** A program of this host to start. */
export interface Launch {
  /** Path, or name on the PATH. */
  readonly program: string;
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** A way to run a kernel. */
export interface Machine {
  /** Time it has to say its first word. */
  readonly bootTimeout: Milliseconds;
  /**
   * Puts what it needs into a folder of its own, and returns what to start: a program that says what it has to
   * say on descriptors 1 and 2, and whose descriptor 3 leads to the program that serves a bed.
   *
   * @param folder absolute path; the host and the program in the machine share it
   */
  launch(folder: string): Launch;
}

/** File, in that folder, of what a machine says. */
export const MESSAGES = "messages";
/** Descriptor of a machine that leads to the program in it. */
export const CHANNEL_FD = 3;
