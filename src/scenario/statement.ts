/**
 * Scenarios as data: what each line says, before anything is done about it.
 *
 * @module
 */
import type { PacketSpec, ReplySpec } from "./packet-spec.ts";
import type { Place } from "./scenario-error.ts";

/** A program a line may run. */
export type ProgramName = "ipvsadm" | "iptables" | "ip6tables" | "ip";

interface Common {
  /** Where the line starts. */
  readonly place: Place;
}

/** Makes the interfaces, addresses, routes and neighbours of a known name. */
export interface TopologyStatement extends Common {
  readonly kind: "topology";
  readonly name: string;
}

/** Runs a program of the director's host. */
export interface CommandStatement extends Common {
  readonly kind: "command";
  readonly program: ProgramName;
  readonly args: readonly string[];
}

/** Runs a line of shell on the director's host. */
export interface ShellStatement extends Common {
  readonly kind: "shell";
  readonly command: string;
}

/** Sets a variable, if a value is given, and reads it. */
export interface SysctlStatement extends Common {
  readonly kind: "sysctl";
  readonly name: string;
  readonly value?: string;
}

/** Sends a packet. */
export interface PacketStatement extends Common {
  readonly kind: "packet";
  /** The line itself, without the blanks around it. */
  readonly text: string;
  readonly device: string;
  /** Firewall mark it carries when the director sees it; what the host's rules say unless given. */
  readonly mark?: number;
  readonly packet: PacketSpec;
}

/** Answers the last captured packet. */
export interface ReplyStatement extends Common {
  readonly kind: "reply";
  /** Where the answer comes in; where the packet left unless given. */
  readonly device?: string;
  readonly mark?: number;
  readonly reply: ReplySpec;
}

/** Sends bytes as they are. */
export interface RawStatement extends Common {
  readonly kind: "raw";
  readonly device: string;
  /** Whether the bytes start with the Ethernet header or the network header. */
  readonly start: "frame" | "network";
  readonly bytes: Uint8Array;
}

/** Lets time pass. */
export interface SleepStatement extends Common {
  readonly kind: "sleep";
  /** Milliseconds. */
  readonly duration: number;
  /** The duration as it was written; absent where the line leaves no trace of its own (`recv`). */
  readonly text?: string;
}

/** Shows all listings. */
export interface DumpStatement extends Common {
  readonly kind: "dump";
}

/** Shows a file of the director's host. */
export interface CatStatement extends Common {
  readonly kind: "cat";
  readonly path: string;
}

/** Says whether packets are recorded without their bytes from now on. */
export interface BriefStatement extends Common {
  readonly kind: "brief";
  readonly on: boolean;
}

/** A remark for the transcript. */
export interface NoteStatement extends Common {
  readonly kind: "note";
  readonly text: string;
}

/** Makes an interface. */
export interface InterfaceStatement extends Common {
  readonly kind: "interface";
  readonly type: "tap" | "tun";
  readonly name: string;
}

/** A line of a scenario. */
export type Statement =
  | TopologyStatement
  | CommandStatement
  | ShellStatement
  | SysctlStatement
  | PacketStatement
  | ReplyStatement
  | RawStatement
  | SleepStatement
  | DumpStatement
  | CatStatement
  | BriefStatement
  | NoteStatement
  | InterfaceStatement;

/** A scenario. */
export interface Scenario {
  readonly file: string;
  readonly statements: readonly Statement[];
  /** Lines of the file. */
  readonly lineCount: number;
}
