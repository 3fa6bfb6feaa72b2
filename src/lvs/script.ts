/**
 * A file of the language .lvs as data: its steps in order, before anything is done about them.
 *
 * A step is a line of a scenario as recordings have them, or one of those the language adds. Most name no
 * director: there is one, or they are about all.
 *
 * @module
 */
import type { Milliseconds } from "../base/clock.ts";
import type { Address } from "../net/address.ts";
import type { Endpoint } from "../net/endpoint.ts";
import type { Prefix } from "../net/prefix.ts";
import type { Place } from "../scenario/scenario-error.ts";
import type { Statement } from "../scenario/statement.ts";
import type { Expectation } from "./expectation.ts";

/** How a real server behaves towards clients that `client` lines play. */
export type Behaviour = "answers" | "refuses" | "silent";

/** What clients do: a whole exchange, or a part of one. */
export type Deed = "get" | "open" | "send" | "close" | "ask";

/** A transport protocol exchanges are played over. */
export type ExchangeProtocol = "tcp" | "udp" | "sctp";

/** Has clients do something. */
export interface ExchangeAction {
  readonly kind: "exchange";
  readonly place: Place;
  readonly deed: Deed;
  readonly protocol: ExchangeProtocol;
  /** One client, or the prefix they are drawn from. */
  readonly clients: Prefix;
  /** Port of the client; a new one each time unless given. */
  readonly port?: number;
  readonly to: Endpoint;
  readonly count: number;
  /** Time from one to the next; none passes unless given. */
  readonly every?: Milliseconds;
  /** Time from the first packet of an exchange to its end; none unless given. */
  readonly staying?: Milliseconds;
  readonly mark?: number;
}

/** Says how a real server behaves from now on. */
export interface ServerAction {
  readonly kind: "server";
  readonly place: Place;
  readonly address: Address;
  readonly behaviour: Behaviour;
}

/** Makes addresses the director's own. */
export interface VirtualAction {
  readonly kind: "virtual";
  readonly place: Place;
  readonly addresses: readonly Address[];
}

/** Makes several directors of the one there is. */
export interface DirectorsAction {
  readonly kind: "directors";
  readonly place: Place;
  readonly names: readonly string[];
}

/** Has a director die. */
export interface FailAction {
  readonly kind: "fail";
  readonly place: Place;
  readonly director: string;
}

/** Asks whether something is as it should be. */
export interface ExpectAction {
  readonly kind: "expect";
  readonly place: Place;
  readonly expectation: Expectation;
}

/** What a step does. */
export type Action =
  | Statement
  | ExchangeAction
  | ServerAction
  | VirtualAction
  | DirectorsAction
  | FailAction
  | ExpectAction;

/** Output a step is to have. */
export interface ExpectedOutput {
  /** Without the bar in front of each. */
  readonly lines: readonly string[];
  /** What stands in front of each line in the file, the bar included. */
  readonly indent: string;
  /** Line of the file the first one is, or would be, from 1. */
  readonly firstLine: number;
}

/** A step of a script. */
export interface Step {
  readonly action: Action;
  /** The line, without the blanks around it. */
  readonly text: string;
  /** The director it is about; all of them, or the one packets come to, unless given. */
  readonly director?: string;
  /** Absent where any output will do. */
  readonly output?: ExpectedOutput;
  /** Whether the next lines say what is expected to come of it; if not, it is expected to succeed. */
  readonly judged: boolean;
}

/** Where a script is not to run, and why. */
export interface Skip {
  readonly place: Place;
  readonly where: SkipPlace;
  readonly reason: string;
}

/** Places a script can be kept from: `test` is the emulator, `parity` a kernel, `real-time` one that cannot skip time. */
export const SKIP_PLACES = ["parity", "real-time", "test"] as const;
export type SkipPlace = (typeof SKIP_PLACES)[number];

/** A script. */
export interface Script {
  readonly file: string;
  readonly steps: readonly Step[];
  readonly skips: readonly Skip[];
  /** Every file it was read from, itself first. */
  readonly files: readonly string[];
  /** Lines of its own file. */
  readonly lineCount: number;
}
