/**
 * Generic netlink: the header behind the netlink header, and the family that knows the others.
 *
 *      0      7 8     15 16            31
 *     +--------+--------+---------------+
 *     |Command |Version |   Reserved    |
 *     +--------+--------+---------------+
 *
 * The number of a family is given out at run time: a client asks `nlctrl`, whose number is fixed, for
 * the number of the family by its name.
 *
 * Source: linux/genetlink.h.
 *
 * @module
 */
import { type Header, viewOf } from "./netlink.ts";
import { type AttributePolicy, Attributes } from "./netlink-attributes.ts";
import { MessageWriter } from "./netlink-writer.ts";

/** Length of the generic header, in bytes. */
export const GENERIC_HEADER = 4;

/** Number of the family `nlctrl`. Source: linux/genetlink.h `GENL_ID_CTRL`. */
export const CONTROLLER_ID = 16;

/** Name of the family that knows the others. */
export const CONTROLLER_NAME = "nlctrl";

/** Commands of `nlctrl`. Source: linux/genetlink.h `CTRL_CMD_*`. */
export const CONTROLLER_COMMAND = { newFamily: 1, getFamily: 3 } as const;

/** Attributes of `nlctrl`. Source: linux/genetlink.h `CTRL_ATTR_*`. */
export const CONTROLLER_ATTRIBUTE = {
  familyId: 1,
  familyName: 2,
  version: 3,
  headerSize: 4,
  maxAttribute: 5,
  operations: 6,
} as const;

/** Attributes of one operation. Source: linux/genetlink.h `CTRL_ATTR_OP_*`. */
export const OPERATION_ATTRIBUTE = { id: 1, flags: 2 } as const;

/** What can be done with an operation. Source: linux/genetlink.h `GENL_*`. */
export const OPERATION_FLAG = { privileged: 0x1, do: 0x2, dump: 0x4, policy: 0x8 } as const;

/** What a request to `nlctrl` may carry; a family's name has at most 15 bytes. */
export const CONTROLLER_POLICY: AttributePolicy = {
  [CONTROLLER_ATTRIBUTE.familyId]: "u16",
  [CONTROLLER_ATTRIBUTE.familyName]: { text: 15 },
};

const CONTROLLER_REPLY_POLICY: AttributePolicy = {
  ...CONTROLLER_POLICY,
  [CONTROLLER_ATTRIBUTE.version]: "u32",
  [CONTROLLER_ATTRIBUTE.headerSize]: "u32",
  [CONTROLLER_ATTRIBUTE.maxAttribute]: "u32",
};

/** The part of a netlink message that families share. */
export interface GenericMessage {
  /** 0–255. */
  readonly command: number;
  /** 0–255. */
  readonly version: number;
  /** What follows the header. */
  readonly attributes: Uint8Array;
}

/** Returns the generic header and what follows, or `undefined` when `payload` is too short for one. */
export function parseGeneric(payload: Uint8Array): GenericMessage | undefined {
  if (payload.length < GENERIC_HEADER) return undefined;
  const view = viewOf(payload);
  return {
    command: view.getUint8(0),
    version: view.getUint8(1),
    attributes: payload.subarray(GENERIC_HEADER),
  };
}

/** Writes a message of a family; `fill` writes its attributes. */
export function writeGeneric(
  writer: MessageWriter,
  header: Header,
  command: number,
  version: number,
  fill: () => void = () => {},
): void {
  writer.message(header, () => {
    writer.raw(Uint8Array.of(command, version, 0, 0));
    fill();
  });
}

/** What identifies an operation in the description of a family. */
export interface OperationDescription {
  readonly command: number;
  /** Sum of `OPERATION_FLAG` values. */
  readonly flags: number;
}

/** A family as `nlctrl` describes it. */
export interface FamilyDescription {
  /** Message type of the family's messages. */
  readonly id: number;
  /** At most 15 bytes. */
  readonly name: string;
  readonly version: number;
  /** Largest number of an attribute of the top level. */
  readonly maxAttribute: number;
  readonly operations: readonly OperationDescription[];
}

/** Writes the attributes that describe a family, in the kernel's order. */
export function writeFamily(writer: MessageWriter, family: FamilyDescription): void {
  writer
    .text(CONTROLLER_ATTRIBUTE.familyName, family.name)
    .u16(CONTROLLER_ATTRIBUTE.familyId, family.id)
    .u32(CONTROLLER_ATTRIBUTE.version, family.version)
    .u32(CONTROLLER_ATTRIBUTE.headerSize, 0)
    .u32(CONTROLLER_ATTRIBUTE.maxAttribute, family.maxAttribute);
  if (family.operations.length === 0) return;
  writer.nest(CONTROLLER_ATTRIBUTE.operations, () => {
    for (const [index, operation] of family.operations.entries()) {
      writer.nest(index + 1, () => {
        writer
          .u32(OPERATION_ATTRIBUTE.id, operation.command)
          .u32(OPERATION_ATTRIBUTE.flags, operation.flags);
      });
    }
  });
}

/**
 * Returns number and version of the family that `attributes`, of a reply of `nlctrl`, describe.
 *
 * @throws IpvsError when they are malformed
 */
export function readFamily(
  attributes: Uint8Array,
): Pick<FamilyDescription, "id" | "version"> | undefined {
  const parsed = Attributes.parse(attributes, CONTROLLER_REPLY_POLICY);
  const id = parsed.u16(CONTROLLER_ATTRIBUTE.familyId);
  if (id === undefined) return undefined;
  return { id, version: parsed.u32(CONTROLLER_ATTRIBUTE.version) ?? 1 };
}

/** Returns the request for the family of a name. */
export function familyRequest(header: Omit<Header, "type">, name: string): Uint8Array {
  const writer = new MessageWriter();
  const { getFamily } = CONTROLLER_COMMAND;
  writeGeneric(writer, { ...header, type: CONTROLLER_ID }, getFamily, 1, () => {
    writer.text(CONTROLLER_ATTRIBUTE.familyName, name);
  });
  return writer.take();
}
