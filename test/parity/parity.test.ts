/**
 * Scenarios on a booted kernel and on the emulator, packet by packet.
 */
import { randomInt } from "node:crypto";
import { readdirSync } from "node:fs";
import t from "tap";
import { PROFILES } from "../../src/engine/profile.ts";
import { type FuzzFinding, fuzz } from "../../src/parity/fuzz.ts";
import { compareSubject, findingOutcome, outcomeText } from "../../src/parity/outcome.ts";
import { Parity } from "../../src/parity/parity.ts";
import { readSubject, readSubjectFile } from "../../src/parity/subject.ts";
import { fixture } from "../support/files.ts";
import { noKernel, sharedBed } from "./support.ts";

const skip = noKernel;
const OLDER = fixture("recordings", "6.1.176");

/** Recorded scenarios in which no time passes, each so often of them. */
const SAMPLED = 5;

/** One seed, so that a failure stays, and one that is new each time, which the title of its test tells. */
const SEED = 20260;
const FRESH = randomInt(2 ** 31);

let opened: Promise<Parity> | undefined;

function sharedParity(): Promise<Parity> {
  opened ??= sharedBed().then((bed) => Parity.open(bed, { longestSleep: 0 }));
  return opened;
}

t.test(
  "what was recorded of another kernel, this one and the emulator do alike",
  { skip },
  async (t) => {
    const parity = await sharedParity();
    const files = readdirSync(fixture("recordings")).filter((file) => file.endsWith(".scn"));
    const subjects = files.map((file) => readSubjectFile(fixture("recordings", file)));
    // The shell of an emulated host is in a folder of its own, that of a kernel is not.
    const possible = subjects.filter(
      (subject) =>
        parity.obstacle(subject) === undefined &&
        !subject.statements.some(({ kind }) => kind === "shell"),
    );
    t.ok(possible.length >= 90, `${possible.length} scenarios`);
    for (const subject of possible.filter((_, index) => index % SAMPLED === 0)) {
      const outcome = await compareSubject(parity, subject);
      t.equal(outcome.result, "same", outcomeText(outcome));
    }
  },
);

t.test("what this kernel alone does is emulated", { skip }, async (t) => {
  const parity = await sharedParity();
  for (const file of readdirSync(OLDER).filter((name) => name.endsWith(".scn"))) {
    const outcome = await compareSubject(parity, readSubjectFile(`${OLDER}/${file}`));
    t.equal(outcome.result, "same", outcomeText(outcome));
  }
});

for (const [title, count, seed] of [
  ["random scenarios go alike", 40, SEED],
  [`random scenarios nobody has seen go alike: --seed ${FRESH}`, 20, FRESH],
] as const) {
  t.test(title, { skip }, async (t) => {
    const parity = await Parity.open(await sharedBed());
    let same = 0;
    for await (const finding of fuzz(parity, { count, seed })) {
      if (finding === undefined) same++;
      else t.fail(outcomeText(findingOutcome(finding)));
    }
    t.equal(same, count);
  });
}

t.test("a difference is told with its line, and is no matter of a moment", { skip }, async (t) => {
  const parity = await sharedParity();
  const text = "topo std\nnote what the emulator has not\ncat /proc/sys/kernel/ostype\n";
  const outcome = await compareSubject(parity, readSubject("a.scn", text));
  t.equal(
    outcomeText(outcome),
    `differs  a.scn
a.scn:3: cat /proc/sys/kernel/ostype
    cat
      path: /proc/sys/kernel/ostype
  -   Linux
  +   errno: ENOENT`,
  );
});

t.test("a line one of them cannot carry out is a reason to skip", { skip }, async (t) => {
  const parity = await sharedParity();
  const text = "topo std\nsysctl net.core.somaxconn 5\n";
  const outcome = await compareSubject(parity, readSubject("a.scn", text));
  t.equal(outcome.result, "skipped");
  t.match(outcomeText(outcome), /^skipped {2}a\.scn: a\.scn:2:1: expected a variable/);
});

t.test("what a scenario leaves behind, the next does not find", { skip }, async (t) => {
  const parity = await sharedParity();
  const first = "topo std\nipvsadm -A -f 1 -s rr\n";
  t.equal((await compareSubject(parity, readSubject("a.scn", first))).result, "same");
  t.equal((await compareSubject(parity, readSubject("b.scn", "ipvsadm -Ln\n"))).result, "same");
});

t.test("a random scenario that differs is shortened to what it takes", { skip }, async (t) => {
  // An emulator of another kernel differs where servers are chosen by their connections.
  const parity = await Parity.open(await sharedBed(), { profile: PROFILES["6.1.192"] });
  let found: FuzzFinding | undefined;
  for await (const finding of fuzz(parity, { count: 40, seed: 7 })) {
    found = finding;
    if (found !== undefined) break;
  }
  t.ok(found);
  const { whole = "", text = "", played } = found ?? {};
  const [all, few] = [whole, text].map((each) => each.split("\n"));
  t.ok(few?.every((line) => all?.includes(line)));
  t.ok((few?.length ?? 0) < (all?.length ?? 0) / 2, text);
  t.ok((played?.differences.length ?? 0) > 0);
});
