/**
 * A director of this process behind a real control socket.
 *
 * @module
 */
import { join } from "node:path";
import type { Test } from "tap";
import { directorServices } from "../../src/control/director-services.ts";
import { NetlinkServer } from "../../src/control/netlink-server.ts";
import { ControlSocket } from "../../src/daemon/control-socket.ts";
import { refusal } from "../../src/daemon/refusal.ts";
import type { Director } from "../../src/engine/director.ts";
import { temporaryFolder } from "../daemon/support.ts";

/** Serves a director until the test is over; returns the path of the socket. */
export async function serveDirector(t: Test, director: Director): Promise<string> {
  const server = new NetlinkServer(director, directorServices(director));
  const socket = await ControlSocket.listen(join(temporaryFolder(t), "control.sock"), {
    async *answer(messages) {
      yield* server.pieces(messages);
    },
    refuse: refusal,
  });
  t.teardown(() => socket.close());
  return socket.path;
}
