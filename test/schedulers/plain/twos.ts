/**
 * twos as a plain scan.
 *
 * @module
 */
import type { PlainModule } from "./plain-scheduler.ts";

export const twos: PlainModule = (service, { random }) => ({
  schedule: () => {
    const usable = service.destinations.filter(
      ({ weight, overloaded }) => weight > 0 && !overloaded,
    );
    const total = usable.reduce((sum, { weight }) => (sum + weight) | 0, 0);
    if (total === 0) return undefined;
    const bound = (total + 1) >>> 0;
    const draws = [0, 0].map(() => (bound === 0 ? 0 : random.below(bound) | 0));
    const [first, second] = draws.map((draw) => {
      let rest = draw;
      return usable.find(({ weight }) => {
        rest -= weight;
        return rest <= 0;
      });
    });
    if (first === undefined || second === undefined) return undefined;
    const load = Math.imul(second.weight, first.overhead);
    const otherLoad = Math.imul(first.weight, second.overhead);
    return load > otherLoad ? second : first;
  },
});
