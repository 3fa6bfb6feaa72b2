/**
 * Reads netlink attributes: length, number, value, and padding to a multiple of four bytes.
 *
 *      0             15 16            31
 *     +----------------+---------------+
 *     | Length with    | Number, and   |
 *     | these 4 bytes  | two flag bits |
 *     +----------------+---------------+
 *     |   Value                   ...  |
 *     +--------------------------------+
 *
 * Reading is as lenient as the kernel's is with families as old as IPVS: unknown numbers are passed
 * over, the last of several attributes with one number counts, an integer may be longer than it has to
 * be, and reading ends quietly where a length field cannot be right. What a policy names is checked,
 * so a value that is handed out has its type.
 *
 * Source: linux/netlink.h `struct nlattr`; `NLA_*` of net/netlink.h.
 *
 * @module
 */
import { IpvsError } from "../base/error.ts";
import { align, viewOf } from "./netlink.ts";

/** Length of an attribute's header, in bytes. */
export const ATTRIBUTE_HEADER = 4;

/** The bits of an attribute's type that are its number; the others say how the value is built. */
const NUMBER_MASK = 0x3fff;

/**
 * What the value of an attribute must be. `text` is at most `max` bytes long and ends in a NUL,
 * `atMost` and `atLeast` bound a value of bytes.
 */
export type AttributeKind =
  | "u8"
  | "u16"
  | "u32"
  | "u64"
  | "nested"
  | { readonly text: number }
  | { readonly atMost: number }
  | { readonly atLeast: number };

/** The attributes of one level by number, and what each must be; the rest is passed over. */
export type AttributePolicy = Readonly<Record<number, AttributeKind>>;

const SIZE = { u8: 1, u16: 2, u32: 4, u64: 8 } as const;

/** Returns what is wrong with a value, or `undefined`. */
function flawOf(value: Uint8Array, kind: AttributeKind): "EINVAL" | "ERANGE" | undefined {
  if (kind === "nested") {
    return value.length > 0 && value.length < ATTRIBUTE_HEADER ? "ERANGE" : undefined;
  }
  if (typeof kind === "string") return value.length < SIZE[kind] ? "ERANGE" : undefined;
  if ("atMost" in kind) return value.length > kind.atMost ? "ERANGE" : undefined;
  if ("atLeast" in kind) return value.length < kind.atLeast ? "ERANGE" : undefined;
  if (!value.subarray(0, kind.text + 1).includes(0)) return "EINVAL";
  const length = value.at(-1) === 0 ? value.length - 1 : value.length;
  return length > kind.text ? "ERANGE" : undefined;
}

/** Yields the attributes in `bytes`, to where a length field cannot be right. */
function* attributesIn(bytes: Uint8Array): Generator<[number: number, value: Uint8Array]> {
  const view = viewOf(bytes);
  for (let at = 0; bytes.length - at >= ATTRIBUTE_HEADER; ) {
    const length = view.getUint16(at, true);
    if (length < ATTRIBUTE_HEADER || length > bytes.length - at) break;
    const number = view.getUint16(at + 2, true) & NUMBER_MASK;
    yield [number, bytes.subarray(at + ATTRIBUTE_HEADER, at + length)];
    at += align(length);
  }
}

/** The attributes of one level, checked against a policy. Values are views of the bytes read. */
export class Attributes {
  readonly #values: ReadonlyMap<number, Uint8Array>;

  private constructor(values: ReadonlyMap<number, Uint8Array>) {
    this.#values = values;
  }

  /**
   * Reads the attributes in `bytes`.
   *
   * @throws IpvsError ERANGE when a value is too short or too long, EINVAL when text has no end
   */
  static parse(bytes: Uint8Array, policy: AttributePolicy): Attributes {
    const values = new Map<number, Uint8Array>();
    for (const [number, value] of attributesIn(bytes)) {
      const kind = policy[number];
      if (kind !== undefined) {
        const flaw = flawOf(value, kind);
        if (flaw !== undefined) {
          throw new IpvsError(
            flaw,
            `Cannot read attribute ${number} of ${value.length} bytes: must be ${describe(kind)}`,
          );
        }
        values.set(number, value);
      }
    }
    return new Attributes(values);
  }

  /** Whether all of these attributes are there. */
  has(...numbers: readonly number[]): boolean {
    return numbers.every((number) => this.#values.has(number));
  }

  u8(number: number): number | undefined {
    return this.#view(number, 1)?.getUint8(0);
  }

  u16(number: number): number | undefined {
    return this.#view(number, 2)?.getUint16(0, true);
  }

  /** A 16-bit number in network order, such as a port. */
  u16Net(number: number): number | undefined {
    return this.#view(number, 2)?.getUint16(0);
  }

  u32(number: number): number | undefined {
    return this.#view(number, 4)?.getUint32(0, true);
  }

  /** A 32-bit number in network order, such as an IPv4 mask. */
  u32Net(number: number): number | undefined {
    return this.#view(number, 4)?.getUint32(0);
  }

  /** A 32-bit number that may be negative. */
  s32(number: number): number | undefined {
    return this.#view(number, 4)?.getInt32(0, true);
  }

  u64(number: number): bigint | undefined {
    return this.#view(number, 8)?.getBigUint64(0, true);
  }

  /** Text up to its NUL; bytes that are not UTF-8 become U+FFFD. */
  text(number: number): string | undefined {
    const value = this.#values.get(number);
    if (value === undefined) return undefined;
    const end = value.indexOf(0);
    return new TextDecoder().decode(end < 0 ? value : value.subarray(0, end));
  }

  /** The value as it stands. */
  bytes(number: number): Uint8Array | undefined {
    return this.#values.get(number);
  }

  /** A copy of the first `length` bytes of the value, zeros where it has less. */
  padded(number: number, length: number): Uint8Array | undefined {
    const value = this.#values.get(number);
    if (value === undefined) return undefined;
    const bytes = new Uint8Array(length);
    bytes.set(value.subarray(0, length));
    return bytes;
  }

  /**
   * The attributes inside one.
   *
   * @throws IpvsError EINVAL when there is no such attribute, or anything inside is malformed
   */
  nested(number: number, policy: AttributePolicy): Attributes {
    return this.#inside(number, (value) => Attributes.parse(value, policy));
  }

  /**
   * The attributes inside each of those inside one, whose numbers do not matter: a list.
   *
   * @throws IpvsError EINVAL when there is no such attribute, or anything inside is malformed
   */
  list(number: number, policy: AttributePolicy): readonly Attributes[] {
    return this.#inside(number, (value) =>
      [...attributesIn(value)].map(([, element]) => Attributes.parse(element, policy)),
    );
  }

  #inside<Result>(number: number, read: (value: Uint8Array) => Result): Result {
    const value = this.#values.get(number);
    if (value === undefined) throw new IpvsError("EINVAL", `Attribute ${number} is missing`);
    try {
      return read(value);
    } catch (error) {
      if (!(error instanceof IpvsError)) throw error;
      throw new IpvsError("EINVAL", `In attribute ${number}: ${error.message}`);
    }
  }

  #view(number: number, length: number): DataView | undefined {
    const value = this.#values.get(number);
    return value !== undefined && value.length >= length ? viewOf(value) : undefined;
  }
}

function describe(kind: AttributeKind): string {
  if (kind === "nested") return "attributes of their own";
  if (typeof kind === "string") return `a number of ${SIZE[kind]} bytes`;
  if ("text" in kind) return `text of at most ${kind.text} bytes and a NUL`;
  return "atMost" in kind ? `at most ${kind.atMost} bytes` : `at least ${kind.atLeast} bytes`;
}

/**
 * Returns `value`, or refuses the message that lacks it.
 *
 * @param name what is missing, for the message
 * @throws IpvsError EINVAL when it is `undefined`
 */
export function present<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined) throw new IpvsError("EINVAL", `The message lacks the ${name}`);
  return value;
}
