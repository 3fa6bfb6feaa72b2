/**
 * The real world: the streams of this process, the names of this system, and who obeys on it.
 *
 * @module
 */
import { once } from "node:events";
import { type BackendChoice, openBackend } from "../control/backend-choice.ts";
import { unanswered } from "./messages.ts";
import { systemResolver } from "./system-resolver.ts";
import type { World, Writer } from "./world.ts";

/**
 * Returns this process's world.
 *
 * @param name what the program calls itself in messages
 * @param choice whom the commands go to
 */
export function systemWorld(name: string, choice: BackendChoice): World {
  return {
    name,
    env: process.env,
    // Opened by the first look at it, and then the program waits for it.
    get stdin() {
      return process.stdin;
    },
    stdout: streamWriter(process.stdout),
    stderr: streamWriter(process.stderr),
    openBackend: () => openBackend(choice),
    unanswered: (error) => unanswered(choice, error),
    resolver: systemResolver(),
  };
}

/** Returns a writer that waits while the stream's reader is behind. */
function streamWriter(stream: NodeJS.WritableStream): Writer {
  return {
    async write(text) {
      if (!stream.write(text)) await once(stream, "drain");
    },
  };
}
