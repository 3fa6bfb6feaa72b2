/**
 * A whole benchmark as data: what `--json` writes, what shards write line by line, and what `merge` joins.
 *
 * The lines of a shard are one head, then one result a line:
 *
 *     {"plan":"1f0c…","runs":200,"workload":{…}}
 *     {"run":3,"scheduler":"wlc","parameters":{},"repetition":0,"seed":1,"figures":{…},…}
 *
 * @module
 */
import type { RunResult } from "../result.ts";
import type { AnyWorkload } from "../workload-file.ts";

/** A benchmark, done. */
export interface BenchDocument {
  /** Fingerprint of the plan. */
  readonly plan: string;
  /** Runs of the whole plan. */
  readonly runs: number;
  readonly workload: AnyWorkload;
  readonly results: readonly RunResult[];
}

/** Results that cannot be joined or read. */
export class DocumentError extends Error {
  override readonly name = "DocumentError";
}

/** Returns the document as JSON, with a line end. */
export function documentText(document: BenchDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Returns the first of the lines a shard writes. */
export function headLine({ plan, runs, workload }: Omit<BenchDocument, "results">): string {
  return `${JSON.stringify({ plan, runs, workload })}\n`;
}

/** Returns the line of a result. */
export function resultLine(result: RunResult): string {
  return `${JSON.stringify(result)}\n`;
}

/** Returns the document as lines: what one shard of one would write. */
export function documentLines(document: BenchDocument): string {
  return headLine(document) + document.results.map(resultLine).join("");
}

/**
 * Joins the lines of shards into what one process would have given.
 *
 * @param texts each with the name of its file
 * @throws DocumentError for lines of different plans, runs that are there twice or not at all
 */
export function mergeLines(
  texts: readonly (readonly [name: string, text: string])[],
): BenchDocument {
  let head: Omit<BenchDocument, "results"> | undefined;
  const results = new Map<number, RunResult>();
  for (const [name, text] of texts) {
    let here: string | undefined;
    for (const [at, line] of text.split("\n").entries()) {
      if (line === "") continue;
      const where = `"${name}", line ${at + 1}`;
      const value = parseLine(line, where);
      if (isHead(value)) {
        head ??= value;
        here = value.plan;
        if (value.plan !== head.plan) {
          throw new DocumentError(
            `Cannot merge ${where}: it is of plan ${value.plan}, others are of ${head.plan}`,
          );
        }
        continue;
      }
      if (here === undefined || !isResult(value)) {
        throw new DocumentError(`Cannot merge ${where}: it is no result of \`uipvs bench --lines'`);
      }
      if (results.has(value.run)) {
        throw new DocumentError(`Cannot merge ${where}: run ${value.run} is there twice`);
      }
      results.set(value.run, value);
    }
  }
  if (head === undefined) throw new DocumentError("Cannot merge: there are no lines");
  const { runs } = head;
  const missing = Array.from({ length: runs }, (_, run) => run).filter((run) => !results.has(run));
  if (missing.length > 0) {
    const some = missing.slice(0, 5).join(", ");
    throw new DocumentError(
      `Cannot merge: ${missing.length} of ${runs} runs are missing, such as ${some}`,
    );
  }
  return { ...head, results: [...results.values()].sort((a, b) => a.run - b.run) };
}

/**
 * Reads what `--json` wrote.
 *
 * @throws DocumentError when it is none
 */
export function parseDocument(text: string, name: string): BenchDocument {
  const value = parseLine(text, `"${name}"`);
  if (isHead(value) && "results" in value && Array.isArray(value.results)) {
    return value as BenchDocument;
  }
  throw new DocumentError(`Cannot use "${name}": it is no result of \`uipvs bench --json'`);
}

function parseLine(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DocumentError(`Cannot use ${where}: ${(error as Error).message}`);
  }
}

function isHead(value: unknown): value is Omit<BenchDocument, "results"> {
  return typeof value === "object" && value !== null && "plan" in value && "workload" in value;
}

function isResult(value: unknown): value is RunResult {
  return typeof value === "object" && value !== null && "run" in value && "figures" in value;
}
