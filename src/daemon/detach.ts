/**
 * Leaving a director behind: the same command again, in a session of its own, without a terminal.
 *
 * The parent waits until the child says that it serves, or why it does not, so whoever started it
 * knows when it returns. What the child says later goes to a log file beside the control socket.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import { prepareFolder } from "./control-socket.ts";

/** Set in the environment of a child that is waited for. */
const AWAITED = "UIPVS_AWAITED";

/** What the child tells its parent, once. */
export type Report =
  | { readonly kind: "serving"; readonly line: string }
  | { readonly kind: "failed"; readonly sentence: string; readonly exitCode: number };

/** Returns where a director that was left behind writes its remarks. */
export function logFilePath(socket: string): string {
  return `${socket}.log`;
}

/**
 * Starts `words` as a command of this program, and returns what became of it.
 *
 * @param words the words after the program's name, without the one that asks to detach
 * @param socket the control socket it will have
 */
export async function startDetached(words: readonly string[], socket: string): Promise<Report> {
  const script = process.argv[1];
  if (script === undefined) throw new Error("Cannot detach: the program's own file is not known");
  prepareFolder(socket);
  const logFile = logFilePath(socket);
  const log = openSync(logFile, "w", 0o600);
  const child = spawn(process.execPath, [...process.execArgv, script, ...words], {
    detached: true,
    cwd: "/",
    env: { ...process.env, [AWAITED]: "1" },
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("message", (report) => {
      // The parent may leave now: neither the channel nor the child keeps it.
      child.disconnect();
      child.unref();
      if ((report as Report).kind === "failed") removeEmptyLog(socket);
      resolve(report as Report);
    });
    child.once("exit", (code, signal) => {
      const how = signal === null ? `exit status ${code}` : `signal ${signal}`;
      const said = readFileSync(logFile, "utf8").trim();
      resolve({
        kind: "failed",
        sentence: `The director ended before it served (${how})${said === "" ? "" : `:\n${said}`}`,
        exitCode: code === null || code === 0 ? 1 : code,
      });
    });
  });
}

/** Removes the log file if nothing was remarked. */
export function removeEmptyLog(socket: string): void {
  const path = logFilePath(socket);
  if (statSync(path, { throwIfNoEntry: false })?.size === 0) rmSync(path, { force: true });
}

/** Whether this process was started by `startDetached` and is still being waited for. */
export function isAwaited(): boolean {
  return process.env[AWAITED] === "1" && process.connected;
}

/** Tells the parent, if one waits; it is told one thing only. */
export function reportToParent(report: Report): Promise<void> {
  return new Promise((resolve) => {
    if (!isAwaited() || process.send === undefined) {
      resolve();
      return;
    }
    process.send(report, undefined, undefined, () => {
      if (process.connected) process.disconnect();
      resolve();
    });
  });
}
