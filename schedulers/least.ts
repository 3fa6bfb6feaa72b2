/**
 * What lc, wlc and sed have in common: they pick the usable destination with the least load, each by a
 * rule of its own.
 *
 * @module
 */
import type {
  Figures,
  SchedulableDestination,
  ScheduleExplanation,
  SchedulerModule,
} from "../src/engine/scheduler.ts";
import { candidatesOf, type Rating, rounded } from "./candidates.ts";
import { LeastOfList, type LoadRule } from "./least-of-list.ts";
import { isHeavier } from "./weights.ts";

/** Returns the scheduler that picks the least loaded by a rule, the newest of equals. */
export function leastScheduler(name: string, rule: LoadRule): SchedulerModule {
  return {
    name,
    bind: (service) => {
      const loads = new LeastOfList(service.list, rule);
      const pick = () => loads.least();
      return {
        schedule: pick,
        peek: pick,
        explain: () => explained(service.destinations, pick(), rule),
      };
    },
  };
}

function explained<D extends SchedulableDestination>(
  destinations: readonly D[],
  choice: D | undefined,
  rule: LoadRule,
): ScheduleExplanation<D> {
  return {
    choice,
    basis: choice === undefined ? "nobody-usable" : "least-load",
    figures: {},
    candidates: candidatesOf(
      destinations,
      choice,
      (candidate) => ratingBeside(choice, candidate, rule),
      (candidate) => loadFigures(candidate, rule),
    ),
  };
}

/** Returns what is compared of a destination. */
export function loadFigures(destination: SchedulableDestination, rule: LoadRule): Figures {
  const divisor = rule.divisor(destination);
  return divisor === 0 ? {} : { load: rounded(rule.load(destination) / divisor) };
}

/** Returns how a usable destination stands beside the least loaded one. */
export function ratingBeside(
  least: SchedulableDestination | undefined,
  candidate: SchedulableDestination,
  rule: LoadRule,
): Rating {
  const heavier =
    least !== undefined &&
    isHeavier(rule.load(candidate), rule.divisor(candidate), rule.load(least), rule.divisor(least));
  return heavier ? "more-loaded" : "equal-but-later";
}
