/**
 * The web server of a real server: a program of its own, run inside a host of the laboratory.
 *
 *     node web-server.js NAME PORT
 *
 * Answers every request with one line that says who it is and whom it sees (web-page.ts). Says
 * `ready` once it listens. Ends when its input ends, so it cannot outlive who started it.
 *
 * @module
 */
import { createServer } from "node:http";
import { formatPage } from "./web-page.ts";

const [name = "web", port = "80"] = process.argv.slice(2);

const server = createServer((request, response) => {
  const { remoteAddress = "", remotePort = 0 } = request.socket;
  response.setHeader("content-type", "text/plain");
  response.end(formatPage(name, remoteAddress, remotePort));
});

// Connections stay open as long as a client wants them.
server.keepAliveTimeout = 60_000;
server.listen(Number(port), "0.0.0.0", () => console.log("ready"));
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
