/**
 * What keepalived does to its configuration before it reads it: conditions, parameters, sequences,
 * lists and includes.
 *
 * Source: keepalived.conf(5), "Advanced configuration" and "Description", version 2.2.7.
 *
 * @module
 */

import { sentenceOf } from "../base/sentence.ts";
import type { Position } from "../rules/position.ts";
import { expected, KeepalivedError } from "./keepalived-error.ts";
import { listOf, sequenceOf } from "./repetition.ts";
import { SourceLine } from "./source-line.ts";

/** A file that was included. */
export interface IncludedFile {
  readonly path: string;
  readonly text: string;
}

/** Finds the files an `include` names. */
export type Includes = (pattern: string, from: string) => readonly IncludedFile[];

/** What a configuration depends on besides its text. */
export interface Surroundings {
  /** What conditional lines are compared with. */
  readonly configId: string;
  readonly include: Includes;
}

/** Deepest nesting of parameters in parameters, and of files in files. */
const DEPTH_MAX = 64;
/** Most lines that are made of a configuration: a sequence must not fill the memory. */
const LINES_MAX = 1_000_000;

const CONDITION = /^(\s*)@(\^?)(\S*)/;
const DEFINITION = /^\s*\$([A-Za-z_]\w*)=/;
const REPETITION = /^\s*~(SEQx?|LST)\(/;
const PARAMETER = /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*)(?=\s|$))/g;
const INCLUDE = /^\s*include[rmwba]?\s+(\S+)/;
const COMMENT = /^\s*[#!]/;
const RANDOM = /\$\{_RANDOM\b[^}]*\}/;

/** Makes the lines that count of those that stand in the files. */
export class Preprocessor {
  readonly #surroundings: Surroundings;
  readonly #parameters = new Map<string, readonly SourceLine[]>();
  #made = 0;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    const { configId } = surroundings;
    this.#parameters.set("_INSTANCE", [SourceLine.read(configId, "", 0)]);
  }

  /**
   * Yields the lines of a file, and of those it includes.
   *
   * @throws KeepalivedError for what cannot be understood
   */
  *lines(path: string, text: string, depth = 0): Generator<SourceLine> {
    const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".";
    const texts = text.split("\n").map((line) => line.replace(/\r$/, ""));
    for (let index = 0; index < texts.length; index++) {
      this.#parameters.set("_PWD", [SourceLine.read(folder, "", 0)]);
      const line = SourceLine.read(texts[index]!, path, index + 1);
      if (!isContinued(line)) {
        yield* this.#line(line, depth);
        continue;
      }
      // A definition of several lines: all but the last end in a backslash.
      const body: SourceLine[] = [];
      let next = line;
      while (isContinued(next) && index + 1 < texts.length) {
        body.push(next);
        index++;
        next = SourceLine.read(texts[index]!, path, index + 1);
      }
      yield* this.#definition([...body, next], depth);
    }
  }

  *#definition(lines: readonly SourceLine[], depth: number): Generator<SourceLine> {
    const first = this.#chosen(lines[0]!);
    if (first === undefined) return;
    const name = DEFINITION.exec(first.text);
    if (name === null) {
      yield* this.#several(lines, depth);
      return;
    }
    const bodies = lines.slice(1).map(withoutBackslash);
    this.#parameters.set(name[1]!, bodies);
  }

  *#several(lines: readonly SourceLine[], depth: number): Generator<SourceLine> {
    let definition: SourceLine[] | undefined;
    for (const line of lines) {
      if (definition !== undefined || (isContinued(line) && DEFINITION.test(line.text))) {
        definition = [...(definition ?? []), line];
        if (isContinued(line)) continue;
        yield* this.#definition(definition, depth);
        definition = undefined;
        continue;
      }
      yield* this.#line(line, depth);
    }
  }

  /** Returns what is left of a line behind its conditions, or `undefined` where one is not met. */
  #chosen(line: SourceLine): SourceLine | undefined {
    let rest = line;
    for (;;) {
      const condition = CONDITION.exec(rest.text);
      if (condition === null) return rest;
      const [whole, blank, not, id] = condition;
      if (id === "") throw expected(rest.at(blank!.length + 1), "a configuration id", undefined);
      if ((id === this.#surroundings.configId) === (not === "^")) return undefined;
      rest = rest.slice(whole.length);
    }
  }

  *#line(whole: SourceLine, depth: number): Generator<SourceLine> {
    if (depth > DEPTH_MAX) {
      throw new KeepalivedError(
        whole.at(0),
        "parameters or files are nested too deep, or endlessly",
      );
    }
    const line = this.#chosen(whole);
    if (line === undefined || COMMENT.test(line.text) || line.text.trim() === "") return;
    if (++this.#made > LINES_MAX) {
      throw new KeepalivedError(line.at(0), `more than ${LINES_MAX} lines are made of the file`);
    }
    const definition = DEFINITION.exec(line.text);
    if (definition !== null) {
      this.#parameters.set(definition[1]!, [trimmed(line.slice(definition[0].length))]);
      return;
    }
    const include = INCLUDE.exec(line.text);
    if (include !== null) {
      yield* this.#included(include[1]!, line.at(line.text.indexOf(include[1]!)), depth);
      return;
    }
    const repetition = REPETITION.exec(line.text);
    if (repetition !== null) {
      yield* this.#repeated(line, repetition[0].length, repetition[1]!, depth);
      return;
    }
    const random = RANDOM.exec(line.text);
    if (random !== null && !COMMENT.test(line.text.slice(0, random.index).trimEnd())) {
      throw expected(line.at(random.index), "a value that is the same each time", random[0]);
    }
    yield* this.#replaced(line, depth);
  }

  *#included(pattern: string, at: Position, depth: number): Generator<SourceLine> {
    const plain = pattern.replaceAll(/^["']|["']$/g, "");
    for (const file of this.#found(plain, at)) {
      yield* this.lines(file.path, file.text, depth + 1);
    }
  }

  #found(pattern: string, at: Position): readonly IncludedFile[] {
    try {
      return this.#surroundings.include(pattern, at.path);
    } catch (error) {
      const reason = sentenceOf(error);
      throw new KeepalivedError(at, `expected a file that can be read: ${reason}`);
    }
  }

  *#repeated(line: SourceLine, start: number, kind: string, depth: number): Generator<SourceLine> {
    const end = line.text.indexOf(")", start);
    if (end < 0) throw expected(line.at(line.text.length), '")"', undefined);
    const inside = line.text.slice(start, end);
    const at = line.at(start);
    const rounds = kind === "LST" ? listOf(inside, at) : sequenceOf(inside, at, kind === "SEQx");
    const values = line.slice(start, end);
    const rest = line.slice(end + 1);
    for (const round of rounds) {
      for (const [name, value] of round) this.#parameters.set(name, [values.standIn(value)]);
      yield* this.#line(rest, depth + 1);
    }
  }

  /** Replaces the first parameter there is, and begins anew with what that makes. */
  *#replaced(line: SourceLine, depth: number): Generator<SourceLine> {
    for (const found of line.text.matchAll(PARAMETER)) {
      const value = this.#parameters.get(found[1] ?? found[2]!);
      if (value === undefined) continue;
      const before = line.slice(0, found.index);
      const after = line.slice(found.index + found[0].length);
      if (value.length === 1) {
        // A value of one line stands where it is used, its own place is elsewhere.
        const used = line.slice(found.index).standIn(value[0]!.text);
        yield* this.#line(before.append(used).append(after), depth + 1);
        return;
      }
      const lines = value.length === 0 ? [before.append(after)] : [...value];
      if (before.text.trim() !== "") lines[0] = before.append(lines[0]!);
      if (after.text.trim() !== "") lines.push(after);
      for (const each of groupsOf(lines)) {
        if (each.length > 1) yield* this.#definition(each, depth + 1);
        else yield* this.#line(each[0]!, depth + 1);
      }
      return;
    }
    yield line;
  }
}

/** Returns the lines one by one, but those of a definition of several together. */
function groupsOf(lines: readonly SourceLine[]): readonly (readonly SourceLine[])[] {
  const groups: SourceLine[][] = [];
  let open = false;
  for (const line of lines) {
    if (open) groups.at(-1)!.push(line);
    else groups.push([line]);
    open = isContinued(line);
  }
  return groups;
}

function isContinued(line: SourceLine): boolean {
  return /\\\s*$/.test(line.text) && !COMMENT.test(line.text);
}

function withoutBackslash(line: SourceLine): SourceLine {
  return isContinued(line) ? line.slice(0, line.text.lastIndexOf("\\")) : line;
}

/** Returns a value without the blanks around it, and without a comment behind it. */
function trimmed(line: SourceLine): SourceLine {
  const comment = /(^|\s)[#!]/.exec(line.text);
  const end = line.text.slice(0, comment?.index ?? line.text.length).trimEnd().length;
  const start = Math.min(line.text.length - line.text.trimStart().length, end);
  return line.slice(start, end);
}
