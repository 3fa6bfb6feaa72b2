/**
 * A web server of both families: a program of its own, run inside a host of the laboratory.
 *
 *     node page-server.js NAME PORT
 *
 * Answers a request with its name and whom it sees, one with a body with its name and how many bytes it
 * got. Says `ready` once it listens. Ends when its input ends.
 *
 * @module
 */
import { createServer } from "node:http";

const [name = "server", port = "80"] = process.argv.slice(2);

const server = createServer((request, response) => {
  let length = 0;
  request.on("data", (piece: Buffer) => {
    length += piece.length;
  });
  request.on("end", () => {
    const client = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    response.end(request.method === "PUT" ? `${name} ${length}` : `${name} ${client}`);
  });
});
server.listen(Number(port), "::", () => console.log("ready"));
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
