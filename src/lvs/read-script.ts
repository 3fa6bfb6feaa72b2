/**
 * Scripts, read: a step a line, output expected of it below, other files where they are named.
 *
 *     let VIP = 10.0.0.100
 *     include servers.lvs
 *     $ ipvsadm -Ln -t $VIP:80
 *       | ...
 *       | TCP  $VIP:80 wlc
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { commandText } from "../ipvsadm/format/commands.ts";
import { systemReason } from "../ipvsadm/messages.ts";
import { ruleWords } from "../ipvsadm/restore.ts";
import { importKeepalived, isKeepalived } from "../keepalived/import.ts";
import { KeepalivedError } from "../keepalived/keepalived-error.ts";
import type { Position } from "../rules/position.ts";
import { surroundings } from "../rules/read-wanted.ts";
import type { Wanted } from "../rules/wanted.ts";
import { wantedChanges } from "../rules/wanted-changes.ts";
import { LINE_NAMES, parseLine } from "../scenario/parse.ts";
import { type Place, ScenarioError } from "../scenario/scenario-error.ts";
import type { Statement } from "../scenario/statement.ts";
import { type Line, linesOf, placeIn, WordReader, wordsOf } from "../scenario/words.ts";
import { readExchange, readServer, readVirtual } from "./client-line.ts";
import { DURATION, parseDuration } from "./duration.ts";
import { readExpectation } from "./expect-line.ts";
import { isOutcome } from "./expectation.ts";
import { type Action, type Script, SKIP_PLACES, type Skip, type Step } from "./script.ts";
import { Variables } from "./variables.ts";

/** Returns the text of a file. @throws the system's error */
export type ReadFile = (path: string) => string;

/** What variables of ip_vs start with; left out, they are meant. */
const VS_PREFIX = "net.ipv4.vs.";

const OUTPUT = /^(\s*\|)(?: (.*)|\s*)$/;
const SHOWN = /^(\s*)\$(?=\s)/;
/** A line about one director; the columns of what follows stay what they are. */
const ON = /^(\s*)on(\s+)([A-Za-z][\w-]*)(?=\s)/;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Said = Action extends infer One ? (One extends unknown ? Omit<One, "place"> : never) : never;

/** Readers of the lines the language adds, by the first word, which is taken already. */
const ADDED: Readonly<Record<string, (words: WordReader) => Said>> = {
  client: readExchange,
  clients: readExchange,
  server: readServer,
  vip: readVirtual,
  directors: readDirectors,
  fail: readFail,
  expect: (words) => ({ kind: "expect", expectation: readExpectation(words) }),
  sysctl: readSysctl,
};
const NAMES = [
  ...new Set([
    ...Object.keys(ADDED),
    "let",
    "include",
    "rules",
    "skip",
    "on",
    "+TIME",
    ...LINE_NAMES,
  ]),
].join(", ");

/**
 * Reads a script and the files it names.
 *
 * @throws ScenarioError for the first line that says nothing known
 * @throws the system's error when the file itself cannot be read
 */
export function readScript(file: string, read: ReadFile): Script {
  const text = read(file);
  const reader = new ScriptReader(read);
  reader.readLines(file, text);
  return reader.script(file, linesOf(file, text).length);
}

class ScriptReader {
  readonly #read: ReadFile;
  readonly #variables = new Variables();
  readonly #steps: Mutable<Step>[] = [];
  readonly #skips: Skip[] = [];
  readonly #files: string[] = [];

  constructor(read: ReadFile) {
    this.#read = read;
  }

  script(file: string, lineCount: number): Script {
    for (const [index, step] of this.#steps.entries()) step.judged = this.#isJudged(index);
    const files = [...new Set(this.#files)];
    return { file, steps: this.#steps, skips: this.#skips, files, lineCount };
  }

  /** @param above the files that are being read, each of which includes the next */
  readLines(file: string, text: string, above: readonly string[] = []): void {
    const reading = [...above, file];
    this.#files.push(file);
    let last: Mutable<Step> | undefined;
    for (const line of linesOf(file, text)) {
      const [, bar, said = ""] = OUTPUT.exec(line.text) ?? [];
      if (bar !== undefined) {
        if (last === undefined) {
          const column = bar.length;
          throw new ScenarioError(
            placeIn(line, column),
            "a line before that prints something",
            "|",
          );
        }
        this.#addOutput(last, bar, this.#variables.expandKnown(said.trimEnd()));
      } else if (!/^\s*(#|$)/.test(line.text)) last = this.#readLine(line, reading);
      else last = undefined;
    }
  }

  #addOutput(step: Mutable<Step>, bar: string, text: string): void {
    const before = step.output ?? { lines: [], firstLine: step.action.place.line + 1 };
    step.output = { ...before, indent: bar, lines: [...before.lines, text] };
  }

  /** Returns the step, if the line is one that may have output. */
  #readLine(line: Line, reading: readonly string[]): Mutable<Step> | undefined {
    const shown = SHOWN.exec(line.text);
    // The columns of what follows stay what they are.
    const plain = shown === null ? line.text : line.text.replace(SHOWN, "$1 ");
    const director = ON.exec(plain)?.[3];
    const bare = { ...line, text: plain.replace(ON, (on) => " ".repeat(on.length)) };
    const name = /\S+/.exec(bare.text)?.[0] ?? "";
    switch (name) {
      case "let":
        this.#variables.set(this.#words(bare));
        return undefined;
      case "include":
        this.#include(bare, reading);
        return undefined;
      case "rules":
        this.#rules(bare);
        return undefined;
      case "skip":
        this.#skips.push(readSkip(bare));
        return undefined;
    }
    const step: Mutable<Step> = {
      action: this.#action(bare, name),
      text: plain.trim(),
      ...(director !== undefined && { director }),
      judged: false,
    };
    if (shown !== null) {
      step.output = { lines: [], indent: `${shown[1]}  |`, firstLine: line.number + 1 };
    }
    this.#steps.push(step);
    return step.action.kind === "expect" ? undefined : step;
  }

  #action(line: Line, name: string): Action {
    const place = placeIn(line, line.text.indexOf(name) + 1);
    if (name.startsWith("+")) return { place, ...this.#time(line, name) };
    const read = Object.hasOwn(ADDED, name) ? ADDED[name] : undefined;
    if (read !== undefined) return { place, ...read(this.#words(line)) } as Action;
    if (!LINE_NAMES.includes(name)) {
      throw new ScenarioError(place, `a line that starts with one of ${NAMES}`, name);
    }
    // What a shell calls a variable may be none of ours.
    if (name === "sh") return parseLine(line, (text) => this.#variables.expandKnown(text));
    return parseLine(line, (text, column) => this.#variables.expand(line, text, column));
  }

  #time(line: Line, name: string): Omit<Extract<Statement, { kind: "sleep" }>, "place"> {
    const words = new WordReader(line, wordsOf(line));
    const word = words.next(DURATION);
    const duration = parseDuration(this.#variables.expand(line, name.slice(1), word.column + 1));
    if (duration === undefined) throw words.error(word, DURATION, 1);
    words.end();
    return { kind: "sleep", duration, text: String(duration / 1000) };
  }

  /** Returns the words of a line behind the first. */
  #words(line: Line): WordReader {
    const expand = (text: string, column: number) => this.#variables.expand(line, text, column);
    const words = new WordReader(line, wordsOf(line, expand));
    words.next("the first word");
    return words;
  }

  #include(line: Line, reading: readonly string[]): void {
    const [path, text] = this.#file(line);
    if (reading.includes(path)) {
      const place = placeIn(line, line.text.lastIndexOf(basename(path)) + 1);
      throw new ScenarioError(place, "a file that does not include this one", path);
    }
    this.readLines(path, text, reading);
  }

  /** Each line of a file of rules becomes a command of its own, and each rule of a keepalived.conf. */
  #rules(line: Line): void {
    const [path, text] = this.#file(line);
    this.#files.push(path);
    if (isKeepalived(text)) {
      this.#keepalived(line, path, text);
      return;
    }
    for (const rule of linesOf(path, text)) {
      const args = ruleWords(rule.text);
      const first = args[0];
      if (first === undefined || first.startsWith("#")) continue;
      const place = placeIn(rule, rule.text.indexOf(first) + 1);
      if (!first.startsWith("-")) {
        throw new ScenarioError(place, "a line of ipvsadm -S, such as -A -t 10.0.0.100:80", first);
      }
      this.#steps.push({
        action: { kind: "command", place, program: "ipvsadm", args },
        text: `ipvsadm ${args.join(" ")}`,
        judged: false,
      });
    }
  }

  #keepalived(line: Line, path: string, text: string): void {
    for (const { change, at } of wantedChanges(keepalivedTable(path, text))) {
      const command = commandText(change);
      this.#steps.push({
        action: {
          kind: "command",
          place: at === undefined ? placeIn(line, 1) : placeOf(at),
          program: "ipvsadm",
          args: command.split(" "),
        },
        text: `ipvsadm ${command}`,
        judged: false,
      });
    }
  }

  #file(line: Line): readonly [path: string, text: string] {
    const words = this.#words(line);
    const word = words.next("the path of a file");
    words.end();
    const path = word.text.startsWith("/") ? word.text : join(dirname(line.file), word.text);
    try {
      return [path, this.#read(path)];
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw words.error(word, `a file that can be read (${systemReason(error)})`);
    }
  }

  #isJudged(index: number): boolean {
    for (let next = index + 1; next < this.#steps.length; next++) {
      const { action } = this.#steps[next]!;
      if (action.kind !== "expect") return false;
      if (isOutcome(action.expectation)) return true;
    }
    return false;
  }
}

/** Returns the table of a keepalived.conf. @throws ScenarioError */
function keepalivedTable(path: string, text: string): Wanted {
  try {
    return importKeepalived(path, text, surroundings()).wanted;
  } catch (error) {
    if (!(error instanceof KeepalivedError)) throw error;
    const { at, reason, mismatch } = error;
    const { expected, found } = mismatch ?? {
      expected: "a configuration of keepalived",
      found: reason,
    };
    throw new ScenarioError(placeOf(at), expected, found);
  }
}

function placeOf({ path, line, column }: Position): Place {
  return { file: path, line, column };
}

/** Reads `NAME NAME…`, the names of directors. */
function readDirectors(words: WordReader): Said {
  const names = [words.next("the name of a director"), words.next("the name of another director")];
  return { kind: "directors", names: [...names, ...words.rest()].map(({ text }) => text) };
}

/** Reads `director NAME`. */
function readFail(words: WordReader): Said {
  const word = words.next('"director"');
  if (word.text !== "director") throw words.error(word, '"director"');
  const { text: director } = words.next("the name of a director");
  words.end();
  return { kind: "fail", director };
}

/** Reads `NAME`, `NAME VALUE`, `NAME=VALUE` or `NAME = VALUE`, as sysctl(8) has them too. */
function readSysctl(words: WordReader): Said {
  if (words.peek()?.text === "-w") words.next("-w");
  const { text } = words.next("the name of a variable");
  const [, before = text, glued] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  const rest = words.rest().map((word) => word.text);
  const value = [...(glued ? [glued] : []), ...(rest[0] === "=" ? rest.slice(1) : rest)].join(" ");
  const name = before.includes(".") ? before : VS_PREFIX + before;
  return { kind: "sysctl", name, ...(value !== "" && { value }) };
}

/** Reads `skip PLACE REASON`, the reason as it is. */
function readSkip(line: Line): Skip {
  const [, before = "", word, reason = ""] =
    /^(\s*skip\s*)(\S+)?\s*(.*?)\s*$/.exec(line.text) ?? [];
  const place: Place = placeIn(line, before.length + 1);
  const where = SKIP_PLACES.find((each) => each === word);
  if (where === undefined) throw new ScenarioError(place, "parity, real-time or test", word);
  if (reason === "") {
    throw new ScenarioError(placeIn(line, line.text.length + 1), "the reason", undefined);
  }
  return { place, where, reason };
}
