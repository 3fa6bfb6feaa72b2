/**
 * What happens now: a reading of services and real servers, and of the connections, for who shows it.
 *
 * @module
 */

export type { ConnectionQuery, SortKey } from "./connection-query.ts";
export { SORT_KEYS } from "./connection-query.ts";
export { type ConnectionPage, ConnectionSnapshots } from "./connection-snapshots.ts";
export type { ConnectionRow } from "./connection-table.ts";
export { parseServiceKey, serverKey, serviceKey } from "./keys.ts";
export type {
  Counters,
  LiveServer,
  LiveService,
  LiveState,
  Rates,
  Traffic,
} from "./live-state.ts";
export { LiveReader } from "./reader.ts";
