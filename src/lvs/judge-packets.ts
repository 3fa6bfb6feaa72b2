/**
 * Whether packets and exchanges came out as expected.
 *
 * A judgement is what is wrong, as the second half of a sentence, or `undefined`.
 *
 * @module
 */
import { RST } from "../wire/tcp.ts";
import { type Act, effectText, endingText, icmpErrors, serversOf, tally } from "./act.ts";
import type { Departure } from "./departure.ts";
import { formatEnd } from "./ends.ts";
import type { Effect, Outcome } from "./exchange.ts";
import type {
  Dropped,
  End,
  Ended,
  Forwarded,
  IcmpError,
  ServerCount,
  Share,
  Shares,
  Stickiness,
} from "./expectation.ts";
import { isNamed } from "./icmp-names.ts";
import { isEnd } from "./listings.ts";

/** What is wrong, or `undefined`. */
export type Judgement = string | undefined;

/** Judges that every packet, or the first of every exchange, went on as expected. */
export function judgeForwarded(act: Act, wanted: Forwarded): Judgement {
  return firstWrong(act.effects, ({ departures }) =>
    departures.some((departure) => isForwarded(departure, wanted)),
  );
}

function isForwarded(departure: Departure, { by, to, from }: Forwarded): boolean {
  const { packet, method, server, isError } = departure;
  if (isError || (by !== undefined && by !== method)) return false;
  if (from !== undefined && !isEnd(from, endOf(packet.from, packet.fromPort))) return false;
  if (to === undefined) return true;
  return isEnd(to, server ?? endOf(packet.to, packet.toPort));
}

/** Judges that nothing left because of any packet, and why, where the bed tells. */
export function judgeDropped(act: Act, { reason }: Dropped): Judgement {
  const left = firstWrong(act.effects, ({ departures }) => departures.length === 0);
  if (left !== undefined || reason === undefined) return left;
  return firstWrong(
    act.effects,
    ({ reasons }) => reasons === undefined || reasons.includes(reason),
  );
}

/** Judges that every packet or exchange was answered by an ICMP error. */
export function judgeIcmp(act: Act, { name }: IcmpError): Judgement {
  if (act.outcomes !== undefined) {
    return firstUnlike(act.outcomes, ({ ending }) => {
      if (ending.how !== "icmp") return false;
      const { family, type, code } = ending.error;
      return isNamed(name, family, type, code);
    });
  }
  return firstWrong(act.effects, ({ departures }) =>
    icmpErrors(departures).some(
      ({ packet }) => packet.icmp && isNamed(name, packet.family, ...packet.icmp),
    ),
  );
}

/** Judges how every exchange ended; of single packets, only whether they were reset. */
export function judgeEnded(act: Act, { how }: Ended): Judgement {
  if (act.outcomes !== undefined) {
    return firstUnlike(act.outcomes, ({ ending }) => ending.how === how);
  }
  if (how !== "reset") return "the line before has no exchange that could be answered";
  return firstWrong(act.effects, ({ departures }) =>
    departures.some(({ packet, method }) => method === undefined && (packet.flags & RST) !== 0),
  );
}

/** Judges which server was met, set against the line before. */
export function judgeStickiness(
  act: Act,
  before: Act | undefined,
  { server }: Stickiness,
): Judgement {
  const earlier = before && serversOf(before).findLast((each) => each !== undefined);
  if (earlier === undefined) return "no line before came to a server";
  const wrong = serversOf(act).find(
    (each) => each === undefined || isEnd(earlier, each) !== (server === "same"),
  );
  const found = serversOf(act).indexOf(wrong);
  if (found < 0) return undefined;
  return `before it was ${formatEnd(earlier)}, now ${wrong === undefined ? "none" : formatEnd(wrong)}`;
}

/** Judges how many servers were met. */
export function judgeServerCount(act: Act, { count }: ServerCount): Judgement {
  const counts = tally(act);
  return counts.size === count && !counts.has("no server") ? undefined : tallied(counts);
}

/** Judges how exchanges were shared out; `weights` are those of the service's servers now. */
export function judgeShares(
  act: Act,
  { shares, within }: Shares,
  weights: readonly Share[],
): Judgement {
  const servers = serversOf(act);
  const total = servers.length;
  const wanted = shares === "weights" ? weights : shares;
  const wrong: string[] = [];
  for (const { server, amount, unit } of wanted) {
    const count = servers.filter((each) => each !== undefined && isEnd(server, each)).length;
    const whole = unit === "percent" ? (amount / 100) * total : amount;
    if (Math.abs(count - whole) <= (within / 100) * total + 1e-9) continue;
    wrong.push(`${formatEnd(server)} got ${count} of ${total} instead of ${rounded(whole)}`);
  }
  const others = servers.filter(
    (each) => each === undefined || !wanted.some(({ server }) => isEnd(server, each)),
  );
  if (others.length > 0) {
    const names = new Set(
      others.map((each) => (each === undefined ? "no server" : formatEnd(each))),
    );
    wrong.push(`${others.length} of ${total} came to ${[...names].join(", ")}`);
  }
  return wrong.length === 0 ? undefined : wrong.join("; ");
}

/** Returns what share each server should get by its weight. */
export function sharesOfWeights(
  servers: readonly { readonly server: End; readonly weight: number }[],
): readonly Share[] {
  const total = servers.reduce((sum, { weight }) => sum + weight, 0);
  return servers.map(({ server, weight }) => {
    return { server, amount: total === 0 ? 0 : (100 * weight) / total, unit: "percent" };
  });
}

/** Returns what came of the first packet that is not right. */
function firstWrong(effects: readonly Effect[], isRight: (effect: Effect) => boolean): Judgement {
  const index = effects.findIndex((effect) => !isRight(effect));
  const wrong = effects[index];
  return wrong && `${numbered(index, effects.length)}${effectText(wrong)}`;
}

function firstUnlike(
  outcomes: readonly Outcome[],
  isRight: (outcome: Outcome) => boolean,
): Judgement {
  const index = outcomes.findIndex((outcome) => !isRight(outcome));
  const wrong = outcomes[index];
  if (wrong === undefined) return undefined;
  const met =
    wrong.server === undefined ? effectText(wrong.first) : `server ${formatEnd(wrong.server)}`;
  const text = `${formatEnd(wrong.client)} was ${endingText(wrong.ending)}; ${met}`;
  return `${numbered(index, outcomes.length)}${text}`;
}

/** Judges that every exchange was answered, as is expected where nothing else is. */
export function judgeAnswered(act: Act): Judgement {
  return judgeEnded(act, { type: "ended", how: "answered" });
}

function numbered(index: number, count: number): string {
  return count === 1 ? "" : `number ${index + 1} of ${count}: `;
}

function tallied(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name} got ${count}`).join(", ");
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function endOf(address: End["address"], port: number | undefined): End {
  return port === undefined ? { address } : { address, port };
}
