/**
 * How a director of this process is.
 *
 * @module
 */
import type { Director } from "../engine/director.ts";
import type { DirectorStatus } from "./director-status.ts";

/** What is around the director. */
export interface StatusFacts
  extends Pick<
    DirectorStatus,
    "uptime" | "socket" | "device" | "deviceKind" | "profile" | "capture" | "fault"
  > {
  /** Packets the device could not send, by reason. */
  readonly deviceDrops: Readonly<Record<string, number>>;
}

/** Returns how `director` is. */
export function statusOf(director: Director, facts: StatusFacts): DirectorStatus {
  const { deviceDrops, ...rest } = facts;
  return {
    ...rest,
    pid: process.pid,
    variables: director.changedSysctls(),
    ...configured(director),
    connections: director.connectionCount,
    packets: director.verdicts(),
    accepts: director.accepts(),
    drops: { ...director.drops(), ...deviceDrops },
    synchronisation: synchronisationOf(director),
  };
}

/** Returns how many services and destinations there are. */
function configured(director: Director): { services: number; destinations: number } {
  const services = director.services();
  let destinations = 0;
  for (const { id } of services) destinations += director.destinations(id).length;
  return { services: services.length, destinations };
}

/** Returns what became of messages between directors, by name; what never happened is left out. */
function synchronisationOf(director: Director): Readonly<Record<string, number>> {
  const { refused, ...counts } = director.synchronisation();
  const entries: [name: string, count: number][] = [
    ["messages-sent", counts.sentMessages],
    ["records-sent", counts.sentRecords],
    ["messages-lost", counts.lostMessages],
    ["messages-received", counts.receivedMessages],
    ["records-taken", counts.takenRecords],
  ];
  for (const [problem, count] of Object.entries(refused)) {
    entries.push([`refused-${problem}`, count]);
  }
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}
