/**
 * A document of YAML or JSON that knows on which line each of its parts stands.
 *
 * @module
 */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";

/** The keys and indexes that lead to a part. */
export type PartPath = readonly PropertyKey[];

/** A document as it was read. */
export interface LocatedDocument {
  /** What it holds; of no use where there are problems. */
  readonly value: unknown;
  /** Where it is no YAML. */
  readonly problems: readonly { readonly line: number; readonly message: string }[];
  /** Returns the line, from 1, of the last part on a path that there is. */
  lineOf(path: PartPath): number;
}

/** Reads a document; what is wrong with it is in its problems. */
export function parseLocated(text: string): LocatedDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  return {
    value: document.errors.length === 0 ? document.toJS() : undefined,
    problems: document.errors.map(({ pos, message }) => {
      // The place stands in the sentence as well, with an excerpt behind it.
      const [reason = message] = message.split(/ at line \d+/);
      return { line: lines.linePos(pos[0]).line, message: reason };
    }),
    lineOf: (path) => lines.linePos(offsetOf(document.contents, path)).line,
  };
}

/** Returns a part of a value, or `undefined` when there is none. */
export function valueAt(value: unknown, path: PartPath): unknown {
  let found = value;
  for (const part of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Record<PropertyKey, unknown>)[part];
  }
  return found;
}

/** Returns where the last part on a path that there is begins. */
function offsetOf(contents: unknown, path: PartPath): number {
  let node = contents;
  let offset = 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === part);
      if (pair === undefined) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}
