/**
 * A lab is a folder: `lab.yaml`, `text.en.md` and `text.zh.md`. Here it is read.
 *
 * @module
 */
import { readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { type PartPath, parseLocated, valueAt } from "../../yaml/located-document.ts";
import { LabError } from "./lab-error.ts";
import { type LabPlan, labSchema } from "./lab-schema.ts";
import type { Localized } from "./language.ts";

/** Name of the file that says what a lab is made of. */
export const PLAN_FILE = "lab.yaml";

/** A lab as its folder has it. */
export interface Lab {
  /** Name of its folder. */
  readonly name: string;
  /** Absolute path of its folder. */
  readonly folder: string;
  readonly plan: LabPlan;
  /** Markdown. */
  readonly text: Localized;
}

/** Something wrong with a file of a lab. */
export interface Fault {
  readonly file: string;
  /** From 1; absent where it is about the file as a whole. */
  readonly line?: number;
  /** A sentence without final period. */
  readonly message: string;
}

/** Whether a folder holds a lab. */
export function isLabFolder(folder: string): boolean {
  return statSync(join(folder, PLAN_FILE), { throwIfNoEntry: false })?.isFile() === true;
}

/** Returns the path of a lab's text in a language. */
export function textFile(folder: string, language: string): string {
  return join(folder, `text.${language}.md`);
}

/**
 * Reads a lab.
 *
 * @throws LabError that names file, line and place, for the first thing that is wrong
 */
export function readLab(folder: string): Lab {
  const { plan, faults } = readPlan(folder);
  const [fault] = faults;
  if (plan === undefined) throw new LabError(faultText(fault!));
  const path = resolve(folder);
  const text = { en: readTextFile(textFile(path, "en")), zh: readTextFile(textFile(path, "zh")) };
  return { name: basename(path), folder: path, plan, text };
}

/** Returns a fault in one line: `FILE:LINE: MESSAGE`. */
export function faultText({ file, line, message }: Fault): string {
  return `${file}${line === undefined ? "" : `:${line}`}: ${message}`;
}

/** What a plan's file holds, and where its parts stand. */
export interface ReadPlan {
  readonly file: string;
  /** Absent where something is wrong. */
  readonly plan: LabPlan | undefined;
  /** Every place that does not fit the schema. */
  readonly faults: readonly Fault[];
  /** Returns the line of a part, from 1. */
  lineOf(path: PartPath): number;
}

/**
 * Reads the plan of a lab, with everything that is wrong with it.
 *
 * @throws LabError when there is no such file
 */
export function readPlan(folder: string): ReadPlan {
  const file = join(folder, PLAN_FILE);
  const { value, problems, lineOf } = parseLocated(readTextFile(file));
  if (problems.length > 0) {
    return { file, plan: undefined, faults: problems.map((each) => ({ file, ...each })), lineOf };
  }
  const result = labSchema.safeParse(value);
  if (result.success) return { file, plan: result.data, faults: [], lineOf };
  const faults = result.error.issues.map(({ path, message }): Fault => {
    const place = path.length === 0 ? "" : `${path.join(".")}: `;
    const found = valueAt(value, path);
    const shown = found === undefined || typeof found === "object" ? "" : JSON.stringify(found);
    const tail = shown === "" ? "" : ` (found ${shown})`;
    return { file, line: lineOf(path), message: `${place}${message}${tail}` };
  });
  return { file, plan: undefined, faults, lineOf };
}

/** Reads a file of a lab. @throws LabError when it cannot be read */
export function readTextFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const reason = missing ? "there is no such file" : String((error as Error).message);
    throw new LabError(`Cannot read "${file}": ${reason}`);
  }
}
