/**
 * Who holds a control socket, said so that an administrator knows what to do about it.
 *
 * @module
 */
import { commandLine, formatDuration, runningFor } from "./process-info.ts";
import { type DaemonState, readRunningState } from "./state-file.ts";

/** Another director serves the socket that was asked for. */
export class SocketInUse extends Error {
  override readonly name = "SocketInUse";

  /** @param socket path of the control socket */
  constructor(socket: string) {
    super(`Cannot listen on "${socket}": ${describeHolder(readRunningState(socket))}`);
  }
}

/** Returns a clause on the process that holds a socket, as its note tells of it. */
function describeHolder(holder: DaemonState | undefined): string {
  if (holder === undefined) return "another program already does, and left no note of itself";
  const age = formatDuration(runningFor(holder));
  return `process ${holder.pid} already does, for ${age}: ${commandLine(holder.pid)}`;
}
