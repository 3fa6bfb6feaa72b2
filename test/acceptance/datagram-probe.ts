/**
 * Sends one UDP datagram and prints what becomes of it: a program of its own, run inside a host of the
 * laboratory.
 *
 *     node datagram-probe.js ADDRESS PORT LENGTH [TTL]
 *
 * Prints the beginning of the answer and whether its end is what was sent, such as `web2 whole`, the code
 * of the error the host was told of, such as `ECONNREFUSED`, or `nothing` after a second.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";

const [address = "", port = "0", length = "0", ttl = "64"] = process.argv.slice(2);

const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
// A connected socket takes answers from the one asked alone, and hears of errors.
socket.connect(Number(port), address);
await once(socket, "connect");
socket.setTTL(Number(ttl));
const sent = randomBytes(Number(length)).toString("base64").slice(0, Number(length));
const said = Promise.race([
  once(socket, "message", { signal: AbortSignal.timeout(1000) }).then(([answer]) => {
    const [name = "", ...rest] = String(answer).split(" ");
    return `${name} ${rest.join(" ") === sent ? "whole" : "spoilt"}`;
  }),
  once(socket, "error").then(([error]) => String(error.code)),
]).catch((error: NodeJS.ErrnoException) => error.code ?? "nothing");
socket.send(sent);
const word = await said;
console.log(word === "ABORT_ERR" ? "nothing" : word);
socket.close();
