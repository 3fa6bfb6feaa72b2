/**
 * Rules, as `ipvsadm -S -n` writes them, as the table they make where there is none.
 *
 * @module
 */
import { obey } from "../ipvsadm/commands/change.ts";
import { sameTimeouts } from "../ipvsadm/effective.ts";
import { serverKey, serviceKey } from "../ipvsadm/keys.ts";
import { failureText } from "../ipvsadm/messages.ts";
import type { Rehearsal, RehearsedService } from "../ipvsadm/rehearsal.ts";
import { type Rules, RulesError } from "../ipvsadm/rules-file.ts";
import type { Wanted, WantedService } from "./wanted.ts";

/** Timeouts nobody has set. */
const UNSET = { tcp: 0, tcpFin: 0, udp: 0 };

/**
 * Returns the table the rules make, thresholds and timeouts included.
 *
 * @param known whether a scheduler or a persistence engine exists is judged by this table
 * @throws RulesError for the first rule an empty table refuses, or that describes no table
 */
export async function wantedOfRules({ path, rules }: Rules, known: Rehearsal): Promise<Wanted> {
  const table = known.emptied();
  const places = new Map<string, string>();
  let timeoutsPlace = "";
  for (const rule of rules) {
    const { change } = rule;
    try {
      await obey(change, table);
    } catch (error) {
      throw new RulesError(path, rule.place, failureText(change.verb, error));
    }
    switch (change.verb) {
      case "add-service":
      case "edit-service":
        places.set(serviceKey(change.id), rule.place);
        break;
      case "add-server":
      case "edit-server":
        places.set(keyOfServer(change.service, change.id), rule.place);
        break;
      case "set":
        timeoutsPlace = rule.place;
        break;
      case "zero":
      case "start-daemon":
      case "stop-daemon":
        throw new RulesError(path, rule.place, "must describe services and servers");
    }
  }
  const timeouts = await table.timeouts();
  return {
    path,
    services: [...table.listed()].map((service) => wantedService(service, places)),
    ...(sameTimeouts(timeouts, UNSET)
      ? {}
      : { timeouts: { config: timeouts, place: timeoutsPlace } }),
    complete: true,
  };
}

function keyOfServer(
  service: WantedService["id"],
  server: WantedService["servers"][number]["id"],
): string {
  return `${serviceKey(service)} ${serverKey(server)}`;
}

function wantedService(
  { id, config, servers }: RehearsedService,
  places: ReadonlyMap<string, string>,
): WantedService {
  return {
    id,
    config,
    place: places.get(serviceKey(id)) ?? "",
    servers: servers.map((server) => ({
      id: server.id,
      config: server.config,
      place: places.get(keyOfServer(id, server.id)) ?? "",
    })),
  };
}
