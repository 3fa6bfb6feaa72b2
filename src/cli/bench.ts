/**
 * `uipvs bench`: how schedulers do on a workload, in virtual time, with the real engine.
 *
 * What the command needs is loaded when it runs, as the help of all commands needs none of it.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";

/** How results are told. */
export interface OutputOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly lines?: boolean;
  readonly html?: string;
}

/** The options of the command. */
export interface BenchOptions extends OutputOptions {
  readonly rules?: string;
  readonly service?: string;
  readonly capture?: string;
  readonly decisions?: string;
  readonly compare?: readonly string[];
  readonly connections?: number;
  readonly seed?: number;
  readonly repeat?: number;
  readonly set: readonly Assignment[];
  readonly sweep: readonly Assignment[];
  readonly threads?: number;
  readonly shard?: string;
  readonly baseline?: string;
  readonly tolerance: number;
  readonly timing: boolean;
  readonly list?: boolean;
}

/** A path in a workload, and the text behind the equals sign. */
export type Assignment = readonly [path: string, text: string];

const HELP = `
Workloads come with the program (--list), or are files of YAML or JSON; docs/bench.md describes them. With
--rules the workload meets a service of yours: lines as 'ipvsadm -S -n' writes them, a listing as JSON, or
a keepalived.conf. With --capture the connections are those of a capture.

The same workload and seed give the same figures, but for times of this machine (--no-timing leaves
them out).

Exit status:
  0  all runs were done
  1  a figure is worse than in the baseline, or a file could not be read or written
  2  workload, rules, capture or command line cannot be understood`;

/** Adds `bench` to the program. */
export function register(program: Command): void {
  const command = program
    .command("bench")
    .summary("compare schedulers on a workload")
    .description("Compare schedulers on a workload, in virtual time, with the real engine.")
    .argument("[workload]", 'name or file of the workload (default: "web")')
    .option("--rules <file>", "take servers, weights, scheduler and persistence from these rules")
    .option("--service <service>", "ADDRESS:PORT or firewall mark, where the rules have several")
    .option("--capture <file>", "run the packets of a capture, pcap or pcapng, through the rules")
    .option(
      "--decisions <file>",
      "of a capture: write one JSON line a packet; - for the standard output",
    )
    .option("--compare <schedulers>", "schedulers, separated by commas; or all", names)
    .option("--connections <n>", "connections of a run", wholeNumber)
    .option("--seed <n>", "seed of all chance", wholeNumber)
    .option("--repeat <n>", "runs with different seeds, for intervals of 95 %", wholeNumber)
    .option("--set <path=value>", "change a value of the workload; may be repeated", assignment, [])
    .option(
      "--sweep <path=values>",
      "try values, separated by commas; may be repeated",
      assignment,
      [],
    )
    .option("--threads <n>", "threads to use; as many as there are cores", wholeNumber)
    .option("--shard <i/n>", "do one part of the runs: I/N, auto/N or auto; implies --lines")
    .option("--baseline <file>", "compare with what --json wrote; fail where a figure is worse")
    .addOption(
      new Option("--tolerance <percent>", "how much worse a figure may be")
        .argParser(percent)
        .default(2),
    )
    .option("--no-timing", "leave out times of this machine")
    .option("--list", "list the workloads that come with the program");
  outputOptions(command)
    .addHelpText("after", HELP)
    .action(async (workload: string | undefined, options: BenchOptions) => {
      const { run } = await import("./bench-run.ts");
      await run(command, workload, options);
    });
  const merge = command
    .command("merge")
    .summary("join the results of shards")
    .description("Join what shards wrote into what one process would have given.")
    .argument("<files...>", "lines of all shards");
  outputOptions(merge).action(async (files: readonly string[], options: OutputOptions) => {
    const { runMerge } = await import("./bench-run.ts");
    await runMerge(merge, files, options);
  });
}

function outputOptions(command: Command): Command {
  return command
    .addOption(new Option("--json", "print all results as JSON").conflicts(["csv", "lines"]))
    .addOption(new Option("--csv", "print a line of figures a run").conflicts("lines"))
    .option("--lines", "print a JSON line a run, for `uipvs bench merge'")
    .option("--html <file>", "write a page with charts");
}

function names(text: string): readonly string[] {
  return text.split(",");
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}

function percent(text: string): number {
  const value = Number(text);
  if (!(value >= 0) || text.trim() === "") throw new InvalidArgumentError("It must be 0 or more.");
  return value;
}

function assignment(text: string, before: readonly Assignment[]): readonly Assignment[] {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It must be PATH=VALUE, such as arrivals.rate=100.");
  return [...before, [text.slice(0, at), text.slice(at + 1)]];
}
