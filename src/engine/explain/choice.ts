/**
 * The step of an explanation in which the scheduler is asked.
 *
 * @module
 */
import type { Destination } from "../destination.ts";
import type { Packet } from "../packet.ts";
import { BY_CHANCE, type Candidate } from "../scheduler.ts";
import type { VirtualService } from "../virtual-service.ts";
import type { CandidateFigures, Step } from "./explanation.ts";
import { endOf } from "./names.ts";
import { RULES, schedulerRule } from "./rules.ts";

/** Whom a scheduler would choose. */
export interface Choice {
  /** Nobody, or not to be known where chance decides. */
  readonly destination: Destination | undefined;
  readonly byChance: boolean;
}

/** Asks a service's scheduler, with all its reasons or without, and adds the step. */
export function chooseFor(
  packet: Packet,
  service: VirtualService,
  reasons: boolean,
  steps: Step[],
): Choice {
  const { scheduler } = service;
  const { scheduler: name } = service.config;
  if (scheduler === undefined) {
    const nothing = { choice: null, basis: null, byChance: false, figures: {}, candidates: [] };
    steps.push({ step: "scheduler", rule: RULES.noScheduler, scheduler: name, ...nothing });
    return { destination: undefined, byChance: false };
  }
  const peeked = scheduler.peek(packet);
  const byChance = peeked === BY_CHANCE;
  const destination = byChance ? undefined : peeked;
  const explained = reasons ? scheduler.explain(packet) : undefined;
  steps.push({
    step: "scheduler",
    rule: schedulerRule(name),
    scheduler: name,
    choice: destination === undefined ? null : endOf(destination),
    basis: explained?.basis ?? null,
    byChance,
    figures: explained?.figures ?? {},
    candidates: explained?.candidates.map(candidateFigures) ?? [],
  });
  return { destination, byChance };
}

function candidateFigures(candidate: Candidate<Destination>): CandidateFigures {
  const { destination, standing, figures } = candidate;
  const { config } = destination;
  return {
    ...endOf(destination),
    method: config.method,
    weight: destination.weight,
    activeConnections: destination.activeConnections,
    inactiveConnections: destination.inactiveConnections,
    overhead: destination.overhead,
    upperThreshold: config.upperThreshold,
    lowerThreshold: config.lowerThreshold,
    overloaded: destination.overloaded,
    standing,
    figures,
  };
}
