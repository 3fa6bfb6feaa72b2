/**
 * The whole suite: every test file in a process of its own, three at a time.
 *
 * The runner is given this file alone, for what it starts carries its hooks. They make the start of a program three
 * times as long, and the tests start thousands.
 *
 * @module
 */
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import t from "tap";
import { ROOT } from "./support/files.ts";
import { WITHOUT_HOOKS } from "./support/without-hooks.ts";

const FOLDER = join(ROOT, "dist", "test");
/** Runs one of them. */
const RUNNER = join(FOLDER, "support", "run-file.js");

/** How many files run at once, for many of them wait for long; and how long one may take, in ms. */
const JOBS = 3;
const TIMEOUT = 900_000;

/** Take minutes, and are late in the alphabet: first, so that they do not run alone at the end. */
const FIRST = ["parity/parity.test.js", "web/"];

const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.js"))
  .sort((one, other) => isFirst(other) - isFirst(one) || one.localeCompare(other, "en"));

t.jobs = JOBS;
// Each file has a time of its own.
t.setTimeout(0);
for (const file of files) {
  const path = join(FOLDER, file);
  const [program, ...words] = [...WITHOUT_HOOKS, process.execPath, RUNNER, path];
  void t.spawn(program, words, { name: relative(ROOT, path), buffered: true, timeout: TIMEOUT });
}

function isFirst(file: string): number {
  return FIRST.some((start) => file.startsWith(start)) ? 1 : 0;
}
