/**
 * The `uipvs` command.
 *
 * Every sub-command is a file of its own that registers itself, and is loaded only when it is called
 * or listed. This file alone prints and sets the exit status: 0 for success, 1 for a failure, 2 for a
 * call that cannot be understood, and what a sub-command's help lists besides.
 *
 * @module
 */
import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { sentenceOf } from "../base/sentence.ts";
import { CommandFailure, EXIT } from "./terminal.ts";

/** What the file of a sub-command exports. */
export interface SubCommand {
  /** Adds the sub-command to `program`. */
  register(program: Command): void;
}

/** Sub-commands in the order of the help. */
export const SUB_COMMANDS: Readonly<Record<string, () => Promise<SubCommand>>> = {
  up: () => import("./up.ts"),
  down: () => import("./down.ts"),
  status: () => import("./status.ts"),
  top: () => import("./top.ts"),
  web: () => import("./web.ts"),
  sysctl: () => import("./sysctl.ts"),
  procfs: () => import("./procfs.ts"),
  ipvsadm: () => import("./ipvsadm.ts"),
  import: () => import("./import.ts"),
  lint: () => import("./lint.ts"),
  diff: () => import("./diff.ts"),
  apply: () => import("./apply.ts"),
  shell: () => import("./shell.ts"),
  explain: () => import("./explain.ts"),
  trace: () => import("./trace.ts"),
  pcap: () => import("./pcap.ts"),
  test: () => import("./test.ts"),
  replay: () => import("./replay.ts"),
  bench: () => import("./bench.ts"),
  parity: () => import("./parity.ts"),
  lab: () => import("./lab.ts"),
  demo: () => import("./demo.ts"),
};

/** Exit status of a program whose reader went away, as a shell reports SIGPIPE. */
const STATUS_BROKEN_PIPE = 141;

const DESCRIPTION = `A userspace, IPVS-compatible load-balancer dataplane.

It takes the configuration of a Linux Virtual Server, makes the decisions the
kernel would make, and forwards real packets, without a kernel module.`;

const EXAMPLE = `
Example:
  uipvs up -d                                          start a director
  uipvs ipvsadm -A -t 192.0.2.1:80 -s wlc              add a service
  uipvs ipvsadm -a -t 192.0.2.1:80 -r 10.0.0.2:80 -m   add a real server
  uipvs ipvsadm -L -n                                  list what there is
  uipvs status                                         see what passed and what was dropped
  uipvs down                                           end the director, leave nothing behind`;

/**
 * Runs the command with the words that follow its name, and sets the exit status of the process.
 *
 * Returns when the command is done; never throws.
 */
export async function main(words: readonly string[]): Promise<void> {
  // A reader that has seen enough, such as head(1), ends no director: it has to clean up.
  process.stdout.on("error", () => {
    process.exitCode = STATUS_BROKEN_PIPE;
  });
  process.stderr.on("error", () => undefined);
  try {
    const program = await createProgram(words);
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Makes the program with the sub-command that is called, or with all of them where none is. */
async function createProgram(words: readonly string[]): Promise<Command> {
  const program = new Command("uipvs")
    .description(DESCRIPTION)
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EXAMPLE)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, "uipvs: ")),
    });
  // The first option decides, and this one needs none of them.
  if (words[0] === "-V" || words[0] === "--version") return program;
  const called = words.find((word) => !word.startsWith("-")) ?? "";
  const load = Object.hasOwn(SUB_COMMANDS, called) ? SUB_COMMANDS[called] : undefined;
  const loads = load === undefined ? Object.values(SUB_COMMANDS) : [load];
  for (const subCommand of await Promise.all(loads.map((each) => each()))) {
    subCommand.register(program);
  }
  return program;
}

/** Says what went wrong, unless that was done, and returns the exit status. */
function report(error: unknown): number {
  // The parser has printed its sentence, or the help or version it was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.success : EXIT.usage;
  const said = sentenceOf(error);
  if (said !== "") process.stderr.write(`uipvs: ${said}\n`);
  return error instanceof CommandFailure ? error.exitCode : EXIT.failure;
}

function packageVersion(): string {
  const manifest = createRequire(import.meta.url)("uipvs/package.json") as { version: string };
  return manifest.version;
}
