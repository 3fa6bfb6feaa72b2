/**
 * `uipvs explain`: what a director would do with a packet, and why.
 *
 * @module
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { sentenceOf } from "../base/sentence.ts";
import type { Explanation } from "../engine/explain/explanation.ts";
import { packetOf, type Question } from "../engine/explain/question.ts";
import { DEFAULT_PROFILE, PROFILES, type ProfileName, profileNamed } from "../engine/profile.ts";
import { type Remark, remarkText } from "../keepalived/remark.ts";
import { parseAddress } from "../net/address.ts";
import { type Endpoint, parseEndpoint } from "../net/endpoint.ts";
import { SCTP, TCP, UDP } from "../net/protocol.ts";
import { simulatedDirector } from "../replay/simulated-director.ts";
import { isBrokenRules } from "../rules/read-rules.ts";
import * as tcp from "../wire/tcp.ts";
import { following } from "./director.ts";
import { explanationText } from "./format-explanation.ts";
import { addSocketOption, chosenSocket } from "./socket-option.ts";
import { CommandFailure, EXIT, remark, say } from "./terminal.ts";
import { wantsColor } from "./terminal-color.ts";

const HELP = `
CLIENT is an address, alone (port 40000) or with a port; SERVICE is where the client sends
to, whatever service that is. IPv6 addresses with a port stand in brackets. The packet is
the first of a flow: a TCP SYN, an SCTP INIT, or an empty UDP datagram.

A running director is not disturbed: no counter moves, no turn is taken, nothing is
remembered. With --rules no director runs; the host is simulated as for uipvs replay, and
there are no connections yet. Each step names the rule it follows, a part of
docs/behaviour.md.

Examples:
  uipvs explain 203.0.113.7 tcp 192.168.1.100:80
  uipvs explain 203.0.113.7:40001 tcp 192.168.1.100:80 --flags FIN,ACK
  uipvs explain --rules rules.txt 203.0.113.7 udp 198.51.100.5:53 --fwmark 1 --json

Exit status:
  0  a real server would get the packet
  1  nobody would, or it cannot be explained
  2  no director answers, or the command line or the rules are wrong`;

const PROTOCOLS: Readonly<Record<string, number>> = { tcp: TCP, udp: UDP, sctp: SCTP };
const TCP_FLAGS: Readonly<Record<string, number>> = {
  FIN: tcp.FIN,
  SYN: tcp.SYN,
  RST: tcp.RST,
  PSH: tcp.PSH,
  ACK: tcp.ACK,
  URG: tcp.URG,
  ECE: tcp.ECE,
  CWR: tcp.CWR,
};

const CLIENT_PORT = 40000;
const MAX_MARK = 0xffffffff;
const MAX_PAYLOAD = 65475;

interface Options {
  readonly rules?: string;
  readonly fwmark?: number;
  readonly flags?: number;
  readonly payload: number;
  readonly ttl: number;
  readonly mayFragment?: true;
  readonly profile: ProfileName;
  readonly json?: true;
  readonly socket?: string;
}

/** Adds `explain` to the program. */
export function register(program: Command): void {
  const command = program
    .command("explain")
    .summary("say where a client's packet would go, and why")
    .description(
      "Say what a director would do with a client's packet: which service and\n" +
        "connection it finds, which real servers stood with which figures, why each was\n" +
        "passed over, and what would be sent where.",
    )
    .argument("<client>", "ADDRESS or ADDRESS:PORT")
    .argument("<protocol>", "tcp, udp or sctp", protocolNumber)
    .argument("<service>", "ADDRESS:PORT")
    .option(
      "--rules <file>",
      "ask about these rules: a file as `uipvs ipvsadm -S -n' writes it, or a keepalived.conf",
    )
    .addOption(
      new Option("--profile <release>", "with --rules: kernel release to decide like")
        .choices(Object.keys(PROFILES))
        .default(DEFAULT_PROFILE.name),
    )
    .option("-f, --fwmark <mark>", "firewall mark of the packet", number(1, MAX_MARK))
    .option("--flags <list>", "TCP flags, such as SYN or FIN,ACK (default: SYN)", flagBits)
    .option("--payload <bytes>", "bytes behind the transport header", number(0, MAX_PAYLOAD), 0)
    .option("--ttl <hops>", "hops the packet may still make", number(0, 255), 64)
    .option("--may-fragment", "routers may cut the packet (IPv4)")
    .option("--json", "as JSON")
    .addHelpText("after", HELP)
    .action(async (client: string, protocol: number, service: string, options: Options) => {
      const packet = asked(client, protocol, service, options);
      const explanation = await explained(command, packet, options);
      say(
        command,
        options.json
          ? JSON.stringify(explanation, undefined, 2)
          : explanationText(explanation, { color: wantsColor(process.stdout, process.env) }),
      );
      if (!isServed(explanation)) throw new CommandFailure("", EXIT.failure);
    });
  addSocketOption(command);
}

/** Whether a real server, or who takes a real server's place, gets the packet. */
function isServed({ outcome }: Explanation): boolean {
  if (outcome.byChance || outcome.verdict === "forward") return true;
  return outcome.verdict === "accept" && outcome.server !== null;
}

/** Returns the packet of a question. @throws CommandFailure for one that makes no sense */
function asked(client: string, protocol: number, service: string, options: Options): Uint8Array {
  const { flags, payload, ttl, mayFragment } = options;
  if (flags !== undefined && protocol !== TCP) {
    throw new CommandFailure("Cannot use --flags: only TCP has them", EXIT.usage);
  }
  try {
    const question: Question = {
      protocol,
      client: clientEnd(client),
      service: parseEndpoint(service),
      flags,
      payload,
      hopLimit: ttl,
      dontFragment: mayFragment !== true,
    };
    return packetOf(question);
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof RangeError)) throw error;
    throw new CommandFailure(error.message, EXIT.usage);
  }
}

function clientEnd(text: string): Endpoint {
  const hasPort = text.startsWith("[") || /^[^:]*:[^:]*$/.test(text);
  return hasPort ? parseEndpoint(text) : { address: parseAddress(text), port: CLIENT_PORT };
}

async function explained(
  command: Command,
  packet: Uint8Array,
  options: Options,
): Promise<Explanation> {
  const mark = options.fwmark ?? 0;
  if (options.rules === undefined) {
    return following(chosenSocket(options.socket), (director) =>
      director.explain({ packet, mark }),
    );
  }
  try {
    const onRemark = (each: Remark) => remark(command, remarkText(each));
    const profile = profileNamed(options.profile);
    const { director } = await simulatedDirector(options.rules, profile, { onRemark });
    return director.explain(packet, { mark })!;
  } catch (error) {
    throw new CommandFailure(sentenceOf(error), isBrokenRules(error) ? EXIT.usage : EXIT.failure);
  }
}

function protocolNumber(text: string): number {
  const protocol = Object.hasOwn(PROTOCOLS, text) ? PROTOCOLS[text] : undefined;
  if (protocol === undefined) throw new InvalidArgumentError("Must be tcp, udp or sctp.");
  return protocol;
}

function flagBits(text: string): number {
  let bits = 0;
  for (const name of text.toUpperCase().split(",")) {
    const bit = Object.hasOwn(TCP_FLAGS, name) ? TCP_FLAGS[name] : undefined;
    if (bit === undefined) {
      throw new InvalidArgumentError(`Must be of ${Object.keys(TCP_FLAGS).join(", ")}.`);
    }
    bits |= bit;
  }
  return bits;
}

function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`Must be a whole number, ${least}–${most}.`);
    }
    return value;
  };
}
