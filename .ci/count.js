// Tells of a tap run what failed, by name and with its reasons, and what passed at the second try only, then the
// counts of its last summary line: `# { total: 9, pass: 8, fail: 1 }`.
import { readFileSync } from "node:fs";
import { Parser } from "tap-parser";
import { stringify } from "yaml";

/** Lines shown of one failure. */
const MOST_LINES = 40;

const output = readFileSync(process.argv[2], "utf8");
const failures = [];
// The summary is the runner's, and no TAP.
new Parser().on("child", listen).end(output);

const summary = (output.match(/^# \{ total: .*\}$/gm) ?? []).at(-1) ?? "";
const count = (name) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(summary)?.[1] ?? 0);
const failed = count("fail");
if (failed > 0) {
  console.log("\nWhat failed:");
  for (const { fullname, diag } of failures) {
    console.log(`\n- ${fullname}`);
    const reasons = stringify(diag ?? {}).split("\n");
    console.log(reasons.slice(0, MOST_LINES).join("\n"));
  }
  console.log();
}
const again = Array.from(output.matchAll(/^ *# again: (.*)$/gm), ([, file]) => file);
if (again.length > 0) console.log(`\nRun a second time: ${again.join(", ")}\n`);
for (const line of output.match(/^ *# \| +not ok .*$/gm) ?? []) console.log(line.trim());
console.log(`${count("pass")} passed, ${failed} failed, ${count("skip")} skipped`);
if (summary === "" || failed > 0) process.exitCode = 1;

/** Notes the failures of a subtest, but not that one failed because of another within it. */
function listen(parser) {
  let within = 0;
  parser.on("child", (child) => {
    listen(child);
    child.on("complete", ({ ok }) => {
      if (!ok) within++;
    });
  });
  parser.on("assert", (result) => {
    if (result.ok || result.skip || result.todo) return;
    if (within > 0) within--;
    else failures.push(result);
  });
}
