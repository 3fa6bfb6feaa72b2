/**
 * Rows in columns that fit a width.
 *
 * @module
 */

/** A column. */
export interface Column<Row> {
  readonly head: string;
  readonly of: (row: Row) => string;
  /** Whether it stands to the left; numbers stand to the right. */
  readonly left?: boolean;
}

/** Blanks between two columns. */
const GAP = 2;

/** Returns the line of the heads, and a line for each row, none longer than `width`. */
export function columnLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): readonly string[] {
  const cells = [
    columns.map(({ head }) => head),
    ...rows.map((row) => columns.map(({ of }) => of(row))),
  ];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]!.length)));
  return cells.map((line) =>
    line
      .map((cell, at) =>
        columns[at]!.left ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!),
      )
      .join(" ".repeat(GAP))
      .trimEnd()
      .slice(0, width),
  );
}
