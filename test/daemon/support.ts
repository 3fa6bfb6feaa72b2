/**
 * Folders for the tests of the daemon, with names short enough for a socket's path.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";

/** Makes a folder that is removed, with all it holds, when the test is over. */
export function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "uipvs-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
