/**
 * `uipvs demo`: a laboratory with a client, a director and three web servers, and what happens in it.
 *
 * @module
 */
import type { Command } from "commander";
import { screenOf } from "../lab/demo/draw.ts";
import { runDemo, STATUS_EXPECTED } from "../lab/demo/run.ts";

const HELP = `
The hosts are network namespaces, for root or in a user namespace of yours; where neither can
be had, the same story is told with simulated hosts on a memory device.

Exit status:
  0  everything went as expected
  1  something differed, or the laboratory failed; the output says what
  2  the command line is wrong`;

interface Options {
  readonly keep?: boolean;
  readonly simulate?: boolean;
}

/** Adds `demo` to the program. */
export function register(program: Command): void {
  program
    .command("demo")
    .summary("see NAT, DR, TUN, draining and persistence with real packets")
    .description(
      "Build a laboratory, start a director in it, and watch which real server answers: with NAT, " +
        "direct routing and tunnelling, while one is drained, and with persistence.",
    )
    .option("--keep", "leave the laboratory up, and say how to enter it")
    .option("--simulate", "use simulated hosts even where namespaces can be had")
    .addHelpText("after", HELP)
    .action(async ({ keep = false, simulate = false }: Options) => {
      const screen = screenOf(process.stdout, process.env);
      const status = await runDemo({ keep, simulate }, screen);
      // The story has been told, with what was different in it: no sentence is left to say.
      if (status !== STATUS_EXPECTED) process.exitCode = status;
    });
}
