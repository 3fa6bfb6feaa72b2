/**
 * The list command in its four subjects.
 *
 * @module
 */
import { type ConnectionEntry, connectionEntries } from "../../control/conn-entries.ts";
import type { Address } from "../../net/address.ts";
import type { ListConnections, Listing, ListServices } from "../command.ts";
import { listingFailure } from "../failure.ts";
import { connectionHeading, connectionLine } from "../format/connections.ts";
import { serviceHeading, versionLine } from "../format/headings.ts";
import { serverLine, serviceLine } from "../format/services.ts";
import { daemonLine, timeoutLine } from "../format/settings.ts";
import * as messages from "../messages.ts";
import type { Session } from "../session.ts";
import { ask, entryAddresses, serviceEntries } from "./tables.ts";

/** Connections whose names are looked up, and whose lines are written, at a time. */
const CONNECTIONS_AT_ONCE = 256;

/**
 * Prints a listing.
 *
 * @throws Failure when it cannot be had
 */
export function list(command: Listing, session: Session): Promise<void> {
  switch (command.subject) {
    case "services":
      return listServices(command, session);
    case "connections":
      return listConnections(command, session);
    case "timeouts":
      return listTimeouts(session);
    case "daemons":
      return listDaemons(session);
  }
}

async function listServices(command: ListServices, session: Session): Promise<void> {
  const { stdout } = session.world;
  const { verb, service, columns, exact, sorted } = command;
  const backend = await session.backend();
  const info = service === undefined ? ask(verb, () => backend.info()) : undefined;
  const entries = serviceEntries(backend, { verb, service, sorted });
  if (info !== undefined) await stdout.write(versionLine(await info));
  const names = command.numeric ? undefined : session.names;
  const view = { columns, exact, names };
  let text = serviceHeading(columns);
  for await (const entry of entries) {
    await names?.prepare(entryAddresses(entry));
    text += serviceLine(entry.service, view);
    const { protocol } = entry.service.id;
    for (const server of entry.servers) text += serverLine(server, protocol, view);
    await stdout.write(text);
    text = "";
  }
  await stdout.write(text);
}

async function listConnections(command: ListConnections, session: Session): Promise<void> {
  const { stdout } = session.world;
  const { engineData } = command;
  const names = command.numeric ? undefined : session.names;
  const file = await connectionFile(session);
  await stdout.write(connectionHeading(engineData));
  try {
    for await (const entries of connectionEntries(file)) {
      for (let from = 0; from < entries.length; from += CONNECTIONS_AT_ONCE) {
        const some = entries.slice(from, from + CONNECTIONS_AT_ONCE);
        await names?.prepare(some.flatMap(connectionAddresses));
        await stdout.write(some.map((entry) => connectionLine(entry, engineData, names)).join(""));
      }
    }
  } catch (error) {
    // A line that is none, such as an empty one, ends the original without a word.
    if (error instanceof SyntaxError) throw listingFailure("");
    throw error;
  }
}

function connectionAddresses({ client, virtual, destination }: ConnectionEntry): Address[] {
  return [client.address, virtual.address, destination.address];
}

/**
 * Returns the text of the connections, of which a first piece has come.
 *
 * @throws Failure when there is none
 */
export async function connectionFile(session: Session): Promise<AsyncIterable<string>> {
  const backend = await session.backend();
  const pieces = backend.statusFile("ip_vs_conn")[Symbol.asyncIterator]();
  const next = async (): Promise<IteratorResult<string>> => {
    try {
      return await pieces.next();
    } catch {
      throw listingFailure(messages.cannotOpen("ip_vs_conn"));
    }
  };
  const first = await next();
  if (first.done || first.value === "")
    throw listingFailure(messages.unexpectedInput("ip_vs_conn"));
  return (async function* () {
    for (let piece: IteratorResult<string> = first; !piece.done; piece = await next()) {
      yield piece.value;
    }
  })();
}

async function listTimeouts(session: Session): Promise<void> {
  const backend = await session.backend();
  const timeouts = await silently(backend.timeouts());
  await session.world.stdout.write(timeoutLine(timeouts));
}

async function listDaemons(session: Session): Promise<void> {
  const backend = await session.backend();
  const daemons = await silently(backend.daemons());
  await session.world.stdout.write(daemons.map(daemonLine).join(""));
}

/**
 * Returns the answer to a request for settings.
 *
 * @throws Failure without a sentence, as these listings fail
 */
export async function silently<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch {
    throw listingFailure("");
  }
}
