/**
 * What stands in for ip(8) on a simulated host: routes and interfaces.
 *
 *     ip route [show]
 *     ip route add default via 172.16.16.1
 *     ip link set eth0 down
 *
 * @module
 */
import { askGate } from "./gate-client.ts";

let answer = "";
for await (const piece of askGate(["ip", ...process.argv.slice(2)])) answer += String(piece);
const end = answer.indexOf("\n");
const status = Number(answer.slice(0, end));
(status === 0 ? process.stdout : process.stderr).write(answer.slice(end + 1));
process.exitCode = status;
