/**
 * Where a scenario is played: a director's host between interfaces whose other ends a scenario holds.
 *
 * The emulator is one, a kernel may be another; whoever plays a scenario cannot tell which.
 *
 * @module
 */
import type { Milliseconds } from "../base/clock.ts";
import type { ProgramName } from "./statement.ts";

/** What a program printed and how it ended. */
export interface Printed {
  readonly status: number;
  readonly out: Uint8Array;
  readonly err: Uint8Array;
}

/** A packet that left the host. */
export interface Captured {
  /** Interface it left by. */
  readonly device: string;
  /** Where it is for on the link, as `02:00:00:00:c0:fe`; absent on links without addresses. */
  readonly mac?: string;
  /** Network header first. */
  readonly packet: Uint8Array;
}

/** What came of bytes put on a wire. */
export interface Sent {
  /** Why the interface refused them, as in errno(3). */
  readonly errno?: string;
  /** What left the host at once because of them. */
  readonly captured: readonly Captured[];
}

/** What a variable holds after it was to be set, or only read. */
export interface Variable {
  /** Why it could not be set, as in errno(3). */
  readonly errno?: string;
  /** `null` for a variable there is none of. */
  readonly value: string | null;
}

/** A director's host and the wires to it. */
export interface Bed {
  /** Time since the bed was made. */
  now(): Milliseconds;
  /**
   * Makes the interfaces, addresses, routes and neighbours of a name.
   *
   * @throws RangeError for a name it does not know
   */
  setUp(topology: string): Promise<void>;
  /** Makes an interface, which is down. @throws Error when it cannot */
  addInterface(type: "tap" | "tun", name: string): Promise<void>;
  /** Runs a program on the host. */
  run(program: ProgramName, args: readonly string[]): Promise<Printed>;
  /** Runs a line of shell on the host, in which these programs can be called too. */
  shell(command: string): Promise<Printed>;
  /** Sets a variable, such as `net.ipv4.vs.drop_entry`, if a value is given, and reads it. */
  sysctl(name: string, value?: string): Promise<Variable>;
  /** Returns a file of the host, such as `/proc/net/ip_vs`; `undefined` where there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /**
   * Puts a packet on the wire of an interface; `undefined` when there is no such interface.
   *
   * @param mark firewall mark it is to have when the director sees it; what the host's rules say unless given
   */
  send(device: string, packet: Uint8Array, mark?: number): Promise<Sent | undefined>;
  /** Puts an Ethernet frame on the wire of an interface; `undefined` when there is none. */
  sendFrame(device: string, frame: Uint8Array): Promise<Sent | undefined>;
  /**
   * Returns why the packets that came in since it was last asked went on or did not, in their order: names
   * of docs/reasons.md and docs/host.md. Absent where the host does not tell.
   */
  reasons?(): readonly string[];
  /** Lets time pass and returns what left the host meanwhile. */
  sleep(duration: Milliseconds): Promise<readonly Captured[]>;
  /**
   * Makes directors of these names of the one there is, each set up as it was so far; they hear each other on
   * their interfaces. Absent where there can be one only.
   *
   * @throws RangeError for names that cannot be, or once there are several
   */
  setDirectors?(names: readonly string[]): Promise<void>;
  /**
   * Has all that follows be about one director. Otherwise commands are for all that live, and packets and what
   * is read for the first of them.
   *
   * @throws RangeError for one that is not there, or dead
   */
  choose?(director: string | undefined): void;
  /** Has a director die: it sends, hears and obeys nothing more. @throws RangeError for one that cannot */
  fail?(director: string): void;
  /** Gives up what the bed holds. */
  close(): Promise<void>;
}
