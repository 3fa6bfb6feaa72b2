/**
 * A connection as listings show it.
 *
 * @module
 */
import type { Seconds } from "../base/clock.ts";
import type { Address, Family } from "../net/address.ts";
import { type ConnectionLifecycle, TEMPLATE_STATE } from "./connection-lifecycle.ts";
import { CONNECTION_FLAG, type ConnectionHandle } from "./connection-records.ts";
import type { EngineState } from "./engine-state.ts";
import { UNKNOWN_STATE } from "./protocol/protocol.ts";

/** What is shown of one connection or template. */
export interface ConnectionRecord {
  /** Protocol number; 0 for a template of a firewall-mark service. */
  readonly protocol: number;
  readonly family: Family;
  readonly clientAddress: Address;
  readonly clientPort: number;
  /** The mark as an address for a template of a firewall-mark service. */
  readonly virtualAddress: Address;
  readonly virtualPort: number;
  readonly destinationAddress: Address;
  readonly destinationPort: number;
  /** Name of the state, such as `ESTABLISHED`; of a template `NONE` or `ASSURED`. */
  readonly state: string;
  /** Time left, rounded down. */
  readonly expires: Seconds;
  /** Whether it was learnt from another director. */
  readonly synced: boolean;
  /** Name of the persistence engine that tells the clients of a template apart. */
  readonly engineName?: string | undefined;
  /** What they have in common, each character one byte. */
  readonly engineData?: string | undefined;
}

/** Returns what is shown of a connection. */
export function connectionRecord(
  state: EngineState,
  lifecycle: ConnectionLifecycle,
  handle: ConnectionHandle,
): ConnectionRecord {
  const { connections } = state;
  const family = connections.family(handle);
  const words = (word: (handle: ConnectionHandle, index: number) => number) =>
    Uint32Array.from([0, 1, 2, 3], (index) => word.call(connections, handle, index));
  const flags = connections.flags(handle);
  const protocol = connections.protocol(handle);
  const data = connections.engineData(handle);
  return {
    protocol,
    family,
    clientAddress: { family, words: words(connections.clientWord) },
    clientPort: connections.clientPort(handle),
    virtualAddress: { family, words: words(connections.virtualWord) },
    virtualPort: connections.virtualPort(handle),
    destinationAddress: {
      family: connections.destinationFamily(handle),
      words: words(connections.destinationWord),
    },
    destinationPort: connections.destinationPort(handle),
    state: stateName(state, protocol, flags, connections.state(handle)),
    expires: lifecycle.secondsLeft(handle),
    synced: (flags & CONNECTION_FLAG.synced) !== 0,
    engineName: data?.engine.name,
    engineData: data === undefined ? undefined : latin1(data.bytes),
  };
}

/** Returns text whose characters are the bytes. */
function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function stateName(state: EngineState, protocol: number, flags: number, number: number): string {
  if ((flags & CONNECTION_FLAG.template) !== 0) {
    if (number === TEMPLATE_STATE.none) return "NONE";
    return number === TEMPLATE_STATE.assured ? "ASSURED" : UNKNOWN_STATE;
  }
  return state.protocol(protocol)?.stateNames[number] ?? UNKNOWN_STATE;
}
