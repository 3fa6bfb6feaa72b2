/**
 * How a director is: as it says it item by item, and as people and programs read it.
 *
 * | Item | Value |
 * |---|---|
 * | `pid`, `uptime` | process number; seconds since the engine was made |
 * | `socket`, `device`, `device-kind`, `profile` | text |
 * | `variables.NAME` | value of a variable that is not what it is by default |
 * | `services`, `destinations`, `connections` | counts; connections include templates |
 * | `packets.NAME` | packets by what became of them |
 * | `accepts.REASON` | packets left to the host, by reason |
 * | `drops.REASON` | packets dropped, by reason; those a device could not send too |
 * | `synchronisation.NAME` | messages to and from other directors, and their records, by what became of them |
 * | `capture` | file into which packets are captured, if they are |
 * | `fault` | why the host does not hand over the packets of all services, if so |
 *
 * @module
 */
import type { Seconds } from "../base/clock.ts";
import type { StatusItem, Sysctl } from "../wire/uipvs-genl.ts";

/** What a director knows of itself. */
export interface DirectorStatus {
  readonly pid: number;
  readonly uptime: Seconds;
  readonly socket: string;
  /** Name of the device, such as `uipvs0`. */
  readonly device: string;
  readonly deviceKind: string;
  readonly profile: string;
  /** Variables whose value is not that by default. */
  readonly variables: readonly Sysctl[];
  readonly services: number;
  readonly destinations: number;
  readonly connections: number;
  readonly packets: Readonly<Record<string, number>>;
  readonly accepts: Readonly<Record<string, number>>;
  readonly drops: Readonly<Record<string, number>>;
  readonly synchronisation: Readonly<Record<string, number>>;
  /** File into which packets are captured. */
  readonly capture?: string | undefined;
  readonly fault?: string | undefined;
}

/** Bytes a text item holds. */
const MAX_TEXT = 255;

/** Yields the items of a status. */
export function* statusItems(status: DirectorStatus): Generator<StatusItem> {
  const {
    packets,
    accepts,
    drops,
    synchronisation,
    deviceKind,
    variables,
    capture,
    fault,
    ...plain
  } = status;
  for (const [name, value] of Object.entries(plain)) yield item(name, value);
  yield item("device-kind", deviceKind);
  for (const { name, value } of variables) yield item(`variables.${name}`, value);
  for (const [name, count] of Object.entries(packets)) yield item(`packets.${name}`, count);
  for (const [reason, count] of Object.entries(accepts)) {
    yield item(`accepts.${reason}`, count);
  }
  for (const [reason, count] of Object.entries(drops)) yield item(`drops.${reason}`, count);
  for (const [name, count] of Object.entries(synchronisation)) {
    yield item(`synchronisation.${name}`, count);
  }
  if (capture !== undefined) yield item("capture", capture);
  if (fault !== undefined) yield item("fault", fault);
}

function item(name: string, value: string | number): StatusItem {
  return { name, value: typeof value === "number" ? BigInt(value) : shortened(value) };
}

/** Returns the text, or as much of its beginning as fits. */
function shortened(text: string): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= MAX_TEXT) return text;
  // Streaming keeps back a character that was cut.
  return new TextDecoder().decode(bytes.subarray(0, MAX_TEXT), { stream: true });
}

/** Returns the status that items tell; what they leave out is empty or 0, what is unknown ignored. */
export function statusOfItems(items: Iterable<StatusItem>): DirectorStatus {
  const values = new Map<string, string | bigint>();
  for (const { name, value } of items) values.set(name, value);
  const text = (name: string): string => String(values.get(name) ?? "");
  const count = (name: string): number => Number(values.get(name) ?? 0);
  const below = (prefix: string): readonly string[] =>
    [...values.keys()]
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
  const counts = (prefix: string): Record<string, number> =>
    Object.fromEntries(below(prefix).map((name) => [name, count(prefix + name)]));
  return {
    pid: count("pid"),
    uptime: count("uptime"),
    socket: text("socket"),
    device: text("device"),
    deviceKind: text("device-kind"),
    profile: text("profile"),
    variables: below("variables.").map((name) => ({ name, value: text(`variables.${name}`) })),
    services: count("services"),
    destinations: count("destinations"),
    connections: count("connections"),
    packets: counts("packets."),
    accepts: counts("accepts."),
    drops: counts("drops."),
    synchronisation: counts("synchronisation."),
    ...(values.has("capture") ? { capture: text("capture") } : {}),
    ...(values.has("fault") ? { fault: text("fault") } : {}),
  };
}
