/**
 * The text of `uipvs trace`.
 *
 *     12:00:00.123 TCP 203.0.113.7:40000 > 192.168.1.100:80 SYN: new, wlc, to 10.0.0.2:80 by masquerading
 *
 * @module
 */
import type { ToldTrace } from "../control/explain-services.ts";
import type { Step } from "../engine/explain/explanation.ts";
import { endText, METHOD_WORDS } from "../explanation/index.ts";
import { stepLines } from "./format-explanation.ts";
import { paint } from "./terminal-color.ts";

/** How much to say, and how. */
export interface TraceTextOptions {
  readonly color: boolean;
  /** Whether to tell of every step. */
  readonly verbose: boolean;
}

/** Returns the line, or lines, of a packet. */
export function traceText(record: ToldTrace, { color, verbose }: TraceTextOptions): string {
  const { packet, steps, outcome, time } = record;
  const paints = paint(color);
  const { protocol, source, destination, flags, fwmark } = packet;
  const head = [
    time.slice(11, -1),
    String(protocol).toUpperCase(),
    `${endText(source)} > ${endText(destination)}`,
    ...(flags === null ? [] : [flags || "no flags"]),
    ...(fwmark === null ? [] : [`mark ${fwmark}`]),
  ].join(" ");
  const told = [
    ...(outcome.connection === "none" ? [] : [outcome.connection]),
    ...steps.flatMap(choiceWords),
    ...whither(record),
  ];
  const line = `${paints.faint(head)}: ${told.join(", ")}`;
  if (!verbose) return line;
  return [line, ...stepLines(steps, paints).map((each) => `  ${each}`), ""].join("\n");
}

function choiceWords(step: Step): readonly string[] {
  if (step.step === "scheduler") return [step.scheduler];
  if (step.step === "template" && step.template !== null && step.rejection === null) {
    return ["by template"];
  }
  return [];
}

function whither({ outcome }: ToldTrace): readonly string[] {
  const { verdict, reason, server, method } = outcome;
  const reply = reason === "reply" || reason === "passing-reply";
  if (verdict === "drop" || verdict === "hold") return [`${verdict} (${reason})`];
  if (reply) return [`${reason} of ${server === null ? "?" : endText(server)}`];
  if (server === null || method === null) return [`${verdict} (${reason})`];
  const to = `to ${endText(server)} by ${METHOD_WORDS[method]}`;
  return reason === "request" ? [to] : [to, `${verdict} (${reason})`];
}
