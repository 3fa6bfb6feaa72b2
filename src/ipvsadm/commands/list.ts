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
  if (service === undefined) {
    await stdout.write(versionLine(await ask(verb, () => backend.info())));
  }
  const names = command.numeric ? undefined : session.names;
  const view = { columns, exact, names };
  let text = serviceHeading(columns);
  for await (const entry of serviceEntries(backend, { verb, service, sorted })) {
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
  const text = await connectionFile(session);
  if (text === "") throw listingFailure(messages.unexpectedInput("ip_vs_conn"));
  await stdout.write(connectionHeading(engineData));
  const names = command.numeric ? undefined : session.names;
  const entries = connectionEntries(text);
  for (let left: Left = "some"; left === "some"; ) {
    const batch = take(entries, CONNECTIONS_AT_ONCE);
    left = batch.left;
    await names?.prepare(batch.entries.flatMap(connectionAddresses));
    const lines = batch.entries.map((entry) => connectionLine(entry, engineData, names));
    await stdout.write(lines.join(""));
    // A line that is none, such as an empty one, ends the original without a word.
    if (left === "garbage") throw listingFailure("");
  }
}

/** What is behind the entries taken so far. */
type Left = "some" | "none" | "garbage";

function take(
  entries: Iterator<ConnectionEntry>,
  count: number,
): { readonly entries: readonly ConnectionEntry[]; readonly left: Left } {
  const taken: ConnectionEntry[] = [];
  try {
    while (taken.length < count) {
      const next = entries.next();
      if (next.done) return { entries: taken, left: "none" };
      taken.push(next.value);
    }
  } catch {
    return { entries: taken, left: "garbage" };
  }
  return { entries: taken, left: "some" };
}

function connectionAddresses({ client, virtual, destination }: ConnectionEntry): Address[] {
  return [client.address, virtual.address, destination.address];
}

async function connectionFile(session: Session): Promise<string> {
  const backend = await session.backend();
  try {
    return await backend.statusFile("ip_vs_conn");
  } catch {
    throw listingFailure(messages.cannotOpen("ip_vs_conn"));
  }
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

/** Fails as these two listings do, without a sentence. */
async function silently<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch {
    throw listingFailure("");
  }
}
