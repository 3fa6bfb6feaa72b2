/**
 * Every recording of a real kernel in `test/fixtures/recordings/`, run on a director of ours: what the
 * kernel printed and sent, it must print and send.
 */
import { readdirSync } from "node:fs";
import t from "tap";
import { fixture } from "../support/files.ts";
import { Bench, readRecording } from "./recording.ts";

/** Recordings whose expiry shows how far the kernel's timers had run when they were made, in ticks. */
const PHASES: Readonly<Record<string, number>> = { "persist-M24": 240 };

const FILES = readdirSync(fixture("recordings")).filter((file) => file.endsWith(".jsonl"));

for (const file of FILES.sort()) {
  const name = file.replace(/\.jsonl$/, "");
  t.test(`${name} is as the kernel did it`, async (t) => {
    const bench = new Bench(PHASES[name] ?? 0);
    let compared = 0;
    for (const step of readRecording(fixture("recordings", file))) {
      const observation = await bench.run(step);
      if (observation === undefined) continue;
      compared++;
      if (observation.seen !== observation.wanted) {
        t.equal(observation.seen, observation.wanted, `line ${step.line}`);
      }
    }
    t.ok(compared > 0, `${compared} steps compared`);
  });
}
