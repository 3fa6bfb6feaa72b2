/**
 * What separates a table from the one a file describes, as commands in the order to give them.
 *
 * What is equal in effect is left alone, and what differs is edited, never deleted and added: counters
 * and connections stay. Removals come last, so that nothing is missing in between and as little as
 * possible was removed should anything be refused.
 *
 * @module
 */
import type { Change } from "../ipvsadm/command.ts";
import {
  effectiveServer,
  effectiveService,
  sameServer,
  sameService,
  sameTimeouts,
} from "../ipvsadm/effective.ts";
import type { Effect } from "../ipvsadm/format/commands.ts";
import { serverKey, serviceKey } from "../ipvsadm/keys.ts";
import type { Rehearsal, RehearsedService } from "../ipvsadm/rehearsal.ts";
import type { TimeoutConfig } from "../wire/ipvs-objects.ts";
import type { Wanted, WantedService } from "./wanted.ts";

/** One command. */
export interface Step extends Effect {
  /** The commands that take it back, in their order. */
  readonly undo: readonly Change[];
  /** Where the file asks for it; absent for what the file does not mention. */
  readonly place?: string;
}

/**
 * Returns the commands that bring `running` to `wanted`.
 *
 * @param prune whether what the file does not mention goes
 */
export async function plan(
  running: Rehearsal,
  wanted: Wanted,
  prune: boolean,
): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (const service of wanted.services) {
    const found = running.find(service.id);
    steps.push(...serviceSteps(found, service), ...serverSteps(found, service));
  }
  if (wanted.timeouts !== undefined) {
    const { config, place } = wanted.timeouts;
    steps.push(...timeoutSteps(await running.timeouts(), config, place));
  }
  if (prune) steps.push(...removals(running, wanted));
  return steps;
}

function serviceSteps(found: RehearsedService | undefined, wanted: WantedService): Step[] {
  const { id, place } = wanted;
  const config = effectiveService(wanted.config, id.family);
  if (found === undefined) {
    const undo: Change[] = [{ verb: "delete-service", id }];
    return [{ sign: "+", change: { verb: "add-service", id, config }, undo, place }];
  }
  if (sameService(found.config, config, id.family)) return [];
  const undo: Change[] = [{ verb: "edit-service", id, config: found.config }];
  return [{ sign: "~", change: { verb: "edit-service", id, config }, undo, place }];
}

function serverSteps(found: RehearsedService | undefined, wanted: WantedService): Step[] {
  const service = wanted.id;
  const before = new Map(found?.servers.map((server) => [serverKey(server.id), server]));
  return wanted.servers.flatMap((server): Step[] => {
    const { id, place } = server;
    const config = effectiveServer(server.config);
    const known = before.get(serverKey(id));
    if (known === undefined) {
      const undo: Change[] = [{ verb: "delete-server", service, id }];
      return [{ sign: "+", change: { verb: "add-server", service, id, config }, undo, place }];
    }
    if (sameServer(known.config, config)) return [];
    const undo: Change[] = [{ verb: "edit-server", service, id, config: known.config }];
    return [{ sign: "~", change: { verb: "edit-server", service, id, config }, undo, place }];
  });
}

function timeoutSteps(before: TimeoutConfig, wanted: TimeoutConfig, place: string): Step[] {
  const timeouts = {
    tcp: wanted.tcp || before.tcp,
    tcpFin: wanted.tcpFin || before.tcpFin,
    udp: wanted.udp || before.udp,
  };
  if (sameTimeouts(before, timeouts)) return [];
  const undo: Change[] = [{ verb: "set", timeouts: before }];
  return [{ sign: "~", change: { verb: "set", timeouts }, undo, place }];
}

function removals(running: Rehearsal, wanted: Wanted): Step[] {
  const services = new Map(wanted.services.map((service) => [serviceKey(service.id), service]));
  return [...running.listed()].flatMap((found): Step[] => {
    const kept = services.get(serviceKey(found.id));
    if (kept === undefined) {
      const undo = remaking(found);
      return [{ sign: "-", change: { verb: "delete-service", id: found.id }, undo }];
    }
    const names = new Set(kept.servers.map(({ id }) => serverKey(id)));
    const gone = found.servers.filter(({ id }) => !names.has(serverKey(id)));
    return gone.map(({ id, config }): Step => {
      const service = found.id;
      const undo: Change[] = [{ verb: "add-server", service, id, config }];
      return { sign: "-", change: { verb: "delete-server", service, id }, undo };
    });
  });
}

/** Returns the commands that make a service anew. */
function remaking({ id, config, servers }: RehearsedService): readonly Change[] {
  return [
    { verb: "add-service", id, config },
    ...servers.map(
      (server): Change => ({
        verb: "add-server",
        service: id,
        id: server.id,
        config: server.config,
      }),
    ),
  ];
}
