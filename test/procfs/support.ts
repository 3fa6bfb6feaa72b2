/**
 * A director with traffic behind a control socket, for the tests of its status files.
 *
 * @module
 */
import { join } from "node:path";
import type { Test } from "tap";
import { directorServices } from "../../src/control/director-services.ts";
import { NetlinkServer } from "../../src/control/netlink-server.ts";
import { ControlSocket } from "../../src/daemon/control-socket.ts";
import type { Director } from "../../src/engine/director.ts";
import { temporaryFolder } from "../daemon/support.ts";
import { Wire } from "../engine/support.ts";
import { tcp, udp } from "../support/packet.ts";

/**
 * Serves a director on a control socket, to the end of the test.
 *
 * @returns the path of the socket
 */
export async function serve(t: Test, director: Director): Promise<string> {
  const path = join(temporaryFolder(t), "control.sock");
  const server = new NetlinkServer(director, directorServices(director));
  const socket = await ControlSocket.listen(path, {
    answer: async function* (messages) {
      yield* server.pieces(messages);
    },
    refuse: (header) => server.refuse(header),
  });
  t.teardown(() => socket.close());
  return path;
}

/**
 * Returns a director that has seen three TCP connections, one of them answered, and a datagram.
 *
 * Incoming: three SYNs of 40 bytes, an ACK of 40 bytes and a datagram of 33; outgoing: a SYN-ACK of 40.
 */
export function busyWire(): Wire {
  const wire = new Wire();
  wire.service("tcp", 80, { scheduler: "rr", persistent: true });
  wire.server("tcp", 80, "192.168.10.11:8080", { method: "masquerade", weight: 3 });
  wire.service("udp", 53, { scheduler: "rr" });
  wire.server("udp", 53, "192.168.10.12:53", { method: "masquerade" });
  for (const from of ["10.1.2.3:1001", "10.1.2.3:1002", "10.1.2.4:1001"]) {
    wire.send(tcp({ from, to: "10.0.0.100:80", flags: "S" }));
  }
  wire.send(tcp({ from: "192.168.10.11:8080", to: "10.1.2.3:1001", flags: "SA" }));
  wire.send(tcp({ from: "10.1.2.3:1001", to: "10.0.0.100:80", flags: "A" }));
  const payload = new TextEncoder().encode("hello");
  wire.send(udp({ from: "10.1.2.5:5353", to: "10.0.0.100:53", payload }));
  // Counters are seen as they were when rates were last estimated.
  wire.wait(3);
  return wire;
}
