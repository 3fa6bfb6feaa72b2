/**
 * A web server that keeps connections open: a program of its own, run inside a host of the laboratory.
 *
 *     node keep-alive-server.js PORT
 *
 * `/blob/BYTES` is answered with so many bytes, anything else with a word. Says `ready` once it listens.
 * Ends when its input ends.
 *
 * @module
 */
import { createServer } from "node:http";
import { Readable } from "node:stream";

const CHUNK = Buffer.alloc(65536, "x");

const [port = "80"] = process.argv.slice(2);

function* chunks(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= CHUNK.length) yield CHUNK.subarray(0, left);
}

const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  const bytes = Number(/^\/blob\/(\d+)$/.exec(request.url ?? "")?.[1] ?? 0);
  if (bytes === 0) {
    response.end("here");
    return;
  }
  response.setHeader("content-length", bytes);
  Readable.from(chunks(bytes)).pipe(response);
});
server.listen(Number(port), "0.0.0.0", () => console.log("ready"));
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
