/**
 * The parser under absurd input: whatever the words, there is a command, or one of ipvsadm's sentences.
 */
import t from "tap";
import { SeededRandom } from "../../src/base/random.ts";
import { parseCommandLine } from "../../src/ipvsadm/argv.ts";
import type { Command } from "../../src/ipvsadm/command.ts";
import { Failure } from "../../src/ipvsadm/failure.ts";
import * as messages from "../../src/ipvsadm/messages.ts";
import { OPTION_ORDER, OPTIONS } from "../../src/ipvsadm/options.ts";
import { ipv4Address } from "../../src/net/address.ts";
import { RandomLines } from "./random-lines.ts";

const LINES = 100_000;
const SEED = 20191224;

/** Stands for a quoted word while a pattern is made of a sentence. */
const ANYTHING = "<anything>";

/** A sentence the parser may end in, with the exit status that goes with it. */
interface Sentence {
  readonly name: string;
  readonly pattern: RegExp;
  readonly status: number;
}

function sentence(name: string, text: string, status = 2): Sentence {
  const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return { name, pattern: new RegExp(`^${escaped.replaceAll(ANYTHING, "[^]*")}$`), status };
}

/** Those about an option in the wrong place, for every option. */
function ruleSentences(): readonly Sentence[] {
  const names = `(${OPTION_ORDER.join("|")})`;
  const subject = "('[a-z-]+' command|'(ipip|gue|gre)' tunnel type)";
  return [
    { name: "missing option", text: `You need to supply the '${names}' option for the ${subject}` },
    { name: "illegal option", text: `Illegal '${names}' option with the ${subject}` },
    {
      name: "conflicting options",
      text: `The option '${names}' conflicts with the '${names}' option in the ${subject}`,
    },
  ].map(({ name, text }) => ({ name, pattern: new RegExp(`^${text}$`), status: 2 }));
}

const SENTENCES: readonly Sentence[] = [
  ...Object.entries(messages).flatMap(([name, text]) =>
    typeof text === "string" ? sentence(name, text) : [],
  ),
  sentence("try help", messages.tryHelp("ipvsadm"), 255),
  sentence("second command", messages.secondCommand(ANYTHING)),
  sentence("unexpected argument", messages.unexpectedArgument(ANYTHING)),
  sentence("invalid timeout", messages.invalidTimeout(ANYTHING)),
  sentence("invalid fwmark", messages.invalidFwmark(ANYTHING)),
  sentence("invalid IPv4 group", messages.invalidGroup(ANYTHING)),
  sentence("invalid IPv6 group", messages.invalidGroup(`${ANYTHING}:${ANYTHING}`)),
  sentence("invalid flag", messages.invalidSchedulerFlag(ANYTHING)),
  sentence("incompatible flag", messages.incompatibleSchedulerFlag(ANYTHING)),
  {
    name: "repeated option",
    pattern: new RegExp(`^multiple '(${OPTION_ORDER.join("|")})' options specified$`),
    status: 2,
  },
  ...ruleSentences(),
  sentence("unknown option", `${ANYTHING}: unknown option`, 255),
  sentence("missing argument", `${ANYTHING}: missing argument`, 255),
  sentence("needless argument", `${ANYTHING}: option does not take an argument`, 255),
];

/** Knows one host and one service. */
const LOOKUP = {
  addressOf: async (host: string) => (host === "vip" ? ipv4Address(0xc000020a) : undefined),
  portOf: async (service: string, protocol: number) =>
    service === "http" && protocol === 6 ? 80 : undefined,
};

/** Returns what a line came to, and throws whatever is thrown but a Failure. */
function parse(argv: readonly string[], restoring: boolean): Promise<Command | Failure> {
  const context = { program: "ipvsadm", posixOrder: false, restoring, lookup: LOOKUP };
  return parseCommandLine(argv, context).catch((error: unknown) => {
    if (error instanceof Failure) return error;
    throw new Error(`Threw no Failure for ${JSON.stringify(argv)}`, { cause: error });
  });
}

/** Returns the first number of a command that is out of the range of any such number, by its path. */
function badNumber(value: unknown, path = ""): string | undefined {
  if (typeof value === "number") {
    const fine = Number.isSafeInteger(value) && value >= 0 && value <= 0xffffffff;
    const tooLarge = /port$/i.test(path) && value > 65535;
    return fine && !tooLarge ? undefined : `${path} is ${value}`;
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const bad = badNumber(member, `${path}.${name}`);
    if (bad !== undefined) return bad;
  }
  return undefined;
}

t.test(`${LINES} random lines end in a command or a known sentence`, async (t) => {
  const lines = new RandomLines(new SeededRandom(SEED));
  const verbs = new Set<string>();
  const said = new Set<string>();
  for (let index = 0; index < LINES; index++) {
    const argv = lines.next();
    const result = await parse(argv, index % 10 === 0);
    const words = JSON.stringify(argv);
    if (result instanceof Failure) {
      const known = SENTENCES.find(({ pattern }) => pattern.test(result.message));
      if (known === undefined) t.fail(`an unknown sentence for ${words}: ${result.message}`);
      else if (known.status !== result.status) t.fail(`status ${result.status} for ${words}`);
      else said.add(known.name);
    } else {
      verbs.add(result.verb);
      const bad = badNumber(result);
      if (bad !== undefined) t.fail(`${bad} for ${words}`);
    }
  }
  // Otherwise the lines were not random enough to say anything.
  const commands = new Set(OPTIONS.flatMap(({ command }) => command ?? []));
  t.same([...verbs].sort(), [...commands].sort(), "every command was reached");
  const unsaid = SENTENCES.filter(({ name }) => !said.has(name)).map(({ name }) => name);
  t.same(unsaid, [], "every sentence was said");
});
