/**
 * Whether something leaves the heap as it was.
 *
 * @module
 */
import { PerformanceObserver } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";

/** Bytes that count as nothing: what the runtime itself allocates meanwhile. */
export const NOTHING = 65_536;

const TRIES = 5;

/**
 * Returns the bytes the heap grows by while `work`, which is compiled, runs, or `undefined` where garbage was
 * collected each time. As the runtime may disturb it, it is tried until it is less than `NOTHING`, a few times.
 */
export async function heapGrowth(work: () => void): Promise<number | undefined> {
  let grown: number | undefined;
  for (let tries = 0; tries < TRIES && !(grown !== undefined && grown < NOTHING); tries++) {
    grown = await growth(work);
  }
  return grown;
}

async function growth(work: () => void): Promise<number | undefined> {
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length;
  });
  await nextTurn();
  observer.observe({ entryTypes: ["gc"] });
  const before = process.memoryUsage().heapUsed;
  work();
  const after = process.memoryUsage().heapUsed;
  await nextTurn();
  collections += observer.takeRecords().length;
  observer.disconnect();
  return collections > 0 ? undefined : after - before;
}
