/**
 * The examples and the pages about them are true.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { PROFILES } from "../../src/engine/profile.ts";
import { findScripts } from "../../src/lvs/find-scripts.ts";
import { readScript } from "../../src/lvs/read-script.ts";
import { failureText } from "../../src/lvs/report-text.ts";
import { testFile } from "../../src/lvs/test-file.ts";
import { parseScenario } from "../../src/scenario/parse.ts";
import { fixture, ROOT } from "../support/files.ts";

const EXAMPLES = join(ROOT, "examples");
const PAGE = readFileSync(join(ROOT, "docs", "scenarios.md"), "utf8");

t.test("every example passes, whatever the seed, for every kernel release", async (t) => {
  const files = findScripts([EXAMPLES]);
  t.ok(files.length >= 10, `${files.length} examples`);
  for (const [seed, profile] of Object.values(PROFILES).entries()) {
    for (const file of files) {
      const result = await testFile(file, { profile, seed, update: false });
      t.match(result, { outcome: "passed", failures: [] }, `${file} ${profile.name} ${seed}`);
      t.ok(result.judged >= 4, "it asserts what it tells");
    }
  }
});

t.test("every example begins with a sentence about what surprises", async (t) => {
  for (const name of readdirSync(EXAMPLES)) {
    t.match(readFileSync(join(EXAMPLES, name), "utf8"), /^# [A-Z].*[.:?]\n#\n# \w/, name);
  }
});

t.test("the scenarios of recordings are scripts as they are", async (t) => {
  const names = readdirSync(fixture("recordings")).filter((name) => name.endsWith(".scn"));
  t.ok(names.length > 50, `${names.length} scenarios`);
  for (const name of names) {
    const file = fixture("recordings", name);
    const { steps } = readScript(file, (path) => readFileSync(path, "utf8"));
    const { statements } = parseScenario(file, readFileSync(file, "utf8"));
    t.equal(steps.length, statements.length, name);
  }
});

t.test("the page shows a scenario, and what comes of it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "uipvs-page-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "drain.lvs");
  writeFileSync(file, /^```\n(# Weight 0[^`]*)```/m.exec(PAGE)?.[1] ?? "");
  const { failures } = await testFile(file, {
    profile: PROFILES["6.1.192"],
    seed: 1,
    update: false,
  });
  const shown = failures.map(failureText).join("").replaceAll(`${folder}/`, "");
  const indented = shown.replaceAll(/^(?=.)/gm, "    ");
  t.ok(indented.length > 0 && PAGE.includes(indented), shown);
});
