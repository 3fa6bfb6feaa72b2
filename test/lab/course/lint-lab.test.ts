/**
 * What is wrong with a lab is found, with file and line; a new lab has nothing wrong.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import t, { type Test } from "tap";
import { LabError, lintLab, newLab } from "../../../src/lab/index.ts";
import { temporaryFolder } from "../../daemon/support.ts";

/** Makes a lab from the template. */
function lab(t: Test): string {
  const folder = join(temporaryFolder(t), "mine");
  newLab(folder);
  return folder;
}

/** Replaces a text in a file of a lab, which must be there. */
function change(folder: string, file: string, from: string, to: string): void {
  const path = join(folder, file);
  const text = readFileSync(path, "utf8");
  if (!text.includes(from)) throw new Error(`"${from}" is not in ${file}`);
  writeFileSync(path, text.replace(from, to));
}

/** Returns what is wrong, as `FILE:LINE MESSAGE`. */
function faults(folder: string): readonly string[] {
  return lintLab(folder).map(
    ({ file, line = "", message }) => `${basename(file)}:${line} ${message}`,
  );
}

t.test("a new lab is whole, and is made where nothing is", async (t) => {
  const folder = lab(t);
  for (const file of ["lab.yaml", "text.en.md", "text.zh.md"]) t.ok(existsSync(join(folder, file)));
  t.strictSame(faults(folder), []);
  t.throws(() => newLab(folder), new LabError(`Cannot make lab "${folder}": it exists`));
});

t.test("what does not fit the schema is told with its place", async (t) => {
  const folder = lab(t);
  change(folder, "lab.yaml", "minutes: 15", "minutes: 0\ncolour: red");
  const [minutes = "", colour = ""] = faults(folder);
  t.match(minutes, /^lab\.yaml:9 minutes: .*\(found 0\)$/);
  t.match(colour, /colour/);
  writeFileSync(join(folder, "lab.yaml"), "title: {\n");
  t.match(faults(folder), [/^lab\.yaml:\d+ /], "no YAML at all");
  rmSync(join(folder, "lab.yaml"));
  t.throws(() => lintLab(folder), /there is no such file/);
});

t.test("hosts must be what they are used for", async (t) => {
  const folder = lab(t);
  change(folder, "lab.yaml", "    web: [80]\n", "    web: [80]\n    director: true\n  alone: {}\n");
  change(folder, "lab.yaml", "- { on: director,", "- { on: nobody,");
  t.strictSame(faults(folder), [
    "lab.yaml:23 hosts.web1: a director is no real server here",
    "lab.yaml:29 hosts.alone: it has no links, so nobody can reach it",
    'lab.yaml:33 setup.0.on: there is no host "nobody": must be one of client, director, web1, alone',
  ]);
});

t.test("one more director is a host as others are, and the first must be there", async (t) => {
  const folder = lab(t);
  const other = "  director2:\n    links: { eth0: { segment: outside } }\n    director: true\n";
  change(folder, "lab.yaml", "  web1:\n", `${other}  web1:\n`);
  t.strictSame(faults(folder), []);
  change(folder, "lab.yaml", "  director:\n", "  switch:\n");
  t.match(faults(folder), [
    'lab.yaml:15 hosts: one must be called "director": a director is started there',
    'lab.yaml:19 hosts: "switch" is the name of what connects them',
    /setup\.0\.on: there is no host "director"/,
    /text\.en\.md:\d+ a block of code: there is no host "director"/,
    /text\.zh\.md:\d+ a block of code: there is no host "director"/,
  ]);
});

t.test("checks must be understood, and expect something", async (t) => {
  const folder = lab(t);
  change(folder, "lab.yaml", "expect: server 172.16.16.2:80 has weight 1", "expect: answered");
  change(folder, "lab.yaml", "          expect forwarded by nat to 172.16.16.2\n", "");
  change(folder, "lab.yaml", "- on: client\n        run", "- on: nobody\n        run");
  t.match(faults(folder), [
    /steps\.0\.checks\.0: expect: "expect answered" is not about a listing; use lvs/,
    /steps\.0\.checks\.1: lvs: it expects nothing$/,
    /steps\.0\.checks\.2\.on: there is no host "nobody"/,
  ]);
  change(folder, "lab.yaml", "expect: answered", "expect: no such words");
  t.match(faults(folder)[0], /^lab\.yaml:\d+ steps\.0\.checks\.0: /);
});

t.test("texts have the same commands, on hosts there are", async (t) => {
  const folder = lab(t);
  const english = join(folder, "text.en.md");
  writeFileSync(join(folder, "text.zh.md"), readFileSync(english));
  change(folder, "text.zh.md", "```sh client", "```sh nobody");
  const [unknown = "", differ = ""] = faults(folder);
  t.match(unknown, /^text\.zh\.md:\d+ a block of code: there is no host "nobody"/);
  t.match(differ, /^text\.zh\.md:\d+ the commands differ: .*text\.en\.md has others at line \d+$/);
  writeFileSync(english, "# Nothing\n\n```python\nprint()\n```\n");
  rmSync(join(folder, "text.zh.md"));
  t.strictSame(faults(folder), [
    'text.en.md:3 a block of code in "python": must be `sh HOST`, `sh` or `text`',
    "text.en.md: it never says `uipvs lab check`",
    "text.zh.md: there is no such file: a lab has a text in each language",
  ]);
});
