/**
 * What a message says of a connection.
 *
 * @module
 */
import type { SyncRecord } from "../../wire/ipvs-sync.ts";
import type { ConnectionHandle } from "../connection-records.ts";
import type { EngineState } from "../engine-state.ts";

const NO_BYTES = new Uint8Array(0);

/** Fills in the record of a connection or template. Sequence data is connection tracking's, and stays. */
export function fillSyncRecord(
  state: EngineState,
  handle: ConnectionHandle,
  record: SyncRecord,
): void {
  const { connections, profile } = state;
  record.family = connections.family(handle);
  record.protocol = connections.protocol(handle);
  record.flags = connections.flags(handle);
  record.state = connections.state(handle);
  record.clientPort = connections.clientPort(handle);
  record.virtualPort = connections.virtualPort(handle);
  record.destinationPort = connections.destinationPort(handle);
  record.mark = connections.mark(handle);
  record.timeout = Math.floor(connections.timeout(handle) / profile.ticksPerSecond);
  connections.readClient(handle, record.client);
  connections.readVirtual(handle, record.virtual);
  connections.readDestination(handle, record.destination);
  const data = connections.engineData(handle);
  record.engineName = data?.engine.name ?? "";
  record.engineData = data?.bytes ?? NO_BYTES;
}
