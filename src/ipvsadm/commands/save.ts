/**
 * The save command: the table as command lines.
 *
 * @module
 */
import { serverRule, serviceRule } from "../format/rules.ts";
import type { Session } from "../session.ts";
import { entryAddresses, serviceEntries } from "./tables.ts";

/**
 * Prints the rules.
 *
 * @throws Failure when the table cannot be had
 */
export async function save(numeric: boolean, session: Session): Promise<void> {
  const backend = await session.backend();
  const names = numeric ? undefined : session.names;
  for await (const entry of serviceEntries(backend, { verb: "save", sorted: true })) {
    await names?.prepare(entryAddresses(entry));
    const { service, servers } = entry;
    const rules = servers.map((server) => serverRule(service.id, server, names));
    await session.world.stdout.write(serviceRule(service, names) + rules.join(""));
  }
}
