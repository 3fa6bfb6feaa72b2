/**
 * A Unix stream socket with somebody of a test's own behind it.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";

const folder = mkdtempSync(join(tmpdir(), "control-"));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
let paths = 0;

/** Returns a path nothing is at; it goes when the tests of the file have ended. */
export function newPath(): string {
  return join(folder, `${paths++}.sock`);
}

/**
 * Listens at `path`, and hands every chunk that arrives to `serve`.
 *
 * @returns what closes the socket and all its connections
 */
export function listen(
  path: string,
  serve: (socket: Socket, chunk: Buffer) => void,
): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => serve(socket, chunk));
  });
  return new Promise((resolve) => {
    listener.listen(path, () =>
      resolve(
        () =>
          new Promise((closed) => {
            listener.close(() => closed());
            for (const socket of sockets) socket.destroy();
          }),
      ),
    );
  });
}
