/**
 * The way of a student's program to the simulated hosts.
 *
 * @module
 */
import { connect, type Socket } from "node:net";
import { HOST_VARIABLE } from "../course/run-folder.ts";

/** Variable with the port of the gate and its secret. */
export const GATE_VARIABLE = "UIPVS_LAB_GATE";

/**
 * Sends the gate a request, and returns the connection to it.
 *
 * @throws Error where this program does not run on a simulated host
 */
export function askGate(words: readonly string[]): Socket {
  const [port, secret] = (process.env[GATE_VARIABLE] ?? "").split(" ");
  const host = process.env[HOST_VARIABLE];
  if (!port || !secret || !host) throw new Error("This is no host of a simulated lab");
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(`${[secret, host, ...words].join(" ")}\n`);
  return socket;
}
