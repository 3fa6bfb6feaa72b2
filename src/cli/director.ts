/**
 * Talks to the director of a control socket.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import { DirectorClient } from "../control/director-client.ts";
import { ExplainClient } from "../control/explain-client.ts";
import { SocketTransport } from "../control/socket-transport.ts";
import { type DirectorStatus, statusOfItems } from "../daemon/director-status.ts";
import { noDirector, systemReason } from "../ipvsadm/messages.ts";
import { CommandFailure, EXIT } from "./terminal.ts";

/** How long a director may think, in ms; it answers between two batches of packets. */
const PATIENCE = 5000;

/**
 * Has `ask` talk to the director that serves `socket`, for a short while.
 *
 * @throws CommandFailure with status 2 when nobody can be asked
 * @throws IpvsError when the director refuses, or whoever answers is none
 */
export async function asking<Answer>(
  socket: string,
  ask: (director: DirectorClient) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await talk(socket, ask);
  } catch (error) {
    if (error instanceof IpvsError || error instanceof CommandFailure) throw error;
    throw new CommandFailure(noDirector(socket, systemReason(error)), EXIT.usage);
  }
}

/**
 * Returns the status of the director that serves `socket`.
 *
 * @throws the system's error, with `code` and `syscall`, when nobody can be asked
 * @throws IpvsError when whoever answers is no director
 */
export function askStatus(socket: string): Promise<DirectorStatus> {
  return talk(socket, statusOf);
}

/** Returns the status a director tells. */
export async function statusOf(director: DirectorClient): Promise<DirectorStatus> {
  return statusOfItems(await director.status());
}

async function talk<Answer>(
  socket: string,
  ask: (director: DirectorClient) => Promise<Answer>,
): Promise<Answer> {
  const transport = await SocketTransport.connect(socket);
  const impatience = setTimeout(() => void transport.close(), PATIENCE);
  try {
    return await ask(new DirectorClient(transport));
  } finally {
    clearTimeout(impatience);
    await transport.close();
  }
}

/**
 * Has `follow` talk to the director that serves `socket`, for as long as it wants.
 *
 * @throws as `asking` does
 */
export async function following<Answer>(
  socket: string,
  follow: (director: ExplainClient) => Promise<Answer>,
): Promise<Answer> {
  try {
    const transport = await SocketTransport.connect(socket);
    try {
      return await follow(new ExplainClient(transport));
    } finally {
      await transport.close();
    }
  } catch (error) {
    if (error instanceof IpvsError || error instanceof CommandFailure) throw error;
    throw new CommandFailure(noDirector(socket, systemReason(error)), EXIT.usage);
  }
}
