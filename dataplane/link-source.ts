/**
 * What brings packets straight from links, before the host has a say about them.
 *
 * @module
 */
import type { Frame } from "../src/wire/frame.ts";
import type { Link } from "../src/wire/rtnetlink.ts";

/** Takes packets from links: those that are selected, and none of others. */
export interface LinkSource {
  /** Descriptors to wait for; more may come. */
  readonly fds: readonly number[];
  /** Packets that were lost, by reason. */
  readonly drops: Readonly<Record<string, number>>;

  /**
   * Takes what is selected now of packets of these links from now on, and of no others.
   *
   * @throws Error when the host refuses
   */
  takeFrom(links: readonly Link[]): void;

  /**
   * Fills frames of `batch`, which is the same each time, from the first on and returns how many, as a device
   * does. Frames put in the place of others are gone with the next call, or with `giveBack`, and the others back.
   */
  receive(batch: Frame[]): number;

  /** Has `batch` have its own frames again. */
  giveBack(batch: Frame[]): void;

  /** Releases everything. Calling it again does nothing. */
  close(): void;
}
