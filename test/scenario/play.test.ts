/**
 * Every recorded scenario, read and played on a bed that answers as the recorded kernel did: the transcript
 * must be the recording, to the byte. So the packets built, and all packets told in words, are the same.
 */
import { readdirSync, readFileSync } from "node:fs";
import t from "tap";
import { parseScenario } from "../../src/scenario/parse.ts";
import { play } from "../../src/scenario/play.ts";
import { parseTranscript, recordLine } from "../../src/scenario/transcript.ts";
import { fixture } from "../support/files.ts";
import { RecordedBed } from "./recorded-bed.ts";

const NAMES = readdirSync(fixture("recordings"))
  .filter((file) => file.endsWith(".scn"))
  .map((file) => file.slice(0, -".scn".length));

/** What brief records say of packets that left: the bytes it was made from are not recorded. */
const BRIEF_PACKETS = /"rx":\[("[^"]*",?)*\]/;

t.test("the transcript of a recorded scenario is its recording", async (t) => {
  t.ok(NAMES.length >= 120, `${NAMES.length} scenarios`);
  for (const name of NAMES) {
    const scenario = parseScenario(
      name,
      readFileSync(fixture("recordings", `${name}.scn`), "utf8"),
    );
    const recording = readFileSync(fixture("recordings", `${name}.jsonl`), "utf8");
    const bed = new RecordedBed(parseTranscript(name, recording));
    const lines: string[] = [];
    for await (const record of play(scenario, bed)) lines.push(recordLine(record));
    const wanted = recording.trimEnd().split("\n");
    const seen = lines.map((line, index) => {
      const rx = BRIEF_PACKETS.exec(wanted[index] ?? "")?.[0];
      return rx === undefined ? line : line.replace(BRIEF_PACKETS, () => rx);
    });
    t.same(seen, wanted, name);
  }
});
