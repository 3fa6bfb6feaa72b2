/**
 * The text of `uipvs explain`, and of the steps of `uipvs trace`.
 *
 * @module
 */
import type {
  CandidateFigures,
  ConnectionFigures,
  Explanation,
  Outcome,
  PacketFigures,
  ServiceName,
  Step,
} from "../engine/explain/explanation.ts";
import type { Figures } from "../engine/scheduler.ts";
import {
  answerText,
  BASIS_WORDS,
  endText,
  FATE_WORDS,
  LOOK_UP_WORDS,
  METHOD_WORDS,
  REJECTION_WORDS,
  REUSE_WORDS,
  STANDING_WORDS,
  sentText,
} from "./explanation-words.ts";
import { type Paint, paint } from "./terminal-color.ts";

/** Columns the name of a step takes. */
const NAME_WIDTH = 13;

/** Returns the lines of an explanation, without the last newline. */
export function explanationText(
  explanation: Explanation,
  { color }: { readonly color: boolean },
): string {
  const paints = paint(color);
  const { packet, steps, outcome } = explanation;
  return [
    paints.bold(packetText(packet)),
    "",
    ...stepLines(steps, paints),
    "",
    ...outcomeLines(outcome, paints),
  ].join("\n");
}

/** Returns a packet in one line. */
export function packetText(packet: PacketFigures): string {
  const { protocol, source, destination, fwmark, flags, length, hopLimit } = packet;
  const parts = [
    `${String(protocol).toUpperCase()} ${endText(source)} > ${endText(destination)}`,
    ...(flags === null ? [] : [flags || "no flags"]),
    ...(fwmark === null ? [] : [`mark ${fwmark}`]),
    `${length} bytes`,
    `TTL ${hopLimit}`,
  ];
  return parts.join(", ");
}

/** Returns the lines of all steps. */
export function stepLines(steps: readonly Step[], paints: Paint): readonly string[] {
  return steps.flatMap((step) => {
    const [name, first, ...more] = wordsOf(step);
    const head = `${name.padEnd(NAME_WIDTH)}${first}`;
    return [
      head,
      ...more.map((line) => " ".repeat(NAME_WIDTH) + line),
      ...(step.step === "scheduler" ? candidateLines(step.candidates, paints) : []),
      paints.faint(`${" ".repeat(NAME_WIDTH)}${step.rule}`),
    ];
  });
}

/** Returns what it comes to. */
function outcomeLines(outcome: Outcome, paints: Paint): readonly string[] {
  const { verdict, reason, service, server, method, sent, answer, byChance } = outcome;
  const lines: [name: string, text: string][] = [];
  if (byChance) lines.push(["Verdict", "goes to the real server that chance decides"]);
  else if (verdict === null) lines.push(["Verdict", "that of the packet the ICMP error quotes"]);
  else lines.push(["Verdict", paints.bold(`${verdict} (${reason})`)]);
  if (service !== null) lines.push(["Service", serviceText(service)]);
  if (server !== null) {
    const by = method === null ? "" : `, ${METHOD_WORDS[method]}`;
    lines.push(["Server", paints.chosen(`${endText(server)}${by}`)]);
  }
  if (sent !== null) lines.push([sent.nextHop === null ? "Stays" : "Sends", sentText(sent)]);
  if (answer !== null) lines.push(["Answers", answerText(answer)]);
  return lines.map(([name, text]) => name.padEnd(NAME_WIDTH) + text);
}

function serviceText({ fwmark, protocol, address, port }: ServiceName): string {
  if (address === null || port === null) return `FWM ${fwmark}`;
  return `${String(protocol).toUpperCase()} ${endText({ address, port })}`;
}

/** Returns the name of a step and what there is to say, a line each. */
function wordsOf(step: Step): [name: string, first: string, ...more: string[]] {
  switch (step.step) {
    case "no-services":
      return ["Services", `there is none of IPv${step.family}`];
    case "fragment":
      return ["Fragment", "it is kept until the rest of its packet has come"];
    case "backup":
      return ["Backup", "requests are the master's affair"];
    case "protocol":
      return ["Protocol", `${String(step.protocol).toUpperCase()} has no connections of its own`];
    case "passing":
      return ["Passing", "it is for another host, and answers nothing"];
    case "reply":
      return step.connection === null
        ? ["Reply", "it answers nothing, and its server is told so (nat_icmp_send)"]
        : ["Reply", "it answers a connection", connectionText(step.connection)];
    case "server-connection":
      return ["Reply", `it answers nothing: ${endText(step.server)} begins a connection with it`];
    case "connection":
      return connectionWords(step);
    case "beginning":
      return [
        "Beginning",
        step.may ? "it may begin a connection" : `it may begin none: ${step.reason}`,
      ];
    case "service":
      return serviceWords(step);
    case "defence":
      return [
        "Defence",
        `one in ${step.rate} new connections is dropped: ` +
          (step.next === 1 ? "this one" : `the ${ordinal(step.next)} from now`),
      ];
    case "exception":
      return [
        "Exception",
        step.exception === "ftp-data-port"
          ? "from port 20: data of an FTP server, no request"
          : "a local server's reply, no request",
      ];
    case "port":
      return ["Port", `the service takes no new connections to port ${step.port}`];
    case "engine":
      return ["Template", `the engine ${step.engine} finds nothing to tell the client by`];
    case "template":
      return templateWords(step);
    case "scheduler":
      return schedulerWords(step);
    case "no-destination":
      return ["Nobody", NOBODY_WORDS[step.fate]];
    case "forwarding":
      return forwardingWords(step);
  }
}

type StepOf<Kind extends Step["step"]> = Extract<Step, { step: Kind }>;
type Words = [name: string, first: string, ...more: string[]];

const NOBODY_WORDS: Readonly<Record<StepOf<"no-destination">["fate"], string>> = {
  refused: "nobody can take it: refused",
  "left-to-host": "nobody can take it: left to the host, as an FTP service has caught it",
  bypassed: "no cache server can take it: it goes where it was going (cache_bypass)",
  unreadable: "nobody can take it, and its ports cannot be read",
};

function connectionWords({ connection, fate, reuse, stateAfter }: StepOf<"connection">): Words {
  const words: Words = ["Connection", FATE_WORDS[fate]];
  if (connection !== null) {
    const moved = stateAfter !== null && stateAfter !== connection.state;
    words.push(connectionText(connection) + (moved ? `, then ${stateAfter}` : ""));
  }
  if (reuse !== null) words.push(REUSE_WORDS[reuse]);
  return words;
}

function connectionText(connection: ConnectionFigures): string {
  const { protocol, client, virtual, fwmark, server, state, expires, method } = connection;
  const to = virtual === null ? `mark ${fwmark}` : endText(virtual);
  return (
    `${String(protocol).toUpperCase()} ${endText(client)} > ${to} > ${endText(server)}, ` +
    `${METHOD_WORDS[method]}, ${state}, expires in ${expires} s`
  );
}

function serviceWords({ tried, service }: StepOf<"service">): Words {
  const ways = tried
    .filter(({ key }) => key !== null)
    .map(({ by, key, found }) => `${LOOK_UP_WORDS[by]} (${key}): ${found ? "found" : "none"}`);
  if (service === null) return ["Service", "none", ...ways];
  const { scheduler, schedulerFlags, onePacket, persistence, servers } = service;
  const traits = [
    [scheduler, ...schedulerFlags].join(" "),
    ...(persistence === null ? [] : [`persistent ${persistence} s`]),
    ...(onePacket ? ["one-packet"] : []),
    `${servers} real server${servers === 1 ? "" : "s"}`,
  ];
  return ["Service", `${serviceText(service)}, ${traits.join(", ")}`, ...ways];
}

function templateWords({ key, template, rejection }: StepOf<"template">): Words {
  const to = key.virtual === null ? `mark ${key.fwmark}` : key.virtual;
  const port = key.port === 0 ? "any port" : `port ${key.port}`;
  const by = key.engineData === null ? "" : `, "${key.engineData}"`;
  const sought = `clients ${key.clients}, ${to}, ${port}${by}`;
  if (template === null) return ["Template", `none yet for ${sought}`];
  const fate =
    rejection === null ? "found" : `found, and of no more use: ${REJECTION_WORDS[rejection]}`;
  return ["Template", `${fate}, for ${sought}`, connectionText(template)];
}

function schedulerWords({ scheduler, choice, basis, figures }: StepOf<"scheduler">): Words {
  if (scheduler === "none") return ["Scheduler", "the service has none: nobody is chosen"];
  const whom = choice === null ? "" : ` ${endText(choice)}:`;
  const why = basis === null ? "" : ` ${BASIS_WORDS[basis]}`;
  const state = figuresText(figures);
  return ["Scheduler", `${scheduler}:${whom}${why}`, ...(state === "" ? [] : [state])];
}

function forwardingWords({
  method,
  server,
  route,
  overhead,
  problem,
}: StepOf<"forwarding">): Words {
  const to = method === "local" ? "to this host" : `to ${endText(server)}`;
  const way =
    route === null ? [] : [route.local ? "that is this host" : `the way takes ${route.mtu} bytes`];
  const added = overhead === 0 ? [] : [`${overhead} bytes are added`];
  const words: Words = [
    "Forwarding",
    [`${METHOD_WORDS[method]} ${to}`, ...way, ...added].join(", "),
  ];
  if (problem !== null) words.push(`it cannot go this way: ${problem}`);
  return words;
}

/** A column of a table; numbers stand to the right. */
interface Column {
  readonly head: string;
  readonly of: (candidate: CandidateFigures) => string;
  readonly left?: boolean;
}

const COLUMNS: readonly Column[] = [
  { head: "Weight", of: ({ weight }) => String(weight) },
  { head: "Active", of: ({ activeConnections }) => String(activeConnections) },
  { head: "Inactive", of: ({ inactiveConnections }) => String(inactiveConnections) },
  { head: "Overhead", of: ({ overhead }) => String(overhead) },
];

/** Returns a table of the real servers, in the order the scheduler looks at them. */
function candidateLines(candidates: readonly CandidateFigures[], paints: Paint): readonly string[] {
  if (candidates.length === 0) return [];
  const names = [...new Set(candidates.flatMap(({ figures }) => Object.keys(figures)))];
  const columns: readonly Column[] = [
    { head: "Server", of: endText, left: true },
    ...COLUMNS,
    ...names.map((name) => ({
      head: words(name),
      of: ({ figures }: CandidateFigures) => figureText(figures[name]),
    })),
    { head: "", left: true, of: ({ standing }: CandidateFigures) => STANDING_WORDS[standing] },
  ];
  const rows = [
    columns.map(({ head }) => head),
    ...candidates.map((each) => columns.map(({ of }) => of(each))),
  ];
  const widths = columns.map((_column, index) =>
    Math.max(...rows.map((row) => row[index]!.length)),
  );
  return rows.map((row, index) => {
    const chosen = candidates[index - 1]?.standing === "chosen";
    const cells = row.map((cell, column) => {
      const width = widths[column]!;
      return columns[column]!.left ? cell.padEnd(width) : cell.padStart(width);
    });
    const line = `  ${chosen ? ">" : " "} ${cells.join("  ")}`.trimEnd();
    return chosen ? paints.chosen(line) : line;
  });
}

function figuresText(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${words(name).toLowerCase()} ${figureText(value)}`)
    .join(", ");
}

function figureText(value: number | boolean | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  return value ? "yes" : "no";
}

/** Returns a name such as `barBefore` as words: `Bar before`. */
function words(name: string): string {
  const spaced = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

function ordinal(count: number): string {
  const suffix = count % 10 === 2 && count % 100 !== 12 ? "nd" : "th";
  const third = count % 10 === 3 && count % 100 !== 13 ? "rd" : suffix;
  return `${count}${count % 10 === 1 && count % 100 !== 11 ? "st" : third}`;
}
