/**
 * Every scheduler against the plain scan of the whole list, over what happens to a service: connections
 * come, turn active and go, thresholds are crossed, destinations come, change, go and come back.
 */
import t from "tap";
import { schedulers } from "../../schedulers/index.ts";
import { maglevHashing } from "../../schedulers/mh.ts";
import { Duel, type DuelOptions } from "./duel.ts";
import { maglev } from "./plain/hashed.ts";
import { plainSchedulers } from "./plain/index.ts";

/** Tables small enough to be made anew at every change, and to be too small for the list. */
const SMALL_TABLE = 251;
/** Sequences of each kind, and steps of each. */
const SEQUENCES = 25;
/** Of mh, whose plain form fills a table at every change. */
const FEW_SEQUENCES = 6;
const STEPS = 400;

const SIZES = [3, 20, 400] as const;
const WEIGHTS = [3, 60] as const;
/** fallback and port of sh and mh; all others have none, which is tried with all of them at once. */
const FLAGS: Readonly<Record<string, readonly number[]>> = {
  sh: [0, 0x8, 0x10, 0x18],
  mh: [0, 0x8, 0x10, 0x18],
};
const ANY_FLAGS = [0, 0x38];

function subjects(name: string): Pick<DuelOptions, "module" | "plain"> {
  if (name === "mh") return { module: maglevHashing(SMALL_TABLE), plain: maglev(SMALL_TABLE) };
  return { module: schedulers.get(name)!, plain: plainSchedulers.get(name)! };
}

t.same([...plainSchedulers.keys()].sort(), [...schedulers.keys()].sort(), "all are compared");

for (const name of schedulers.keys()) {
  t.test(`${name} chooses as the plain scan does`, async (t) => {
    let choices = 0;
    const sequences = name === "mh" ? FEW_SEQUENCES : SEQUENCES;
    for (const flags of FLAGS[name] ?? ANY_FLAGS) {
      for (const most of SIZES) {
        for (const heaviest of WEIGHTS) {
          for (let seed = 1; seed <= sequences; seed++) {
            const duel = new Duel({ ...subjects(name), flags, seed, most, heaviest });
            for (let step = 0; step < STEPS; step++) {
              const difference = duel.step();
              choices++;
              if (difference === undefined) continue;
              t.fail(`step ${step}: ${difference}`, { flags, most, heaviest, seed });
              return;
            }
          }
        }
      }
    }
    t.pass(`${choices} steps`);
  });
}

t.test("lblcr chooses as the plain scan does from sets of hundreds", async (t) => {
  for (const targets of [1, 3]) {
    for (const settled of [true, false]) {
      const options = { ...subjects("lblcr"), flags: 0, most: 400, heaviest: 2, targets, settled };
      for (let seed = 1; seed <= 3; seed++) {
        const duel = new Duel({ ...options, seed });
        for (let step = 0; step < 6000; step++) {
          const difference = duel.step();
          if (difference !== undefined) t.fail(`step ${step}: ${difference}`, { targets, seed });
        }
      }
    }
  }
});

t.test("places that are numbered anew, and notes that were missed, change no choice", async (t) => {
  for (const name of schedulers.keys()) {
    const duel = new Duel({ ...subjects(name), flags: 0, most: 40, heaviest: 5, seed: 1 });
    for (let round = 0; round < 30; round++) {
      // All come and go until places run out, and more happens unseen than is noted.
      duel.churn(60);
      for (let step = 0; step < 40; step++) t.equal(duel.step(), undefined, name);
    }
  }
});
