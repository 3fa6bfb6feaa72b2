/**
 * What a scheduler says of the destinations it had before it, for explanations.
 *
 * @module
 */
import type {
  Candidate,
  Figures,
  SchedulableDestination,
  Standing,
} from "../src/engine/scheduler.ts";

/** What is said of a destination that was neither chosen nor unusable. */
export type Rating = Exclude<Standing, "chosen" | "weight-0" | "overloaded">;

/**
 * Returns every destination in list order with its standing: chosen, unusable, or what `ratingOf` says.
 *
 * @param figuresOf returns what the scheduler compared of a destination
 */
export function candidatesOf<D extends SchedulableDestination>(
  destinations: readonly D[],
  choice: D | undefined,
  ratingOf: (destination: D, position: number) => Rating,
  figuresOf: (destination: D, position: number) => Figures = () => ({}),
): readonly Candidate<D>[] {
  return destinations.map((destination, position) => ({
    destination,
    standing:
      destination === choice
        ? "chosen"
        : (unusable(destination) ?? ratingOf(destination, position)),
    figures: figuresOf(destination, position),
  }));
}

function unusable({ weight, overloaded }: SchedulableDestination): Standing | undefined {
  if (weight === 0) return "weight-0";
  return overloaded ? "overloaded" : undefined;
}

/** Returns how many entries of a hash table lead to each destination, for those to which any does. */
export function sharesOf<D>(table: Iterable<D>): ReadonlyMap<D, number> {
  const shares = new Map<D, number>();
  for (const destination of table) shares.set(destination, (shares.get(destination) ?? 0) + 1);
  return shares;
}

/** Returns a fraction rounded to four decimals, as people read it. */
export function rounded(value: number): number {
  return Math.round(value * 10000) / 10000;
}
