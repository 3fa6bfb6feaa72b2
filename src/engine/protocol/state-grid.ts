/**
 * State grids, drawn in the source as in the kernel's: the states stand across the top, one row for each
 * direction and event.
 *
 *              NO ES SS      states before
 *      I syn   SR ES ES      the state after an event of a direction
 *      I fin   CL CW SS
 *
 * @module
 */

/**
 * Returns the states after, row by row: entry `row * states + state`.
 *
 * @param drawing the heading of states, then rows of a direction, an event and the states after
 */
export function readGrid(drawing: string): Uint8Array {
  const [heading = "", ...rows] = drawing.trim().split("\n");
  const states = words(heading);
  return Uint8Array.from(
    rows.flatMap((row) =>
      words(row)
        .slice(2)
        .map((name) => states.indexOf(name)),
    ),
  );
}

function words(line: string): string[] {
  return line.trim().split(/\s+/);
}
