/**
 * The web server of a real server: a program of its own, run inside a host of the laboratory.
 *
 *     node web-server.js NAME PORT…
 *
 * Answers every request with one line that says who it is and whom it sees (web-page.ts). Says
 * `ready` once it listens. Ends when its input ends, so it cannot outlive who started it.
 *
 * @module
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { formatPage } from "./web-page.ts";

const [name = "web", ...ports] = process.argv.slice(2);

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { remoteAddress = "", remotePort = 0 } = request.socket;
  response.setHeader("content-type", "text/plain");
  let received = 0;
  request.on("data", (piece: Buffer) => {
    received += piece.length;
  });
  request.on("end", () => response.end(formatPage(name, remoteAddress, remotePort, received)));
}

const listening = ports.map(async (port) => {
  const server = createServer(answer);
  // Connections stay open as long as a client wants them.
  server.keepAliveTimeout = 0;
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  server.listen(Number(port), "0.0.0.0");
  await once(server, "listening");
});
await Promise.all(listening);
console.log("ready");
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
