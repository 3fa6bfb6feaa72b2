/**
 * A client that sends UDP datagrams, each after the answer to the one before: a program of its own, run
 * inside a host of the laboratory.
 *
 *     node datagram-client.js ADDRESS PORT SOCKETS COUNT
 *
 * Sends COUNT datagrams from each of SOCKETS sockets, one socket after the other, and prints the answers
 * as JSON: an array for each socket (datagram-answer.ts). A socket gives up when an answer does not come.
 *
 * @module
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Milliseconds } from "../../src/base/clock.ts";
import type { DatagramAnswer } from "./datagram-answer.ts";

const TIMEOUT: Milliseconds = 1000;

const [address = "", port = "0", sockets = "1", count = "1"] = process.argv.slice(2);

/** Sends one datagram and returns what comes back, from wherever it comes. */
async function ask(socket: Socket, text: string): Promise<DatagramAnswer | undefined> {
  const answered = once(socket, "message", { signal: AbortSignal.timeout(TIMEOUT) });
  socket.send(text, Number(port), address);
  try {
    const [content, sender] = (await answered) as [Buffer, RemoteInfo];
    const [server = "", ...words] = content.toString().split(" ");
    return { server, text: words.join(" "), from: `${sender.address}:${sender.port}` };
  } catch {
    return undefined;
  }
}

const all: DatagramAnswer[][] = [];
for (let index = 0; index < Number(sockets); index++) {
  const socket = createSocket("udp4");
  const answers: DatagramAnswer[] = [];
  for (let sent = 0; sent < Number(count); sent++) {
    const answer = await ask(socket, `datagram ${sent} of socket ${index}`);
    if (answer === undefined) break;
    answers.push(answer);
  }
  all.push(answers);
  socket.close();
}
console.log(JSON.stringify(all));
