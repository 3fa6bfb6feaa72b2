/**
 * Runs the front end in processes of its own, under the names of ipvsadm and its scripts.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { temporaryFolder } from "../daemon/support.ts";
import { ROOT } from "../support/files.ts";
import type { Printed } from "./support.ts";

/** What a run finds around itself. */
export interface Around {
  readonly stdin?: string;
  /** Environment variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Returns a folder with links of those names to the program, removed when the test is over. */
export function linkedPrograms(t: Test): string {
  const folder = temporaryFolder(t);
  for (const name of ["ipvsadm", "ipvsadm-save", "ipvsadm-restore"]) {
    symlinkSync(join(ROOT, "bin", "uipvsadm.js"), join(folder, name));
  }
  return folder;
}

/** Runs a program to its end, with the director of that socket. */
export function execute(
  program: string,
  argv: readonly string[],
  socket: string,
  { stdin = "", env = {} }: Around = {},
): Promise<Printed> {
  return new Promise((resolve, reject) => {
    const options = {
      env: { ...process.env, ...env, UIPVS_SOCKET: socket },
      maxBuffer: Number.POSITIVE_INFINITY,
    };
    const child = execFile(program, argv, options, (error, stdout, stderr) => {
      if (typeof error?.code === "string") reject(error);
      else resolve({ stdout, stderr, code: error?.code ?? 0 });
    });
    // A program that has seen enough ends without reading on.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(stdin);
  });
}
