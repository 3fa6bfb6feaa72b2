/**
 * What `explain` says, held against what then happens: for every packet of every recorded scenario and of
 * random ones. And that asking changes nothing: the transcripts are those of a director nobody asks.
 */
import { readdirSync, readFileSync } from "node:fs";
import t, { type Test } from "tap";
import { parseScenario } from "../../../src/scenario/parse.ts";
import { randomScenario } from "../../../src/scenario/random-scenario.ts";
import type { Scenario } from "../../../src/scenario/statement.ts";
import { recordLine } from "../../../src/scenario/transcript.ts";
import { playOnEmulator, readScenario } from "../../conformance/check.ts";
import { fixture } from "../../support/files.ts";
import { ExplainingDirector } from "./explaining-director.ts";

/** The scenarios with packets. */
const NAMES = readdirSync(fixture("recordings"))
  .filter((file) => file.endsWith(".scn"))
  .filter((file) => /^(tcp|udp|sctp)\b/m.test(readFileSync(fixture("recordings", file), "utf8")))
  .map((file) => file.slice(0, -".scn".length));

/** Random scenarios played. */
const RANDOM = 20;

/** Plays a scenario on a director that is asked and one that is not. */
async function hold(t: Test, scenario: Scenario): Promise<ExplainingDirector> {
  let asked: ExplainingDirector | undefined;
  const records = await playOnEmulator(scenario, {
    makeDirector: (options) => {
      asked = new ExplainingDirector(options);
      return asked;
    },
  });
  const unasked = await playOnEmulator(scenario);
  t.same(records.map(recordLine), unasked.map(recordLine), "nothing changes by asking");
  for (const { said, happened, explanation } of asked!.compared) {
    if (JSON.stringify(said) === JSON.stringify(happened)) continue;
    t.same(said, happened, JSON.stringify(explanation.packet));
    break;
  }
  return asked!;
}

let schedulings = 0;
const bases = new Set<string>();
const abouts = new Set<unknown>();
for (const name of NAMES) {
  t.test(`${name}: what is said is what happens`, async (t) => {
    const { compared } = await hold(t, readScenario(fixture("recordings", `${name}.scn`)));
    for (const { explanation } of compared) {
      for (const step of explanation.steps) {
        if (step.step === "icmp-error") abouts.add(step.about);
        if (step.step !== "scheduler") continue;
        schedulings++;
        bases.add(String(step.basis));
        const chosen = step.candidates.filter(({ standing }) => standing === "chosen");
        t.same(
          chosen.map(({ address, port }) => ({ address, port })),
          step.choice === null ? [] : [step.choice],
          "exactly the choice is told to be chosen",
        );
      }
    }
  });
}

t.test("random scenarios: what is said is what happens", async (t) => {
  let packets = 0;
  for (let seed = 1; seed <= RANDOM; seed++) {
    const name = `random-${seed}`;
    const { compared } = await hold(t, parseScenario(name, randomScenario(seed)));
    packets += compared.length;
  }
  t.ok(packets > 500, `${packets} packets compared`);
});

t.test("the recordings have ICMP errors about everything there can be", async (t) => {
  t.same([...abouts].sort(), ["reply", "request", "tunnel", null].sort());
});

t.test("the recordings ask every scheduler for reasons of every kind", async (t) => {
  t.ok(schedulings > 1000, `${schedulings} choices compared`);
  t.same([...bases].sort(), [
    "chance",
    "first-idle",
    "hash",
    "hash-fallback",
    "hashed-unusable",
    "highest-weight",
    "highest-weight-with-room",
    "least-load",
    "next-in-turn",
    "nobody-has-room",
    "nobody-usable",
    "not-remembered",
    "reaches-bar",
    "remembered",
    "remembered-anew",
  ]);
});
