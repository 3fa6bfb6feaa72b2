/**
 * The web client of the laboratory: a program of its own, run inside the client host.
 *
 * Reads one order a line (web-order.ts) and writes one answer a line as it arrives; orders do not
 * wait for each other. Says `ready` first. Ends when its input ends.
 *
 * @module
 */
import { Agent, get } from "node:http";
import { createInterface } from "node:readline";
import type { Milliseconds } from "../base/clock.ts";
import type { WebAnswer, WebOrder } from "./web-order.ts";
import { parsePage } from "./web-page.ts";

const TIMEOUT: Milliseconds = 3000;

/**
 * Local ports of requests with a connection of their own, below those the host draws from. Drawn ports repeat
 * now and then, and a director takes what comes from the port of an old connection for that connection's.
 */
const FIRST_PORT = 20000;
const PORTS = 12000;

/** Agents of the connections that stay open, by name: one socket each. */
const connections = new Map<string, Agent>();

function agentOf(connection: string | undefined): Agent | false {
  if (connection === undefined) return false;
  let agent = connections.get(connection);
  if (agent === undefined) {
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
    connections.set(connection, agent);
  }
  return agent;
}

function request(order: WebOrder): void {
  const start = performance.now();
  let told = false;
  const tell = (rest: Pick<WebAnswer, "server" | "client" | "fault">) => {
    if (told) return;
    told = true;
    const answer: WebAnswer = { id: order.id, time: performance.now() - start, ...rest };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  };
  const sent = get(
    {
      host: order.address,
      port: order.port,
      localAddress: order.from,
      localPort: order.connection === undefined ? FIRST_PORT + (order.id % PORTS) : undefined,
      agent: agentOf(order.connection),
      signal: AbortSignal.timeout(TIMEOUT),
    },
    (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      response.on("end", () => {
        tell(parsePage(text) ?? { fault: `answered by a stranger: "${text.slice(0, 60)}"` });
      });
      response.on("error", (error) => tell({ fault: error.message }));
    },
  );
  sent.on("error", (error) => tell({ fault: error.message }));
}

const orders = createInterface({ input: process.stdin });
orders.on("line", (line) => request(JSON.parse(line) as WebOrder));
orders.once("close", () => process.exit(0));
process.stdout.write("ready\n");
