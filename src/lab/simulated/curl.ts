/**
 * What stands in for curl(1) on a simulated host: one page by HTTP, with the options the labs use.
 *
 *     curl [-s] [-S] [-m SECONDS] [--interface ADDRESS] http://ADDRESS[:PORT]/[PATH]
 *
 * Source: curl(1), its exit codes and messages.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { askGate } from "./gate-client.ts";
import { HEAD_END } from "./web-server.ts";

/** Longest wait for a connection where none is given, in s. */
const USUAL_WAIT = 130;

const EXIT = { usage: 2, connect: 7, timeout: 28, receive: 56 } as const;

/** Ends with a message, unless it is to be silent. */
function fail(status: number, message: string, silent = false): never {
  if (!silent) process.stderr.write(`curl: (${status}) ${message}\n`);
  process.exit(status);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        silent: { type: "boolean", short: "s", default: false },
        "show-error": { type: "boolean", short: "S", default: false },
        "max-time": { type: "string", short: "m", default: String(USUAL_WAIT) },
        interface: { type: "string" },
      },
    });
  } catch (error) {
    return fail(EXIT.usage, `On a simulated host: ${(error as Error).message}`);
  }
}

const { values, positionals } = readArguments();
const silent = values.silent && !values["show-error"];
const [text = ""] = positionals;
const url = URL.canParse(text) ? new URL(text) : undefined;
if (url?.protocol !== "http:")
  fail(EXIT.usage, `A simulated host fetches http://… only, not "${text}"`);

const port = Number(url.port || 80);
const started = performance.now();
const elapsed = () => Math.round(performance.now() - started);
const patience = Number(values["max-time"]) * 1000;
setTimeout(() => {
  fail(EXIT.timeout, `Connection timed out after ${elapsed()} milliseconds`, silent);
}, patience);

const from = values.interface === undefined ? [] : [values.interface];
const socket = askGate(["connect", url.hostname, String(port), ...from]);
let received = "";
let asked = false;
const refused = () => {
  const message = `Failed to connect to ${url.hostname} port ${port} after ${elapsed()} ms: Could not connect to server`;
  fail(EXIT.connect, message, silent);
};
socket.setEncoding("latin1");
socket.on("data", (piece: string) => {
  received += piece;
  if (!asked) {
    const end = received.indexOf("\n");
    if (end < 0) return;
    if (received.slice(0, end) !== "ok") refused();
    received = received.slice(end + 1);
    asked = true;
    socket.write(`GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nAccept: */*\r\n\r\n`);
  }
  const head = received.indexOf(HEAD_END);
  if (head < 0) return;
  const length = Number(/^content-length: (\d+)/im.exec(received.slice(0, head))?.[1]);
  const body = received.slice(head + HEAD_END.length);
  if (body.length < length) return;
  // The connection is closed before the next command looks at it.
  socket.once("end", () => process.stdout.write(body, () => process.exit(0)));
  socket.end();
});
socket.on("error", () => fail(EXIT.receive, "Recv failure: Connection reset by peer", silent));
socket.on("close", () => {
  if (!asked) refused();
});
