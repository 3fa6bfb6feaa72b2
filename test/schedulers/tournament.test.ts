import t from "tap";
import { NOBODY, Tournament } from "../../schedulers/tournament.ts";
import { SeededRandom } from "../../src/base/random.ts";

interface Entry {
  readonly load: number;
  readonly weight: number;
}

/** Returns the last of those with the least load per weight, in integers without bounds. */
function leastOf(entries: readonly Entry[]): number {
  let least = NOBODY;
  for (const [index, { load, weight }] of entries.entries()) {
    if (weight === 0) continue;
    const best = entries[least];
    const ours = BigInt(load) * BigInt(best?.weight ?? 1);
    if (best === undefined || ours <= BigInt(best.load) * BigInt(weight)) least = index;
  }
  return least;
}

/** Returns loads and weights of a kind. */
const KINDS: Readonly<Record<string, (random: SeededRandom) => Entry>> = {
  small: (random) => ({ load: random.below(6), weight: random.below(4) }),
  "too close for doubles": (random) => ({
    load: 2 ** 31 - 1 - random.below(4),
    weight: random.below(8) === 0 ? 0 : 2 ** 31 - 1 - random.below(4),
  }),
  "of both signs": (random) => ({
    load: random.below(5) - 2 + (random.below(4) === 0 ? -(2 ** 31) + 2 : 0),
    weight: random.below(3) * (random.below(3) === 0 ? 2 ** 29 : 1),
  }),
};

for (const [kind, entryOf] of Object.entries(KINDS)) {
  t.test(`the winner has the least load per weight: numbers ${kind}`, async (t) => {
    const random = new SeededRandom(1);
    for (const capacity of [1, 2, 8, 9, 64, 100]) {
      const tournament = new Tournament(capacity);
      const entries: Entry[] = Array.from({ length: capacity }, () => ({ load: 0, weight: 0 }));
      t.equal(tournament.winner, NOBODY);
      for (let turn = 0; turn < 1500; turn++) {
        const index = random.below(capacity);
        const entry = entryOf(random);
        entries[index] = entry;
        tournament.set(index, entry.load, entry.weight);
        const expected = leastOf(entries);
        if (tournament.winner === expected) continue;
        t.fail(`${tournament.winner} instead of ${expected}`, { capacity, turn, entries });
        return;
      }
      const anew = new Tournament(capacity);
      for (const [index, { load, weight }] of entries.entries()) anew.enter(index, load, weight);
      anew.playAll();
      t.equal(anew.winner, tournament.winner, "as if made anew");
      const some = Int32Array.from({ length: 20 }, () => random.below(capacity + 1) - 1);
      const index = leastOf(Array.from(some, (each) => entries[each] ?? { load: 0, weight: 0 }));
      t.equal(tournament.leastOf(some, some.length), index, "of some");
    }
  });
}
