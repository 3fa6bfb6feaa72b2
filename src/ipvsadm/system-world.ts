/**
 * The real world: the streams of this process, the names of this system, a director's socket.
 *
 * @module
 */
import { once } from "node:events";
import { NetlinkBackend } from "../control/netlink-backend.ts";
import { SocketTransport } from "../control/socket-transport.ts";
import { systemResolver } from "./system-resolver.ts";
import type { World, Writer } from "./world.ts";

/**
 * Returns this process's world.
 *
 * @param name what the program calls itself in messages
 * @param socket path of the director's control socket
 */
export function systemWorld(name: string, socket: string): World {
  return {
    name,
    env: process.env,
    // Opened by the first look at it, and then the program waits for it.
    get stdin() {
      return process.stdin;
    },
    stdout: streamWriter(process.stdout),
    stderr: streamWriter(process.stderr),
    director: socket,
    openBackend: async () => new NetlinkBackend(await SocketTransport.connect(socket)),
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
