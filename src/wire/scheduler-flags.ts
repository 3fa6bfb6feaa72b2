/**
 * The names of the scheduler flags of a service: one bit may have a name of its own for one scheduler.
 *
 * Source: ipvsadm(8), `-b`; linux/ip_vs.h `IP_VS_SVC_F_SCHED*`.
 *
 * @module
 */
import { SERVICE_FLAG } from "./ipvs-objects.ts";

/** A name for a bit. */
export interface NamedFlag {
  readonly name: string;
  readonly bit: number;
  /** The only scheduler that takes the name; any takes one without. */
  readonly scheduler?: string;
}

/** The names every scheduler takes. */
export const COMMON_FLAGS: readonly NamedFlag[] = [
  { name: "flag-1", bit: SERVICE_FLAG.scheduler1 },
  { name: "flag-2", bit: SERVICE_FLAG.scheduler2 },
  { name: "flag-3", bit: SERVICE_FLAG.scheduler3 },
];

/** The names of single schedulers. */
export const OWN_FLAGS: readonly NamedFlag[] = ["sh", "mh"].flatMap((scheduler) => [
  { name: `${scheduler}-fallback`, bit: SERVICE_FLAG.scheduler1, scheduler },
  { name: `${scheduler}-port`, bit: SERVICE_FLAG.scheduler2, scheduler },
]);

/** Returns the names of all scheduler flags set, each under the scheduler's own name where it has one. */
export function schedulerFlagNames(flags: number, scheduler: string): readonly string[] {
  return COMMON_FLAGS.filter(({ bit }) => (flags & bit) !== 0).map(({ bit, name }) => {
    const own = OWN_FLAGS.find((flag) => flag.bit === bit && flag.scheduler === scheduler);
    return own?.name ?? name;
  });
}
