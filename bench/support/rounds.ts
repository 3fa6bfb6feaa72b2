/**
 * Paired runs: what is compared runs in turn, round after round, so that whatever else the machine does
 * falls on all alike.
 *
 * @module
 */

/** What is measured: one figure a run. */
export interface Subject {
  readonly name: string;
  run(): number | Promise<number>;
}

/** The middle of several samples, and where the middle half of them lies. */
export interface Middle {
  readonly median: number;
  /** First and third quartile. */
  readonly low: number;
  readonly high: number;
}

/**
 * Runs every subject once a round, in turn, each second round backwards; returns the samples by name, one
 * a round.
 *
 * @param warm rounds whose samples are thrown away, 0 unless given
 */
export async function pairedRounds(
  subjects: readonly Subject[],
  rounds: number,
  warm = 0,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const samples = new Map(subjects.map(({ name }) => [name, [] as number[]]));
  for (let round = -warm; round < rounds; round++) {
    const order = round % 2 === 0 ? subjects : subjects.toReversed();
    for (const subject of order) {
      const sample = await subject.run();
      if (round >= 0) samples.get(subject.name)!.push(sample);
    }
  }
  return samples;
}

/** Returns median and quartiles; of no samples, NaN. */
export function middle(samples: readonly number[]): Middle {
  const sorted = samples.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
  };
}

/** Returns the middle of the rounds' own ratios of one subject to another. */
export function pairedRatio(samples: readonly number[], others: readonly number[]): Middle {
  return middle(samples.map((sample, round) => sample / others[round]!));
}

/** @param share 0–1; between two samples, the value in proportion */
export function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}
