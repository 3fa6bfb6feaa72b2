import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { schedulers } from "../../schedulers/index.ts";
import { parseCommandLine } from "../../src/ipvsadm/argv.ts";
import { BACKEND_OPTION } from "../../src/ipvsadm/backend-option.ts";
import { OPTIONS } from "../../src/ipvsadm/options.ts";
import { declaredCommands } from "../cli/declared-commands.ts";
import { ROOT } from "../support/files.ts";
import { missing } from "../support/programs.ts";
import { lacking } from "../support/requirement.ts";

const PAGES = ["uipvs.1", "uipvsadm.8"] as const;

const path = (page: string): string => join(ROOT, "man", page);
const source = (page: string): string => readFileSync(path(page), "utf8");

/** Returns the options an item of a list describes, as they are written: `-n`, `--numeric`. */
function described(text: string): ReadonlySet<string> {
  const options = new Set<string>();
  for (const [, words = ""] of text.matchAll(/^\.It Fl (.*)$/gm)) {
    // Each comma goes on with another spelling of the option, up to its value.
    for (const spelling of words.split(" , ")) options.add(`-${spelling.split(" ")[0]}`);
  }
  return options;
}

/** Returns the part of a page under a heading, to the next one. */
function section(text: string, heading: string): string {
  const from = text.indexOf(`\n${heading}\n`);
  if (from < 0) return "";
  const rest = text.slice(from + heading.length + 2);
  return rest.split(/^\.S[hs] /m)[0]!;
}

t.test("every command and option of uipvs is described where it belongs", async (t) => {
  const page = source("uipvs.1");
  const common = described(section(page, ".Sh DESCRIPTION"));
  const synopsis = section(page, ".Sh SYNOPSIS");
  const commands = await declaredCommands();
  t.ok(commands.length >= 7, `${commands.length} commands`);
  for (const command of commands) {
    const name = command.name();
    const own = described(section(page, `.Ss ${name}`));
    const call = synopsis.split(/^\.Nm$/m).find((line) => line.startsWith(`\n.Cm ${name}\n`));
    t.ok(section(page, `.Ss ${name}`), `there is a section on ${name}`);
    t.ok(call, `${name} is in the synopsis`);
    for (const { short, long } of command.options) {
      for (const option of [short, long]) {
        if (option === undefined) continue;
        t.ok(own.has(option) || common.has(option), `${name} ${option} is described`);
      }
      const mark = (short ?? long ?? "").slice(1);
      t.ok(call?.includes(`Fl ${mark}`), `${name} -${mark} is in the synopsis`);
    }
  }
});

t.test("no option of uipvs is described that is not there", async (t) => {
  const page = source("uipvs.1");
  for (const command of await declaredCommands()) {
    const declared = new Set(command.options.flatMap(({ short, long }) => [short, long]));
    for (const option of described(section(page, `.Ss ${command.name()}`))) {
      t.ok(declared.has(option), `${command.name()} ${option} exists`);
    }
  }
});

t.test("every option of uipvsadm is described, and no other", async (t) => {
  const options = described(source("uipvsadm.8"));
  const declared = new Set<string>();
  for (const { short, long } of OPTIONS) {
    if (short !== undefined) declared.add(`-${short}`);
    declared.add(`--${long}`);
  }
  // The program's own, whatever the command.
  declared.add(BACKEND_OPTION);
  t.same([...options].sort(), [...declared].sort());
});

t.test("every scheduler is described", async (t) => {
  const text = source("uipvsadm.8");
  for (const name of schedulers.keys()) t.match(text, new RegExp(`^\\.It Cm ${name}$`, "m"));
});

t.test("the examples are command lines", async (t) => {
  const examples = PAGES.flatMap((page) => [
    ...source(page).matchAll(/^(?:uipvsadm|uipvs ipvsadm) (.*)$/gm),
  ]);
  t.ok(examples.length >= 8, `${examples.length} examples`);
  for (const [line, words = ""] of examples) {
    const command = parseCommandLine(words.split(" "), {
      program: "uipvsadm",
      posixOrder: false,
      restoring: false,
      lookup: { addressOf: async () => undefined, portOf: async () => undefined },
    });
    await t.resolves(command, line);
  }
});

t.test("the package brings the pages along", async (t) => {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly man: readonly string[];
    readonly files: readonly string[];
  };
  t.same(
    manifest.man,
    PAGES.map((page) => `man/${page}`),
  );
  t.ok(manifest.files.includes("man"));
});

t.test("man shows the pages without a warning", { skip: lacking(missing("man")) }, async (t) => {
  for (const page of PAGES) {
    const words = ["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", path(page)];
    const { status, stderr } = spawnSync("man", words, { encoding: "utf8" });
    t.equal(stderr, "", page);
    t.equal(status, 0, page);
    const text = execFileSync("man", ["-E", "UTF-8", "-l", path(page)], {
      encoding: "utf8",
      env: { ...process.env, MANWIDTH: "80" },
    });
    t.match(text, /EXIT STATUS/);
    const wide = text.split("\n").filter((line) => line.length > 80);
    t.same(wide, [], `${page} fits a terminal`);
  }
});
