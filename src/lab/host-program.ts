/**
 * Programs that run in hosts of a laboratory until they are told to end, started so that they are
 * ready when they are needed.
 *
 * @module
 */
import { once } from "node:events";
import { extname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Milliseconds } from "../base/clock.ts";
import type { HostProgram, NamespaceHost } from "./namespace-host.ts";

const START_TIMEOUT: Milliseconds = 30_000;

/** Returns the words that run a program of the laboratory's own: one of the files beside this one. */
export function programWords(name: string, ...words: readonly string[]): readonly string[] {
  // Beside this file, compiled or not.
  const url = new URL(`./${name}${extname(import.meta.url)}`, import.meta.url);
  return [process.execPath, fileURLToPath(url), ...words];
}

/**
 * Starts a program in a host and waits for its first line, with which it says that it is ready.
 *
 * @param kind `own` for a program that ends when its input ends, `guarded` for any other
 * @throws Error with what it said instead, when it ends or takes too long
 */
export async function startProgram(
  host: NamespaceHost,
  words: readonly string[],
  kind: "own" | "guarded" = "own",
): Promise<HostProgram> {
  const program = kind === "own" ? host.spawn(words) : host.spawnGuarded(words);
  let said = "";
  program.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const outcome = await Promise.race([
      once(program.stdout, "data", { signal }).then(() => "ready" as const),
      once(program, "close", { signal }).then(() => "ended" as const),
      pause(START_TIMEOUT, "late" as const, { signal }),
    ]);
    if (outcome === "ready") {
      // Whatever it says later must not fill the pipe.
      program.stdout.resume();
      return program;
    }
    const why = said.trim() || (outcome === "late" ? "it is not ready after 30 s" : "it ended");
    throw new Error(`Cannot start "${words.join(" ")}" on "${host.name}": ${why}`);
  } finally {
    settled.abort();
  }
}
