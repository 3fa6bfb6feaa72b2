/**
 * Which connection a packet belongs to.
 *
 * AH and ESP have no ports: their packets belong to the UDP connection from port 500 to port 500 between
 * the same two addresses, by which the keys were exchanged.
 *
 * Source: linux ip_vs_conn.c `ip_vs_conn_fill_param_proto`, ip_vs_proto_ah_esp.c.
 *
 * @module
 */
import { AH, ESP, UDP } from "../net/protocol.ts";
import { type ConnectionHandle, NO_CONNECTION } from "./connection-records.ts";
import type { ConnectionTable } from "./connection-table.ts";
import type { Packet } from "./packet.ts";

/** Port of the internet key exchange (RFC 7296 §2). */
const IKE_PORT = 500;

/** Returns the connection of a packet from a client, or NO_CONNECTION. */
export function findRequest(table: ConnectionTable, packet: Packet): ConnectionHandle {
  if (packet.portsReadable) {
    return table.findForward(
      packet.family,
      packet.protocol,
      packet.senderAddress,
      packet.senderPort,
      packet.receiverAddress,
      packet.receiverPort,
    );
  }
  if (!isKeyed(packet.protocol)) return NO_CONNECTION;
  return table.findForward(
    packet.family,
    UDP,
    packet.senderAddress,
    IKE_PORT,
    packet.receiverAddress,
    IKE_PORT,
  );
}

/** Returns the connection of a packet from a real server, or NO_CONNECTION. */
export function findReply(table: ConnectionTable, packet: Packet): ConnectionHandle {
  if (packet.portsReadable) {
    return table.findReverse(
      packet.family,
      packet.protocol,
      packet.senderAddress,
      packet.senderPort,
      packet.receiverAddress,
      packet.receiverPort,
    );
  }
  if (!isKeyed(packet.protocol)) return NO_CONNECTION;
  return table.findReverse(
    packet.family,
    UDP,
    packet.senderAddress,
    IKE_PORT,
    packet.receiverAddress,
    IKE_PORT,
  );
}

function isKeyed(protocol: number): boolean {
  return protocol === AH || protocol === ESP;
}
