/**
 * Copies the status files of a director into a directory, once or again and again.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Seconds } from "../base/clock.ts";
import type { StatusFile } from "../control/backend.ts";
import { DirectorClient } from "../control/director-client.ts";
import { SocketTransport } from "../control/socket-transport.ts";
import type { Transport } from "../control/transport.ts";
import { DirectoryError, type StatusDirectory } from "./status-directory.ts";

/** What is copied. */
export interface Copying {
  /** Path of the director's control socket. */
  readonly socket: string;
  readonly directory: StatusDirectory;
  readonly files: readonly StatusFile[];
  /** What times in ticks count a second; as the director's clock unless given. */
  readonly ticksPerSecond?: number | undefined;
  /** Ends the copying. */
  readonly signal: AbortSignal;
}

/** What is copied again and again. */
export interface Watching extends Copying {
  /** Time between two beginnings, if a copy takes little. */
  readonly interval: Seconds;
  /** Told when no director can be asked any more, and when one can again. */
  readonly onDirector: (lost: Error | undefined) => void;
}

/** How long a director may say nothing, in ms. */
const PATIENCE = 5000;
/** Rest after a copy, in times of what it took: a tenth of the time at most is spent on copying. */
const REST = 9;

/**
 * Copies the files once. Each is of one moment, though not all of the same.
 *
 * @throws DirectoryError when they cannot be written
 * @throws IpvsError when the director refuses, or whoever answers is none
 * @throws the system's error, with `code`, when nobody can be asked
 */
export async function copyFiles(copying: Copying): Promise<void> {
  const { socket, signal } = copying;
  signal.throwIfAborted();
  const transport = await SocketTransport.connect(socket);
  const close = () => void transport.close();
  signal.addEventListener("abort", close);
  try {
    await copyFrom(transport, copying);
  } finally {
    signal.removeEventListener("abort", close);
    await transport.close();
  }
}

async function copyFrom(transport: Transport, copying: Copying): Promise<void> {
  const { directory, files, ticksPerSecond } = copying;
  const director = new DirectorClient(transport);
  const impatience = setTimeout(() => void transport.close(), PATIENCE);
  const heard = async function* (pieces: AsyncIterable<string>): AsyncGenerator<string> {
    for await (const piece of pieces) {
      impatience.refresh();
      yield piece;
    }
  };
  try {
    for (const name of files) {
      await directory.write(name, heard(director.statusFile(name, ticksPerSecond)));
    }
  } finally {
    clearTimeout(impatience);
  }
}

/**
 * Keeps the files fresh until the signal, and removes them then. While no director can be asked there are
 * no files: old ones would pass for the present.
 *
 * @throws as `copyFiles` does, the last only if nobody can be asked in the beginning
 */
export async function keepFresh(watching: Watching): Promise<void> {
  const { directory, interval, signal, onDirector } = watching;
  try {
    await copyFiles(watching);
    let lost = false;
    for (let took = 0; await rested(Math.max(interval * 1000, REST * took), signal); ) {
      const start = performance.now();
      const failure = await failureOf(copyFiles(watching));
      took = performance.now() - start;
      if (signal.aborted) break;
      if (failure !== undefined && !lost) directory.remove();
      if ((failure !== undefined) !== lost) onDirector(failure);
      lost = failure !== undefined;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    directory.remove();
  }
}

/** Whether the time passed without the signal. */
async function rested(ms: number, signal: AbortSignal): Promise<boolean> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}

/** Returns why nobody could be asked, if so; throws what no waiting mends. */
async function failureOf(copy: Promise<void>): Promise<Error | undefined> {
  try {
    await copy;
    return undefined;
  } catch (error) {
    if (error instanceof DirectoryError || !(error instanceof Error)) throw error;
    return error;
  }
}
