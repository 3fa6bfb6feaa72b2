/**
 * A bed: a place where a director stands alone between clients and real servers, and one thing after the
 * other is done to it.
 *
 * The order of a scenario on a bed: `reset`, then commands, variables, packets and time as it has them.
 * Every operation ends before the next begins, and gives all it caused, so that two beds that behave alike
 * give transcripts that are alike. Time passes on its own as well: on a kernel it is real.
 *
 * @module
 */
import type { Milliseconds } from "../base/clock.ts";
import type { StatusFile } from "../control/backend.ts";
import type { Topology } from "./topology.ts";

/** A packet that left the director, or a frame of another protocol. */
export interface EmittedPacket {
  /** Name of the port it left by. */
  readonly port: string;
  /** Who it was sent to on that port, `02:00:00:00:d0:11`. */
  readonly destinationMac: string;
  /** What `bytes` is: 0x0800 IPv4, 0x86dd IPv6, 0x0806 ARP. */
  readonly etherType: number;
  /** What follows the Ethernet header: a packet from its IP header on. */
  readonly bytes: Uint8Array;
}

/** What becomes of a packet besides its bytes. */
export interface InjectOptions {
  /** Firewall mark it carries when the director sees it, 0–4294967295; 0. */
  readonly mark?: number | undefined;
}

/** What a program left behind. */
export interface CommandOutcome {
  /** Exit status; 137, as a shell has it, for a program that was ended by a signal. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Who carries out a command of ipvsadm. */
export interface CommandOptions {
  /** Our front end, which is the default and takes a few ms; or the system's program, which takes tens. */
  readonly frontEnd?: "uipvsadm" | "ipvsadm" | undefined;
  /** Standard input; nothing. */
  readonly input?: string | undefined;
}

/** A variable after it was set, or read. */
export interface SettingOutcome {
  /** Value as it reads now, without the line end; absent for one that does not exist. */
  readonly value?: string | undefined;
  /** Symbolic name of the error writing it ended in, such as `EINVAL`. */
  readonly error?: string | undefined;
}

/** What a bed is. */
export interface BedInfo {
  /** Release of the kernel, `6.1.176`; of a distribution's kernel the one it was made from. */
  readonly release: string;
  /** Names of the schedulers there are, such as `rr`. */
  readonly schedulers: readonly string[];
  /** Whether its time passes only while nobody has anything to do, so that waiting takes none. */
  readonly virtualTime: boolean;
  /** Whether it is the kernel of the host, so that nothing must be done that others could notice. */
  readonly ofHost: boolean;
}

/** A bed. An operation rejects when the bed itself fails, never because a director refuses something. */
export interface Bed {
  readonly info: BedInfo;

  /** Begins anew: an empty table, no connections, variables as they are by default, the network given. */
  reset(topology?: Topology): Promise<void>;

  /** Runs one command line of ipvsadm, given without the program's name. */
  command(words: readonly string[], options?: CommandOptions): Promise<CommandOutcome>;

  /** Runs a program of the system beside the director: `["iptables", "-t", "mangle", …]`. */
  run(words: readonly string[], input?: string): Promise<CommandOutcome>;

  /**
   * Sets a variable below /proc/sys, or reads it where no value is given.
   *
   * @param name with slashes, `net/ipv4/vs/conn_reuse_mode`
   */
  setting(name: string, value?: string): Promise<SettingOutcome>;

  /**
   * Has a packet arrive at a port.
   *
   * @param packet from its IP header on; the version in its first byte decides the protocol
   * @returns all that left the director because of it, in order for each port, the ports in the topology's
   *   order; what announces group memberships or looks for neighbours and routers by multicast is left out
   */
  inject(
    port: string,
    packet: Uint8Array,
    options?: InjectOptions,
  ): Promise<readonly EmittedPacket[]>;

  /**
   * Lets time pass.
   *
   * @param seconds 0 or more, fractions allowed
   * @returns what left the director since the last operation that collects packets
   */
  sleep(seconds: number): Promise<readonly EmittedPacket[]>;

  /** Returns a status file of the director, or `undefined` where there is none. */
  statusFile(name: StatusFile): Promise<string | undefined>;

  /** Ends the bed and leaves nothing behind. */
  close(): Promise<void>;
}

/** A bed that tells when things happened. */
export interface TimedBed extends Bed {
  /** When the last operation began, by the clock of the bed's kernel (CLOCK_MONOTONIC). */
  readonly began: Milliseconds;
}
