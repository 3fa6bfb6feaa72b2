/**
 * The scheduler flags as ipvsadm reads and writes them.
 *
 * Source: ipvsadm(8), `-b`.
 *
 * @module
 */
import { SERVICE_FLAG } from "../wire/ipvs-objects.ts";
import { COMMON_FLAGS, OWN_FLAGS } from "../wire/scheduler-flags.ts";
import { fatal } from "./failure.ts";
import * as messages from "./messages.ts";

const ALL_FLAGS = [...COMMON_FLAGS, ...OWN_FLAGS];

/** Sum of the three scheduler flags. */
export const SCHEDULER_FLAGS =
  SERVICE_FLAG.scheduler1 | SERVICE_FLAG.scheduler2 | SERVICE_FLAG.scheduler3;

/** The text of `-b` is cut to this length before it is split. */
const TEXT_MAX = 127;

/**
 * Returns the bits a comma-separated list of names stands for.
 *
 * @throws Failure for a name unknown, or of another scheduler, or for a list of commas only
 */
export function parseSchedulerFlags(text: string, scheduler: string): number {
  let bits = 0;
  const names = text.slice(0, TEXT_MAX).split(",").filter(Boolean);
  // Such a list crashes the original.
  if (names.length === 0 && text !== "") throw fatal(messages.invalidSchedulerFlag(text));
  for (const name of names) {
    const flag = ALL_FLAGS.find((candidate) => candidate.name === name);
    if (flag === undefined) throw fatal(messages.invalidSchedulerFlag(name));
    if (flag.scheduler !== undefined && flag.scheduler !== scheduler) {
      throw fatal(messages.incompatibleSchedulerFlag(name));
    }
    bits |= flag.bit;
  }
  return bits;
}

/**
 * Returns the comma-separated names of the flags set, under the scheduler's own names if it has any;
 * a third flag then has none.
 */
export function formatSchedulerFlags(flags: number, scheduler: string): string {
  const own = OWN_FLAGS.filter((flag) => flag.scheduler === scheduler);
  return (own.length > 0 ? own : COMMON_FLAGS)
    .filter((flag) => (flags & flag.bit) !== 0)
    .map((flag) => flag.name)
    .join(",");
}
