/**
 * The commands of the family `UIPVS`: status files, system variables, the director's own state, and how it
 * decides (explain-operations.ts).
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import { Attributes } from "../wire/netlink-attributes.ts";
import { EXPLAIN_POLICY } from "../wire/uipvs-explain.ts";
import {
  readName,
  readTicks,
  readValue,
  readVariables,
  type StatusItem,
  type Sysctl,
  UIPVS_COMMAND,
  UIPVS_NAME,
  UIPVS_POLICY,
  UIPVS_VERSION,
  writeItem,
  writeText,
} from "../wire/uipvs-genl.ts";
import { explainOperations } from "./explain-operations.ts";
import type { ExplainServices } from "./explain-services.ts";
import { type Family, type Operation, type Reply, replies } from "./family.ts";
import { offered } from "./offered.ts";
import { textParts } from "./text-parts.ts";

/** The variables of net.ipv4.vs, by their names without that prefix. */
export interface SysctlTable {
  /** Names of all variables, in the order they are listed in. */
  names(): Iterable<string>;
  /** Returns the value as it is read, without a line end, or `undefined` for a name unknown. */
  get(name: string): string | undefined;
  /**
   * Sets variables one after the other: all, or none if one is refused.
   *
   * @throws IpvsError ENOENT for a name unknown, EINVAL for a value that is refused
   */
  set(settings: readonly Sysctl[]): void;
}

/** What a director offers beyond the family `IPVS`. What is absent is refused with EOPNOTSUPP. */
export interface DirectorServices extends ExplainServices {
  /**
   * Returns a file of /proc/net in pieces of any length, or `undefined` for a name unknown. Times in
   * ticks count `ticksPerSecond`, or as many as the director's own clock has.
   */
  readonly statusFile?:
    | ((name: string, ticksPerSecond?: number) => Iterable<string> | undefined)
    | undefined;
  readonly sysctls?: SysctlTable | undefined;
  readonly status?: (() => Iterable<StatusItem>) | undefined;
  /**
   * Has the director end, later: called before the success message is written.
   *
   * @throws IpvsError when it will not
   */
  readonly stop?: (() => void) | undefined;
}

/** Returns the family `UIPVS` over what a director offers. */
export function uipvsFamily(services: DirectorServices): Family {
  const { getFile, getSysctl, setSysctl, setSysctls, getStatus, stop } = UIPVS_COMMAND;
  const item = (command: number, of: StatusItem): Reply => ({
    command,
    fill: (writer) => writeItem(writer, of),
  });
  return {
    name: UIPVS_NAME,
    version: UIPVS_VERSION,
    policy: { ...UIPVS_POLICY, ...EXPLAIN_POLICY },
    operations: new Map<number, Operation>([
      ...explainOperations(services),
      [getFile, { dump: (bytes) => fileList(services, parse(bytes)) }],
      [
        getSysctl,
        {
          do: (message) => {
            const name = readName(message);
            return item(getSysctl, { name, value: sysctlValue(offered(services.sysctls), name) });
          },
          dump: () => {
            const table = offered(services.sysctls);
            return replies(table.names(), (name) =>
              item(getSysctl, { name, value: sysctlValue(table, name) }),
            );
          },
        },
      ],
      [
        setSysctl,
        {
          do: (message) => {
            const table = offered(services.sysctls);
            table.set([{ name: readName(message), value: readValue(message) }]);
            return undefined;
          },
        },
      ],
      [
        setSysctls,
        {
          do: (message) => {
            offered(services.sysctls).set(readVariables(message));
            return undefined;
          },
        },
      ],
      [getStatus, { dump: () => replies(offered(services.status)(), (of) => item(getStatus, of)) }],
      [
        stop,
        {
          do: () => {
            offered(services.stop)();
            return undefined;
          },
        },
      ],
    ]),
  };
}

function parse(bytes: Uint8Array): Attributes {
  return Attributes.parse(bytes, UIPVS_POLICY);
}

function sysctlValue(table: SysctlTable, name: string): string {
  const value = table.get(name);
  if (value === undefined) throw new IpvsError("ENOENT", `Unknown variable "${name}"`);
  return value;
}

/** Lists the parts of a file; one that is unknown is refused before the list begins. */
function fileList(services: DirectorServices, request: Attributes): Iterable<Reply> {
  const name = readName(request);
  const pieces = offered(services.statusFile)(name, readTicks(request));
  if (pieces === undefined) throw new IpvsError("ENOENT", `Unknown status file "${name}"`);
  const encoder = new TextEncoder();
  return replies(textParts(pieces), (text) => ({
    command: UIPVS_COMMAND.getFile,
    fill: (writer) => writeText(writer, encoder.encode(text)),
  }));
}
