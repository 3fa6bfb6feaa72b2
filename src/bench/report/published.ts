/**
 * Published values beside ours.
 *
 * @module
 */
import type { Row } from "../summary.ts";
import type { Published } from "../workload-common.ts";

/** One value, theirs and ours. */
export interface Comparison {
  readonly scheduler: string;
  readonly where: string;
  readonly figure: string;
  readonly theirs: number;
  /** Null where no such run was done. */
  readonly ours: number | null;
}

/** Returns the published values with ours for the same scheduler and parameters. */
export function compareWithPublished(
  published: Published,
  rows: readonly Row[],
): readonly Comparison[] {
  return published.rows.map(({ scheduler, where, figure, value }) => {
    const row = rows.find(
      (each) =>
        each.scheduler === scheduler &&
        Object.entries(where).every(([path, wanted]) => each.parameters[path] === wanted),
    );
    return {
      scheduler,
      where: Object.entries(where)
        .map(([path, wanted]) => `${path}=${wanted}`)
        .join(" "),
      figure,
      theirs: value,
      ours: row?.figures[figure]?.mean ?? null,
    };
  });
}
