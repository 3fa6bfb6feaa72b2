/**
 * Schedulers as the kernel has them: every choice looks at the whole list, one destination after the other.
 *
 * They are the measure of the project's own, which must choose the same.
 *
 * @module
 */
import type {
  SchedulableDestination,
  SchedulableService,
  ScheduleRequest,
  SchedulerContext,
} from "../../../src/engine/scheduler.ts";

/** One scheduler for one service, told of changes when the list is as it is then. */
export interface PlainScheduler<D extends SchedulableDestination> {
  schedule(request: ScheduleRequest): D | undefined;
  added?(destination: D): void;
  removed?(destination: D): void;
  edited?(destination: D): void;
  everyMinute?(): void;
}

/** Makes a scheduler for a service without destinations. */
export type PlainModule = <D extends SchedulableDestination>(
  service: Omit<SchedulableService<D>, "list">,
  context: SchedulerContext,
) => PlainScheduler<D>;
