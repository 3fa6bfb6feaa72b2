/**
 * `uipvs replay`: what a director would do with the packets of a capture.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { sentenceOf } from "../base/sentence.ts";
import { DEFAULT_PROFILE, PROFILES, type ProfileName, profileNamed } from "../engine/profile.ts";
import { type Remark, remarkText } from "../keepalived/remark.ts";
import { DecisionSink } from "../replay/decision-sink.ts";
import { Replay, ReplayError } from "../replay/replay.ts";
import { isSameFile } from "../replay/same-file.ts";
import { summaryText } from "../replay/summary.ts";
import { isBrokenRules } from "../rules/read-rules.ts";
import { ProgressLine } from "./progress-line.ts";
import { CommandFailure, EXIT, remark, say } from "./terminal.ts";

interface ReplayCommandOptions {
  readonly rules: string;
  readonly in: string;
  readonly out?: string;
  readonly decisions?: string;
  readonly profile: ProfileName;
}

const HELP = `
The rules are lines as 'ipvsadm -S -n' writes them, a listing as JSON, or a keepalived.conf. The director's host is simulated: the address
of every service is its own, everything else is one hop away with an MTU of 1500. What the director
leaves to its host (verdict "accept") is not written. The same files give the same bytes.

A decision is one JSON object a line: n (the packet's number in the capture), time, verdict (forward,
accept or drop), reason, service, destination, method, connection (new, existing or none).

Exit status:
  0  all packets were decided
  1  a file could not be read or written
  2  rules, capture or command line are broken; nothing was written`;

const STDOUT = "-";

/** Adds `replay` to the program. */
export function register(program: Command): void {
  const command = program
    .command("replay")
    .summary("run a capture through a director")
    .description(
      "Have a director decide about the packets of a capture, at the capture's own times.",
    )
    .requiredOption("--rules <file>", "services and real servers")
    .requiredOption("--in <capture>", "packets, as pcap or pcapng")
    .option("--out <file>", "write what leaves, as pcap")
    .option("--decisions <file>", "write one JSON line a packet; - for the standard output")
    .addOption(
      new Option("--profile <release>", "kernel release to decide like")
        .choices(Object.keys(PROFILES))
        .default(DEFAULT_PROFILE.name),
    )
    .addHelpText("after", HELP)
    .action((options: ReplayCommandOptions) => run(command, options));
}

async function run(command: Command, options: ReplayCommandOptions): Promise<void> {
  refuseOverwriting(options);
  const replay = await prepare(command, options);
  const toOutput = (text: string) => command.configureOutput().writeOut?.(text);
  const decisions = new DecisionSink(options.decisions === STDOUT ? toOutput : options.decisions);
  const progress = new ProgressLine(command);
  try {
    const summary = await replay.run({
      output: options.out,
      onDecision: options.decisions === undefined ? undefined : (record) => decisions.add(record),
      onProgress: (done, total) =>
        progress.show(`${Math.floor((done * 100) / total)} % of ${total} packets`),
    });
    progress.clear();
    decisions.flush();
    // The standard output belongs to the decisions where they go there.
    const tell = options.decisions === STDOUT ? remark : say;
    tell(command, summaryText(summary));
  } finally {
    progress.clear();
    decisions.close();
  }
}

async function prepare(command: Command, options: ReplayCommandOptions): Promise<Replay> {
  const { rules, in: input, profile } = options;
  try {
    const onRemark = (each: Remark) => remark(command, remarkText(each));
    return await Replay.prepare({ rules, input, profile: profileNamed(profile), onRemark });
  } catch (error) {
    const broken = isBrokenRules(error) || error instanceof ReplayError;
    throw new CommandFailure(sentenceOf(error), broken ? EXIT.usage : EXIT.failure);
  }
}

/** Makes sure that no file is written that is read, or written twice. */
function refuseOverwriting(options: ReplayCommandOptions): void {
  const { rules, in: input, out, decisions } = options;
  const given: readonly (readonly [option: string, path: string])[] = [
    ["--rules", rules],
    ["--in", input],
    ...(out === undefined ? [] : [["--out", out] as const]),
    ...(decisions === undefined || decisions === STDOUT
      ? []
      : [["--decisions", decisions] as const]),
  ];
  for (const [index, [option, path]] of given.entries()) {
    for (const [earlier, other] of given.slice(0, index)) {
      if (option !== "--in" && isSameFile(path, other)) {
        throw new CommandFailure(
          `Cannot use "${path}" for ${option}: it is the file of ${earlier}`,
          EXIT.usage,
        );
      }
    }
  }
}
