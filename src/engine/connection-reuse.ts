/**
 * Whether a client that begins a new flow from a port it has used gets a new connection.
 *
 * Source: linux ip_vs_core.c `ip_vs_in_hook`, `is_new_conn_expected`.
 *
 * @module
 */
import { TCP } from "../net/protocol.ts";
import type { ConnectionLifecycle } from "./connection-lifecycle.ts";
import { CONNECTION_FLAG, type ConnectionHandle, NO_CONNECTION } from "./connection-records.ts";
import type { EngineState } from "./engine-state.ts";
import type { Protocol } from "./protocol/protocol.ts";
import { TCP_STATE } from "./protocol/tcp.ts";

/** Bit of conn_reuse_mode that lets a port be used again in FIN_WAIT too. */
const REUSE_IN_FIN_WAIT = 0x2;

/**
 * What a new flow finds of the connection before it:
 *
 * - `quiesced`: its real server has weight 0, and expire_nodest_conn is on: a new one takes its place
 * - `over`, `fin-wait`: its state lets a new one take its place
 * - `reuse-off`: conn_reuse_mode is 0, it goes on
 * - `controlled`: it belongs to a template or another connection, it goes on
 * - `in-use`: its state is of a connection in use, it goes on
 */
export type Reuse = "quiesced" | "over" | "fin-wait" | "reuse-off" | "controlled" | "in-use";

/** Returns what is to be said of a connection when its client begins a new flow. */
export function judgeReuse(
  state: EngineState,
  lifecycle: ConnectionLifecycle,
  connection: ConnectionHandle,
  protocol: Protocol,
): Reuse {
  const { connections, sysctls } = state;
  const destination = lifecycle.destination(connection);
  if (sysctls.expire_nodest_conn !== 0 && destination?.weight === 0) return "quiesced";
  if (sysctls.conn_reuse_mode === 0) return "reuse-off";
  if (connections.controller(connection) !== NO_CONNECTION) return "controlled";
  const now = connections.state(connection);
  if (protocol.isOver(now)) return "over";
  const finWait =
    protocol.number === TCP &&
    (sysctls.conn_reuse_mode & REUSE_IN_FIN_WAIT) !== 0 &&
    now === TCP_STATE.finWait &&
    (connections.flags(connection) & CONNECTION_FLAG.noOutput) !== 0;
  return finWait ? "fin-wait" : "in-use";
}

/** Whether a new connection takes the place of the one before. */
export function givesWay(reuse: Reuse): boolean {
  return reuse === "quiesced" || reuse === "over" || reuse === "fin-wait";
}
