/**
 * The story of the demo: its chapters as data.
 *
 * A chapter arranges the laboratory for one forwarding method and goes on with a fresh director. Each
 * of its steps is a command on the director, or a wave of requests and what is expected of them.
 *
 * @module
 */

import {
  type Expectation,
  evenShares,
  fairNetworks,
  keptServers,
  seenClients,
  sparedAfterCommand,
} from "./expectations.ts";
import { CLIENT, FAR_CLIENTS, type LabMethod, REAL_SERVERS, VIRTUAL } from "./laboratory.ts";

/** A request as the story asks for it. */
export interface PlannedRequest {
  /** Address of the client. */
  readonly from: string;
  /** Letter it is drawn with: one character, a blank for a plain block. */
  readonly mark: string;
  /** Name of a connection that stays open from wave to wave. */
  readonly connection?: string;
}

/** Requests one after the other. */
export interface Wave {
  readonly kind: "wave";
  /** What it shows, in one line. */
  readonly caption: string;
  readonly requests: readonly PlannedRequest[];
  /** A command given after them, while more requests go on, and what follows once it is obeyed. */
  readonly meanwhile?: {
    readonly command: string;
    /** Sent again and again until the command is obeyed. */
    readonly load: PlannedRequest;
    readonly after: readonly PlannedRequest[];
  };
  readonly expectations: readonly Expectation[];
}

/** A command on the director, as it would be typed; what it prints is shown. */
export interface DirectorCommand {
  readonly kind: "command";
  readonly line: string;
  /** Lines it reads. */
  readonly input?: readonly string[];
  /** A word: only lines with it are shown. */
  readonly only?: string;
}

/** One chapter. */
export interface Chapter {
  readonly title: string;
  /** What it is about, a line each. */
  readonly text: readonly string[];
  readonly method: LabMethod;
  readonly steps: readonly (DirectorCommand | Wave)[];
}

const SERVICE = `-t ${VIRTUAL.address}:${VIRTUAL.port}`;

/** The server that is drained. */
const DRAINED = REAL_SERVERS[1]!;

function command(line: string): DirectorCommand {
  return { kind: "command", line };
}

/** Returns the rules of the service with all real servers, as `uipvsadm -R` reads them. */
function rules(options: string, flag: string): readonly string[] {
  return [
    `-A ${SERVICE} ${options}`,
    ...REAL_SERVERS.map(({ address }) => `-a ${SERVICE} -r ${address}:${VIRTUAL.port} ${flag}`),
  ];
}

/** Returns the commands that make the service, one for each rule. */
function oneByOne(options: string, flag: string): readonly DirectorCommand[] {
  return rules(options, flag).map((rule) => command(`uipvsadm ${rule}`));
}

/** Returns the one command that makes the service. */
function atOnce(options: string, flag: string): DirectorCommand {
  return { ...command("uipvsadm -R"), input: rules(options, flag) };
}

/** Returns the commands that list services and connections, of those perhaps only some. */
function listings(only?: string): readonly DirectorCommand[] {
  const connections = command("uipvsadm -L -n -c");
  return [command("uipvsadm -L -n"), only === undefined ? connections : { ...connections, only }];
}

function plainRequests(count: number): readonly PlannedRequest[] {
  return Array.from({ length: count }, () => ({ from: CLIENT, mark: " " }));
}

const ROUND_ROBIN: Wave = {
  kind: "wave",
  caption: "9 requests, round robin: the server added last is asked first",
  requests: plainRequests(9),
  expectations: [evenShares, seenClients],
};

/** Connections that stay open, one for each real server. */
const KEPT: readonly PlannedRequest[] = REAL_SERVERS.map((_, index) => {
  const connection = String.fromCharCode("a".charCodeAt(0) + index);
  return { from: CLIENT, mark: connection, connection };
});

/** The whole story. */
export const STORY: readonly Chapter[] = [
  {
    title: "NAT (masquerading)",
    text: [
      "The director changes the destination of requests to the real server, and the",
      "source of replies back to its own: the way back leads through it.",
    ],
    method: "masquerade",
    steps: [...oneByOne("-s rr", "-m"), ROUND_ROBIN, ...listings()],
  },
  {
    title: "DR (direct routing)",
    text: [
      "The director hands on packets as they are; the real servers own the virtual",
      "address too, keep quiet about it, and answer the client by a link of their own.",
    ],
    method: "direct-route",
    steps: [atOnce("-s rr", "-g"), ROUND_ROBIN, ...listings()],
  },
  {
    title: "TUN (IP-in-IP tunnel)",
    text: [
      "The director packs packets into packets to the real server, which unpacks them",
      "and answers the client directly; it could be anywhere on the Internet.",
    ],
    method: "tunnel",
    steps: [atOnce("-s rr", "-i"), ROUND_ROBIN, ...listings()],
  },
  {
    title: "Draining a real server",
    text: [
      `${DRAINED.name} is to be taken out of service. Weight 0 keeps new connections away from`,
      "it and leaves it those it has: a, b and c stay open all the time.",
    ],
    method: "masquerade",
    steps: [
      atOnce("-s rr", "-m"),
      {
        kind: "wave",
        caption: "Three connections open",
        requests: KEPT,
        expectations: [evenShares],
      },
      {
        kind: "wave",
        caption: `New connections, and at the bar weight 0 for ${DRAINED.name}`,
        requests: plainRequests(9),
        meanwhile: {
          command: `uipvsadm -e ${SERVICE} -r ${DRAINED.address}:${VIRTUAL.port} -m -w 0`,
          load: { from: CLIENT, mark: " " },
          after: plainRequests(8),
        },
        expectations: [sparedAfterCommand(DRAINED.name), seenClients],
      },
      {
        kind: "wave",
        caption: "The open connections again: each still at its server",
        requests: KEPT,
        expectations: [keptServers],
      },
      ...listings("ESTABLISHED"),
    ],
  },
  {
    title: "A persistent service, by network",
    text: [
      "For 300 s, all clients of one /24 network get the server the first of them got:",
      "a is 10.1.1.1 to 10.1.1.3, b is 10.1.2.1 to 10.1.2.3.",
    ],
    method: "masquerade",
    steps: [
      atOnce("-s rr -p 300 -M 255.255.255.0", "-m"),
      {
        kind: "wave",
        caption: "12 requests of six clients in two networks",
        requests: [...FAR_CLIENTS, ...FAR_CLIENTS].map((from) => ({
          from,
          mark: from.startsWith("10.1.1.") ? "a" : "b",
        })),
        expectations: [fairNetworks, seenClients],
      },
      ...listings("ASSURED"),
    ],
  },
];
