/**
 * A web server that is the first to close, and so remembers each connection for a minute: a program of its
 * own, run inside a host of the laboratory.
 *
 *     node closing-server.js PORT TEXT
 *
 * Says `ready` once it listens. Ends when its input ends.
 *
 * @module
 */
import { createServer } from "node:net";

const [port = "80", text = ""] = process.argv.slice(2);

const server = createServer((socket) => {
  socket.on("error", () => socket.destroy());
  socket.once("data", () => socket.end(`HTTP/1.0 200 OK\r\n\r\n${text}`));
});
server.listen(Number(port), "0.0.0.0", () => console.log("ready"));
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
