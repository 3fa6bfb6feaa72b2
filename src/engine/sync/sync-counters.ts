/**
 * What became of messages between directors.
 *
 * @module
 */
import { SYNC_PROBLEMS, type SyncProblem } from "../../wire/ipvs-sync.ts";

/** Messages and records counted since the director was made. */
export interface SyncCounts {
  readonly sentMessages: number;
  readonly sentRecords: number;
  /** Messages lost as too many waited, or as the host could not send them. */
  readonly lostMessages: number;
  readonly receivedMessages: number;
  readonly takenRecords: number;
  /** Messages and records refused; problems not met are left out. */
  readonly refused: Readonly<Partial<Record<SyncProblem, number>>>;
}

/** The counters of one director. */
export class SyncCounters {
  sentMessages = 0;
  sentRecords = 0;
  lostMessages = 0;
  receivedMessages = 0;
  takenRecords = 0;
  readonly #refused = new Map<SyncProblem, number>();

  refuse(problem: SyncProblem): void {
    this.#refused.set(problem, (this.#refused.get(problem) ?? 0) + 1);
  }

  /** Returns the counts as they are now. */
  counts(): SyncCounts {
    const { sentMessages, sentRecords, lostMessages, receivedMessages, takenRecords } = this;
    const refused = SYNC_PROBLEMS.filter((problem) => this.#refused.has(problem)).map(
      (problem) => [problem, this.#refused.get(problem)] as const,
    );
    return {
      sentMessages,
      sentRecords,
      lostMessages,
      receivedMessages,
      takenRecords,
      refused: Object.fromEntries(refused),
    };
  }
}
