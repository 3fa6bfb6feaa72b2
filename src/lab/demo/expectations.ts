/**
 * What the story expects of answers, so that the demo can tell when something differs.
 *
 * An expectation returns what differs, in a clause without final period, or `undefined`.
 *
 * @module
 */
import type { WebAnswer } from "../web-order.ts";
import { REAL_SERVERS } from "./laboratory.ts";
import type { PlannedRequest } from "./story.ts";

/** A request and what became of it. */
export interface Outcome {
  readonly request: PlannedRequest;
  readonly answer: WebAnswer;
  /** Whether it was sent after the wave's command had been obeyed. */
  readonly afterCommand: boolean;
}

/**
 * Looks at the outcomes of a wave, in the order of the requests.
 *
 * @param earlier outcomes of the waves before it in the same chapter
 */
export type Expectation = (
  outcomes: readonly Outcome[],
  earlier: readonly Outcome[],
) => string | undefined;

/** Every request is answered. Expected of every wave. */
export const allAnswered: Expectation = (outcomes) => {
  const failed = outcomes.filter(({ answer }) => answer.server === undefined);
  const [first] = failed;
  if (first === undefined) return undefined;
  return `${failed.length} of ${outcomes.length} requests got no answer: ${first.answer.fault}`;
};

/** Every real server answers equally often. */
export const evenShares: Expectation = (outcomes) => {
  const shares = REAL_SERVERS.map(
    ({ name }) => outcomes.filter(({ answer }) => answer.server === name).length,
  );
  if (shares.every((share) => share * REAL_SERVERS.length === outcomes.length)) return undefined;
  const each = outcomes.length / REAL_SERVERS.length;
  return `the real servers answered ${shares.join(", ")} times, and round robin means ${each} each`;
};

/** The real servers see the address of the client, not one of the director's. */
export const seenClients: Expectation = (outcomes) => {
  const other = outcomes.find(
    ({ request, answer }) => answer.server !== undefined && answer.client !== request.from,
  );
  if (other === undefined) return undefined;
  return `${other.answer.server} saw client ${other.answer.client} instead of ${other.request.from}`;
};

/** A server answers before the command and takes nothing after it, while all others do. */
export function sparedAfterCommand(server: string): Expectation {
  return (outcomes) => {
    const after = outcomes.filter((outcome) => outcome.afterCommand);
    const before = outcomes.filter((outcome) => !outcome.afterCommand);
    if (!before.some(({ answer }) => answer.server === server)) {
      return `${server} took no new connection before the command`;
    }
    const taken = after.filter(({ answer }) => answer.server === server).length;
    if (taken > 0) return `${server} took ${taken} new connections after it was quiesced`;
    const others = REAL_SERVERS.filter(({ name }) => name !== server);
    const idle = others.find(({ name }) => !after.some(({ answer }) => answer.server === name));
    return idle && `${idle.name} took no new connection after ${server} was quiesced`;
  };
}

/** Each connection that stayed open is answered by the server that answered it first. */
export const keptServers: Expectation = (outcomes, earlier) => {
  for (const { request, answer } of outcomes) {
    const first = earlier.find((outcome) => outcome.request.connection === request.connection);
    if (first !== undefined && first.answer.server !== answer.server) {
      return `connection ${request.connection} went from ${first.answer.server} to ${answer.server}`;
    }
  }
  return undefined;
};

/** All clients of one /24 network get one server, and clients of another network another. */
export const fairNetworks: Expectation = (outcomes) => {
  const serverOf = new Map<string, string | undefined>();
  for (const { request, answer } of outcomes) {
    const network = request.from.replace(/\d+$/, "0");
    if (!serverOf.has(network)) serverOf.set(network, answer.server);
    const first = serverOf.get(network);
    if (first !== answer.server) return `network ${network} got both ${first} and ${answer.server}`;
  }
  if (new Set(serverOf.values()).size === serverOf.size) return undefined;
  return `networks ${[...serverOf.keys()].join(" and ")} share one server`;
};
