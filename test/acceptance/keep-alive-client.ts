/**
 * A client that keeps connections open: a program of its own, run inside a host of the laboratory.
 *
 *     node keep-alive-client.js ADDRESS PORT COUNT
 *
 * Opens as many connections, has one request answered on each and says `ready`. When its input ends it makes
 * one more on each, and says on how many it was answered.
 *
 * @module
 */
import { connect, type Socket } from "node:net";

/** How long an answer may take, in ms. */
const PATIENCE = 15_000;

const [address = "", port = "80", count = "1"] = process.argv.slice(2);
const REQUEST = `GET / HTTP/1.1\r\nHost: ${address}\r\n\r\n`;

/** Makes a request; whether it was answered. */
function isAnswered(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const impatience = setTimeout(() => end(false), PATIENCE);
    const end = (answered: boolean) => {
      clearTimeout(impatience);
      socket.removeAllListeners("data");
      socket.removeAllListeners("close");
      resolve(answered);
    };
    socket.once("data", () => end(true));
    socket.once("close", () => end(false));
    socket.write(REQUEST);
  });
}

const sockets = Array.from({ length: Number(count) }, () => {
  const socket = connect({ host: address, port: Number(port) });
  socket.on("error", () => {});
  return socket;
});

async function answered(): Promise<number> {
  const outcomes = await Promise.all(sockets.map(isAnswered));
  return outcomes.filter((outcome) => outcome).length;
}

console.log((await answered()) === sockets.length ? "ready" : "not all answered");
process.stdin.resume();
await new Promise((resolve) => process.stdin.once("end", resolve));
console.log(String(await answered()));
process.exit(0);
