/**
 * The family `nlctrl`: tells clients the numbers of the other families.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import {
  CONTROLLER_ATTRIBUTE,
  CONTROLLER_COMMAND,
  CONTROLLER_NAME,
  CONTROLLER_POLICY,
  type FamilyDescription,
  OPERATION_FLAG,
  writeFamily,
} from "../wire/genetlink.ts";
import type { Attributes } from "../wire/netlink-attributes.ts";
import { type Family, type Operation, type Reply, replies } from "./family.ts";

/** Version of the family. Source: Linux net/netlink/genetlink.c. */
const VERSION = 2;

/**
 * Returns the family `nlctrl`.
 *
 * @param known the families by their numbers, looked at whenever somebody asks
 */
export function controllerFamily(known: ReadonlyMap<number, Family>): Family {
  const described = (id: number, family: Family): Reply => ({
    command: CONTROLLER_COMMAND.newFamily,
    fill: (writer) => writeFamily(writer, describe(id, family)),
  });
  return {
    name: CONTROLLER_NAME,
    version: VERSION,
    policy: CONTROLLER_POLICY,
    operations: new Map([
      [
        CONTROLLER_COMMAND.getFamily,
        {
          do: (message) => described(...wanted(known, message)),
          dump: () => replies(known, ([id, family]) => described(id, family)),
        },
      ],
    ]),
  };
}

/** Returns the family a request names; a name goes before a number. */
function wanted(
  known: ReadonlyMap<number, Family>,
  message: Attributes,
): readonly [id: number, family: Family] {
  const name = message.text(CONTROLLER_ATTRIBUTE.familyName);
  const number = message.u16(CONTROLLER_ATTRIBUTE.familyId);
  if (name === undefined && number === undefined) {
    throw new IpvsError("EINVAL", "The message lacks the name or the number of a family");
  }
  for (const [id, family] of known) {
    if (name === undefined ? id === number : family.name === name) return [id, family];
  }
  throw new IpvsError("ENOENT", `Unknown family ${name === undefined ? number : `"${name}"`}`);
}

function describe(id: number, family: Family): FamilyDescription {
  return {
    id,
    name: family.name,
    version: family.version,
    maxAttribute: Math.max(0, ...Object.keys(family.policy).map(Number)),
    operations: [...family.operations].map(([command, operation]) => ({
      command,
      flags: flagsOf(operation),
    })),
  };
}

function flagsOf(operation: Operation): number {
  return (
    (operation.do === undefined ? 0 : OPERATION_FLAG.do) |
    (operation.dump === undefined ? 0 : OPERATION_FLAG.dump) |
    OPERATION_FLAG.policy
  );
}
