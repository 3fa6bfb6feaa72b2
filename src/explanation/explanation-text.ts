/**
 * An explanation in the words of a language.
 *
 * @module
 */
import type { Answer, PacketFigures, Sent, Step } from "../engine/explain/explanation.ts";
import type { Standing } from "../engine/scheduler.ts";
import type { ForwardingMethod } from "../wire/ipvs-objects.ts";

/** The name of a step, and its lines. */
export type Words = [name: string, first: string, ...more: string[]];

/** What a language says. Addresses, states, flags, reasons and names of variables are the same in each. */
export interface ExplanationText {
  /** Returns a packet in one line. */
  readonly packet: (packet: PacketFigures) => string;
  /** Returns the name of a step and what there is to say, a line each. */
  readonly step: (step: Step) => Words;
  /** Returns what would leave. */
  readonly sent: (sent: Sent) => string;
  /** Returns the error that answers. */
  readonly answer: (answer: Answer) => string;
  /** Returns the name of what a scheduler compares, such as `barBefore`. */
  readonly figureName: (name: string) => string;
  /** Returns one such value as people read it. */
  readonly figure: (value: number | boolean | undefined) => string;
  readonly methods: Readonly<Record<ForwardingMethod, string>>;
  readonly standings: Readonly<Record<Standing, string>>;
}
