/**
 * Talks to the director of a control socket.
 *
 * @module
 */
import { DirectorClient } from "../control/director-client.ts";
import { SocketTransport } from "../control/socket-transport.ts";
import { type DirectorStatus, statusOfItems } from "../daemon/director-status.ts";

/** How long a director may think, in ms; it answers between two batches of packets. */
const PATIENCE = 5000;

/**
 * Returns the status of the director that serves `socket`.
 *
 * @throws the system's error, with `code` and `syscall`, when nobody can be asked
 * @throws IpvsError when whoever answers is no director
 */
export async function askStatus(socket: string): Promise<DirectorStatus> {
  const transport = await SocketTransport.connect(socket);
  const impatience = setTimeout(() => void transport.close(), PATIENCE);
  try {
    return statusOfItems(await new DirectorClient(transport).status());
  } finally {
    clearTimeout(impatience);
    await transport.close();
  }
}
