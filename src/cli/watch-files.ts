/**
 * Waits for files to change.
 *
 * @module
 */
import { type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Milliseconds } from "../base/clock.ts";

/** Editors write a file in several steps; the last one is waited for. */
const PATIENCE: Milliseconds = 50;

/**
 * Resolves once one of the files, or something in one of the folders, has changed since it was called.
 *
 * @throws the system's error for a folder that cannot be watched
 */
export async function untilChange(paths: readonly string[]): Promise<void> {
  const watchers: FSWatcher[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      for (const [folder, names] of foldersOf(paths)) {
        const recursive = names === undefined;
        const watcher = watch(folder, { recursive }, (_event, name) => {
          if (names === undefined || name === null || names.has(name)) resolve();
        });
        watchers.push(watcher.on("error", reject));
      }
    });
  } finally {
    for (const watcher of watchers) watcher.close();
  }
  await setTimeout(PATIENCE);
}

/**
 * Returns the folders to watch, and the names in each that count; all, where `undefined`. A file is watched
 * through its folder, as editors put a new one in its place.
 */
function foldersOf(paths: readonly string[]): ReadonlyMap<string, Set<string> | undefined> {
  const folders = new Map<string, Set<string> | undefined>();
  for (const path of paths) {
    if (isFolder(path)) folders.set(path, undefined);
    else if (!folders.has(dirname(path))) folders.set(dirname(path), new Set([basename(path)]));
    else folders.get(dirname(path))?.add(basename(path));
  }
  return folders;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
