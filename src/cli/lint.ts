/**
 * `uipvs lint`: what will surprise, before it does.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { sentenceOf } from "../base/sentence.ts";
import { SCHEMA } from "../ipvsadm/json/vocabulary.ts";
import {
  type Finding,
  findingText,
  isAtLeast,
  SEVERITIES,
  type Severity,
} from "../lint/finding.ts";
import { lint } from "../lint/lint.ts";
import { surroundings } from "../rules/read-wanted.ts";
import { readText } from "./rules-plan.ts";
import { CommandFailure, EXIT, say } from "./terminal.ts";

const HELP = `
FILE is a keepalived.conf, with what it includes, or a file of commands as \`ipvsadm -S'
writes them; "-" is standard input. The rules are described in docs/lint.md.

Exit status:
  0  nothing was found that is as bad as --fail-on says
  1  something was
  2  the file cannot be read or understood, or the command line is wrong`;

interface Options {
  readonly json?: true;
  readonly failOn: Severity | "never";
  readonly configId?: string;
}

/** Adds `lint` to the program. */
export function register(program: Command): void {
  const command = program
    .command("lint")
    .summary("say what will surprise in a keepalived.conf or file of rules")
    .description("Look for what will surprise in a keepalived.conf or a file of rules.")
    .argument("<file>", "keepalived.conf or file of rules, or - for standard input")
    .option("--json", "as JSON")
    .addOption(
      new Option("--fail-on <severity>", "what to end with status 1 for")
        .choices([...SEVERITIES, "never"])
        .default("warning"),
    )
    .option(
      "-i, --config-id <id>",
      "take lines that begin with @id (default: the host's name up to its first dot)",
    )
    .addHelpText("after", HELP)
    .action(async (file: string, { json, failOn, configId }: Options) => {
      const findings = await findingsIn(file, configId);
      if (json) say(command, JSON.stringify(documentOf(file, findings), undefined, 2));
      else for (const finding of findings) say(command, findingText(finding));
      if (failOn !== "never" && findings.some((each) => isAtLeast(each, failOn))) {
        throw new CommandFailure("", EXIT.failure);
      }
    });
}

async function findingsIn(file: string, configId: string | undefined): Promise<readonly Finding[]> {
  try {
    const { path, text } = await readText(file);
    return await lint(path, text, surroundings(configId));
  } catch (error) {
    throw new CommandFailure(sentenceOf(error), EXIT.usage);
  }
}

function documentOf(file: string, findings: readonly Finding[]): object {
  return {
    schema: SCHEMA.lint,
    file,
    findings: findings.map(({ rule, severity, at, message }) => ({
      rule,
      severity,
      file: at.path,
      line: at.line,
      column: at.column,
      message,
    })),
  };
}
