/**
 * Two texts side by side: the lines they share, and those only one has.
 *
 * @module
 */

/** A line and who has it. */
export interface DiffLine {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/**
 * Returns the lines of both texts in order: ` ` in both, `-` in `wanted` only, `+` in `seen` only.
 *
 * Finds the longest common subsequence, in time and memory that grow with the product of the lengths.
 */
export function diffLines(wanted: string, seen: string): readonly DiffLine[] {
  const left = wanted === "" ? [] : wanted.split("\n");
  const right = seen === "" ? [] : seen.split("\n");
  const width = right.length + 1;
  /** Length of the longest common subsequence of what follows (row, column). */
  const common = new Uint32Array((left.length + 1) * width);
  const at = (row: number, column: number) => common[row * width + column]!;
  for (let row = left.length - 1; row >= 0; row--) {
    for (let column = right.length - 1; column >= 0; column--) {
      common[row * width + column] =
        left[row] === right[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: DiffLine[] = [];
  let row = 0;
  let column = 0;
  while (row < left.length || column < right.length) {
    if (row < left.length && column < right.length && left[row] === right[column]) {
      lines.push({ sign: " ", text: left[row]! });
      row++;
      column++;
    } else if (
      column === right.length ||
      (row < left.length && at(row + 1, column) >= at(row, column + 1))
    ) {
      lines.push({ sign: "-", text: left[row++]! });
    } else {
      lines.push({ sign: "+", text: right[column++]! });
    }
  }
  return lines;
}
