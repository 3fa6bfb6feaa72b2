/**
 * `uipvs top`: what happens, on a terminal.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { IpvsError } from "../base/error.ts";
import type { Backend } from "../control/backend.ts";
import { type BackendChoice, openBackend } from "../control/backend-choice.ts";
import { unanswered } from "../ipvsadm/messages.ts";
import { ConnectionSnapshots, LiveReader } from "../live/index.ts";
import { screenLines } from "../top/screen.ts";
import { timeOfDay } from "../top/time-of-day.ts";
import { FIRST_VIEW, SERVICE_SORTS, type ServiceSort, type View } from "../top/view.ts";
import { addBackendOptions, type BackendOptions, chosenBackend } from "./backend-option.ts";
import { CommandFailure, EXIT, say } from "./terminal.ts";
import { paint, wantsColor } from "./terminal-color.ts";

/** Bounds of --interval, in s. */
const LEAST_INTERVAL = 0.2;
const MOST_INTERVAL = 3600;
/** Columns where nobody looks at a terminal. */
const WIDE = 200;

const HELP = `
Keys: q quits, c shows connections or services, s sorts by the next column, r reverses,
/ filters connections, the arrows scroll, h explains.

Rates are those of ipvsadm --rate. Where the output is no terminal everything is printed
once, as with --once.

Exit status:
  0  it was ended by a key or a signal; with --once or --json, everything was printed
  1  whoever answers refused, or went away
  2  nobody answers, or the command line is wrong`;

interface Options extends BackendOptions {
  readonly connections?: true;
  readonly sort: ServiceSort;
  readonly interval: number;
  readonly once?: true;
  readonly json?: true;
}

/** Adds `top` to the program. */
export function register(program: Command): void {
  const command = program
    .command("top")
    .summary("watch services, real servers and connections")
    .description("Watch what passes through services and real servers, and the connections.")
    .option("-c, --connections", "begin with the connections")
    .addOption(
      new Option("--sort <column>", "begin with services in this order")
        .choices(SERVICE_SORTS)
        .default(SERVICE_SORTS[0]),
    )
    .option("--interval <seconds>", "time between two looks", interval, 2)
    .option("--once", "print once, as plain text")
    .option("--json", "print once, as JSON: services, real servers, totals")
    .addHelpText("after", HELP)
    .action(async (options: Options) => {
      const choice = chosenBackend(options);
      const backend = await opened(choice);
      try {
        await top(command, backend, choice, options);
      } catch (error) {
        if (error instanceof IpvsError || error instanceof CommandFailure) throw error;
        throw new CommandFailure(unanswered(choice, error));
      } finally {
        await backend.close();
      }
    });
  addBackendOptions(command);
}

async function opened(choice: BackendChoice): Promise<Backend> {
  try {
    return await openBackend(choice);
  } catch (error) {
    throw new CommandFailure(unanswered(choice, error), EXIT.usage);
  }
}

async function top(
  command: Command,
  backend: Backend,
  choice: BackendChoice,
  options: Options,
): Promise<void> {
  const { stdin, stdout } = process;
  const view: View = {
    ...FIRST_VIEW,
    shows: options.connections ? "connections" : "services",
    sort: options.sort,
  };
  if (options.json) {
    const state = await new LiveReader(backend).read();
    say(command, JSON.stringify({ schema: "uipvs/top/1", ...state }, undefined, 2));
    return;
  }
  const whose = choice.name === "kernel" ? "kernel" : "director";
  if (options.once || !stdout.isTTY || !stdin.isTTY) {
    say(command, (await printed(backend, whose, view)).join("\n"));
    return;
  }
  const { runTop } = await import("../top/run-top.ts");
  await runTop({
    backend,
    whose,
    view,
    interval: options.interval * 1000,
    input: stdin,
    output: stdout,
    paint: paint(wantsColor(stdout, process.env)),
    signal: endingSignal(),
  });
}

async function printed(backend: Backend, whose: string, view: View): Promise<readonly string[]> {
  const state = await new LiveReader(backend).read();
  const connections =
    view.shows === "connections"
      ? await new ConnectionSnapshots(() => backend.statusFile("ip_vs_conn")).page({
          offset: 0,
          limit: Number.MAX_SAFE_INTEGER,
          maxAge: 0,
        })
      : undefined;
  const shown = { state, connections, whose, time: timeOfDay() };
  return screenLines(shown, view, paint(false), { width: process.stdout.columns ?? WIDE });
}

function endingSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => controller.abort());
  }
  return controller.signal;
}

function interval(text: string): number {
  const value = Number(text);
  if (!/^[\d.]+$/.test(text) || !(value >= LEAST_INTERVAL && value <= MOST_INTERVAL)) {
    throw new InvalidArgumentError(`Must be ${LEAST_INTERVAL}–${MOST_INTERVAL} seconds.`);
  }
  return value;
}
