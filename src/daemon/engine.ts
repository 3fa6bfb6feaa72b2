/**
 * The engine as the rest of the daemon sees it, whichever thread it runs on.
 *
 * @module
 */
import type { Profile } from "../engine/profile.ts";
import type { Sysctl } from "../wire/uipvs-genl.ts";

/** Kinds of device a director can serve. */
export const DEVICE_KINDS = ["ring", "tun", "raw", "cap", "memory"] as const;

/** One of `DEVICE_KINDS`. */
export type DeviceKind = (typeof DEVICE_KINDS)[number];

/** What an engine is made from. Plain data: it may have to travel to another thread. */
export interface EngineOptions {
  readonly device: DeviceKind;
  /** Whether to answer on links for virtual addresses the host does not have; `ring` and `cap` can. */
  readonly hold?: boolean | undefined;
  readonly profile: Profile;
  /** Path of the control socket, as the director tells it of itself. */
  readonly socket: string;
  /** Whether to tell of each route, rule and setting of the host that is changed. */
  readonly verbose: boolean;
  /** Absolute path of a capture to write from the beginning. */
  readonly pcap?: string | undefined;
  /** Variables to begin with. */
  readonly sysctls?: readonly Sysctl[] | undefined;
}

/** An engine to be served. */
export interface Engine {
  /** Name of the device, such as `uipvs0`. */
  readonly deviceName: string;
  /**
   * Answers one netlink message, in pieces of whole messages made as they are asked for; no piece when
   * no answer is due.
   *
   * @throws Error when the engine is gone
   */
  answer(message: Uint8Array): AsyncIterable<Uint8Array>;
  /**
   * Has the host hand over the packets of the services there are, and begins with the packets.
   *
   * @throws Error when the host cannot be told
   */
  start(): Promise<void>;
  /** Undoes what was changed of the host and releases the device. Calling it again does nothing. */
  close(): Promise<void>;
}

/** Whom an engine tells what nobody asked for. */
export interface EngineObserver {
  /** A remark for the operator, without a final period. */
  log(line: string): void;
  /** A command has asked the director to end. */
  stopRequested(): void;
  /** The engine has ended by itself; `answer` throws from then on. */
  failed(error: Error): void;
}
