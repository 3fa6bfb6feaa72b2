/**
 * Writes decisions, one JSON object a line, in large pieces.
 *
 * @module
 */
import { closeSync, openSync, writeSync } from "node:fs";
import type { DecisionRecord } from "./decision-line.ts";

/** Gathered before it is written, in characters. */
const PIECE = 65536;

/** Where decisions go: a file, a function, or nowhere. */
export class DecisionSink {
  readonly #write: (text: string) => void;
  #file: number | undefined;
  #gathered = "";

  /**
   * @param target path of a file to write, or what to call with whole lines; nothing for nowhere
   * @throws Error of node:fs when the file cannot be created
   */
  constructor(target: string | ((text: string) => void) | undefined) {
    if (typeof target === "string") {
      const file = openSync(target, "w");
      this.#file = file;
      this.#write = (text) => writeWhole(file, text);
    } else {
      this.#write = target ?? (() => {});
    }
  }

  add(record: DecisionRecord): void {
    this.#gathered += `${JSON.stringify(record)}\n`;
    if (this.#gathered.length >= PIECE) this.flush();
  }

  /** Writes what was gathered. */
  flush(): void {
    if (this.#gathered !== "") this.#write(this.#gathered);
    this.#gathered = "";
  }

  /** Releases the file, without what was not flushed. Calling it again does nothing. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

function writeWhole(file: number, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
