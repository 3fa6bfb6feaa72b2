/**
 * What there is to say about a packet and each step of its explanation, in English.
 *
 * @module
 */
import type {
  ConnectionFigures,
  PacketFigures,
  ServiceName,
  Step,
} from "../engine/explain/explanation.ts";
import type { Figures } from "../engine/scheduler.ts";
import type { Words } from "./explanation-text.ts";
import {
  BASIS_WORDS,
  endText,
  FATE_WORDS,
  LOOK_UP_WORDS,
  METHOD_WORDS,
  REJECTION_WORDS,
  REUSE_WORDS,
} from "./words.ts";

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

/** Returns a service as people name it. */
export function serviceText({ fwmark, protocol, address, port }: ServiceName): string {
  if (address === null || port === null) return `FWM ${fwmark}`;
  return `${String(protocol).toUpperCase()} ${endText({ address, port })}`;
}

/** Returns the name of a step and what there is to say, a line each. */
export function stepWords(step: Step): Words {
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
    case "icmp-error":
      return step.connection === null
        ? ["ICMP error", "it is about nothing the director knows"]
        : ["ICMP error", ABOUT_WORDS[step.about ?? "request"], connectionText(step.connection)];
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

const ABOUT_WORDS: Readonly<Record<NonNullable<StepOf<"icmp-error">["about"]>, string>> = {
  request: "it is about a request of a connection, and goes to the client",
  reply: "it is about a reply of a connection, and goes to the real server",
  tunnel: "it is about a tunnel's packet of a connection, and the client is told in its own terms",
};

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

/** Returns what a scheduler compares, as words. */
export function figuresText(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${figureName(name).toLowerCase()} ${figureText(value)}`)
    .join(", ");
}

/** Returns one value as people read it. */
export function figureText(value: number | boolean | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  return value ? "yes" : "no";
}

/** Returns a name such as `barBefore` as words: `Bar before`. */
export function figureName(name: string): string {
  const spaced = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

function ordinal(count: number): string {
  const suffix = count % 10 === 2 && count % 100 !== 12 ? "nd" : "th";
  const third = count % 10 === 3 && count % 100 !== 13 ? "rd" : suffix;
  return `${count}${count % 10 === 1 && count % 100 !== 11 ? "st" : third}`;
}
