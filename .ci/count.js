// Prints the counts of a tap run, read from its last summary line: `# { total: 9, pass: 8, fail: 1 }`.
import { readFileSync } from "node:fs";

const summaries = readFileSync(process.argv[2], "utf8").match(/^# \{ total: .*\}$/gm) ?? [];
const summary = summaries.at(-1) ?? "";
const count = (name) => Number(new RegExp(`\\b${name}: (\\d+)`).exec(summary)?.[1] ?? 0);
console.log(`${count("pass")} passed, ${count("fail")} failed, ${count("skip")} skipped`);
if (summary === "" || count("fail") > 0) process.exitCode = 1;
