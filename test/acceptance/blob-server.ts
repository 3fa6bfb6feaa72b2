/**
 * A web server that answers every request with the content of one file: a program of its own, run inside
 * a host of the laboratory.
 *
 *     node blob-server.js PORT FILE
 *
 * Says `ready` once it listens. Ends when its input ends.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { createServer } from "node:http";

const [port = "80", path = ""] = process.argv.slice(2);

const server = createServer((_request, response) => createReadStream(path).pipe(response));
server.listen(Number(port), "0.0.0.0", () => console.log("ready"));
process.stdin.resume();
process.stdin.once("end", () => process.exit(0));
