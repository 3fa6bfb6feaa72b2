/**
 * The shortest text that still does what a longer one did.
 *
 * Source: Zeller, Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28 (2002), §4.
 *
 * @module
 */

/**
 * Leaves out what it can: pieces, from halves down to single lines, until no
 * line alone can be left out or `tries` texts have been tried.
 *
 * @param does whether a text of some of the lines still does it; that of all lines does
 * @param from index of the first line that may be left out
 */
export async function minimize(
  lines: readonly string[],
  does: (lines: readonly string[]) => Promise<boolean>,
  { from = 0, tries = 200 }: { readonly from?: number; readonly tries?: number } = {},
): Promise<readonly string[]> {
  let left = tries;
  let best = lines;
  let size = Math.ceil((best.length - from) / 2);
  while (size >= 1) {
    let shorter = false;
    // From the end, as what comes late hangs on what comes early.
    for (let end = best.length; end > from && left > 0; end -= size) {
      const start = Math.max(from, end - size);
      const rest = [...best.slice(0, start), ...best.slice(end)];
      left--;
      if (!(await does(rest))) continue;
      best = rest;
      shorter = true;
    }
    if (left === 0) break;
    if (size > 1) size = Math.ceil(size / 2);
    else if (!shorter) break;
  }
  return best;
}
