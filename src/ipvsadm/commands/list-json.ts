/**
 * The list command with `--json`: its four subjects as documents, each complete whatever columns were
 * asked for.
 *
 * @module
 */
import { connectionEntries } from "../../control/conn-entries.ts";
import type { Listing, ListServices } from "../command.ts";
import { listingFailure } from "../failure.ts";
import { connectionJson } from "../json/connections.ts";
import { serviceJson } from "../json/services.ts";
import { daemonJson, engineJson, timeoutsJson } from "../json/settings.ts";
import { writeList } from "../json/stream.ts";
import { SCHEMA } from "../json/vocabulary.ts";
import * as messages from "../messages.ts";
import type { Session } from "../session.ts";
import { connectionFile, silently } from "./list.ts";
import { ask, type ServiceEntry, serviceEntries } from "./tables.ts";

/**
 * Prints a listing.
 *
 * @throws Failure when it cannot be had
 */
export async function listJson(command: Listing, session: Session): Promise<void> {
  const { stdout } = session.world;
  switch (command.subject) {
    case "services":
      return listServices(command, session);
    case "connections":
      return listConnections(session);
    case "timeouts": {
      const timeouts = await silently((await session.backend()).timeouts());
      const document = { schema: SCHEMA.timeouts, ...timeoutsJson(timeouts) };
      return stdout.write(`${JSON.stringify(document)}\n`);
    }
    case "daemons": {
      const daemons = await silently((await session.backend()).daemons());
      const head = { schema: SCHEMA.daemons };
      return writeList(stdout, head, "daemons", daemons.map(daemonJson));
    }
  }
}

async function listServices(
  { verb, service, sorted }: ListServices,
  session: Session,
): Promise<void> {
  const backend = await session.backend();
  const head = {
    schema: SCHEMA.services,
    ...engineJson(await ask(verb, () => backend.info())),
    complete: service === undefined,
    timeouts: timeoutsJson(await ask(verb, () => backend.timeouts())),
  };
  const entries = serviceEntries(backend, { verb, service, sorted, serversSorted: false });
  await writeList(session.world.stdout, head, "services", mapped(entries, serviceJson));
}

async function* mapped(
  entries: AsyncIterable<ServiceEntry>,
  json: (entry: ServiceEntry) => object,
): AsyncGenerator<object> {
  for await (const entry of entries) yield json(entry);
}

async function listConnections(session: Session): Promise<void> {
  const file = await connectionFile(session);
  const head = { schema: SCHEMA.connections };
  await writeList(session.world.stdout, head, "connections", connections(file));
}

async function* connections(file: AsyncIterable<string>): AsyncGenerator<object> {
  try {
    for await (const entries of connectionEntries(file)) yield* entries.map(connectionJson);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // A document cannot just end there, as the lines of a listing do.
    throw listingFailure(messages.unexpectedInput("ip_vs_conn"));
  }
}
