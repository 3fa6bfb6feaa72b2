/**
 * `uipvs trace`: follows the packets of a director as it decides about them.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Command, InvalidArgumentError } from "commander";
import type { ExplainClient } from "../control/explain-client.ts";
import type { ToldTrace } from "../control/explain-services.ts";
import { parseTraceFilter } from "../control/trace-filter.ts";
import { following } from "./director.ts";
import { traceText } from "./format-trace.ts";
import { addSocketOption, chosenSocket } from "./socket-option.ts";
import { CommandFailure, EXIT, remark, say } from "./terminal.ts";
import { wantsColor } from "./terminal-color.ts";

/** How often the director is asked for more, in ms. */
const INTERVAL = 100;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 100_000;

const HELP = `
A line tells of one packet: when it came, from where to where, whether it belongs to a
connection, and what became of it. With -v all steps follow, as uipvs explain tells them,
with every real server a scheduler looked at. What more packets there are than --limit
allows a second is counted, and told at the end. Packets never wait for a trace.

SERVICE is an address and port, or a firewall mark; SERVER an address, with a port or not;
PREFIX an address, with a prefix length or not.

Examples:
  uipvs trace --client 203.0.113.0/24
  uipvs trace --service 192.168.1.100:80 --count 10 -v
  uipvs trace --server 10.0.0.2 --limit 1000 --json | jq .outcome.reason

Exit status:
  0  told of as many packets as wanted, or told to end
  1  the director refuses, or has ended
  2  no director answers, or the command line is wrong`;

interface Options {
  readonly client?: string;
  readonly service?: string;
  readonly server?: string;
  readonly limit: number;
  readonly count?: number;
  readonly verbose?: true;
  readonly json?: true;
  readonly socket?: string;
}

/** Adds `trace` to the program. */
export function register(program: Command): void {
  const command = program
    .command("trace")
    .summary("follow packets as they are decided about")
    .description("Follow the packets of a running director, until SIGINT or SIGTERM.")
    .option("--client <prefix>", "only packets from or to these clients")
    .option("--service <service>", "only packets of this service")
    .option("--server <server>", "only packets of this real server")
    .option("--limit <number>", "packets told of a second at most", whole(MAX_LIMIT), DEFAULT_LIMIT)
    .option("--count <number>", "end after so many packets", whole(Number.MAX_SAFE_INTEGER))
    .option("-v, --verbose", "tell of every step, and of every real server looked at")
    .option("--json", "as JSON, a line a packet")
    .addHelpText("after", HELP)
    .action(async (options: Options) => {
      checkFilter(options);
      const ending = new AbortController();
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
        process.on(signal, () => ending.abort());
      }
      // Whoever read the lines has gone.
      process.stdout.on("error", () => ending.abort());
      await following(chosenSocket(options.socket), (director) =>
        follow(command, director, options, ending.signal),
      );
    });
  addSocketOption(command);
}

function checkFilter(options: Options): void {
  try {
    parseTraceFilter(options);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CommandFailure(error.message, EXIT.usage);
  }
}

async function follow(
  command: Command,
  director: ExplainClient,
  options: Options,
  signal: AbortSignal,
): Promise<void> {
  const { client, service, server, limit, verbose = false } = options;
  const trace = await director.startTrace({ client, service, server, limit, candidates: verbose });
  const color = wantsColor(process.stdout, process.env);
  const text = (record: ToldTrace): string =>
    options.json ? JSON.stringify(record) : traceText(record, { color, verbose });
  let left = options.count ?? Number.POSITIVE_INFINITY;
  let lost = 0;
  while (left > 0) {
    const told = await director.readTrace(trace);
    const records = told.records.slice(0, left);
    left -= records.length;
    lost += told.lost;
    for (const record of records) say(command, text(record));
    if (signal.aborted) break;
    if (left > 0) await sleep(INTERVAL, undefined, { signal }).catch(() => {});
  }
  await director.stopTrace(trace);
  if (lost > 0) remark(command, `${lost} packets more than could be told of (see --limit)`);
}

function whole(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < 1 || value > most) {
      throw new InvalidArgumentError(`Must be a whole number, 1–${most}.`);
    }
    return value;
  };
}
