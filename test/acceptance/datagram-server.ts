/**
 * A server that sends every UDP datagram back with its name before it: a program of its own, run inside
 * a host of the laboratory.
 *
 *     node datagram-server.js NAME ADDRESS PORT
 *
 * Says `ready` once it listens. Ends when its input ends.
 *
 * @module
 */
import { createSocket } from "node:dgram";

const [name = "server", address = "", port = "0"] = process.argv.slice(2);

const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
socket.on("message", (content, client) => {
  socket.send(`${name} ${content}`, client.port, client.address);
});
socket.bind(Number(port), address, () => console.log("ready"));
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
