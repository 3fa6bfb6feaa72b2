/**
 * The changes that make a table where there is none.
 *
 * @module
 */
import type { Change } from "../ipvsadm/command.ts";
import type { Position } from "./position.ts";
import type { Wanted } from "./wanted.ts";

/** A change, and where the file asks for it, if it says. */
export interface PlacedChange {
  readonly change: Change;
  readonly at: Position | undefined;
}

/** Yields the changes that make `wanted` of an empty table, in the order of the file. */
export function* wantedChanges({ timeouts, services }: Wanted): Generator<PlacedChange> {
  if (timeouts !== undefined) {
    yield { change: { verb: "set", timeouts: timeouts.config }, at: timeouts.at };
  }
  for (const { id: service, config, servers, at } of services) {
    yield { change: { verb: "add-service", id: service, config }, at };
    for (const server of servers) {
      const { id } = server;
      yield { change: { verb: "add-server", service, id, config: server.config }, at: server.at };
    }
  }
}
