/**
 * The words for what explanations say by name.
 *
 * @module
 */
import type { Reuse } from "../engine/connection-reuse.ts";
import type { Answer, ConnectionFate, End, LookUp, Sent } from "../engine/explain/explanation.ts";
import type { TemplateRejection } from "../engine/persistence.ts";
import type { Basis, Standing } from "../engine/scheduler.ts";
import type { ForwardingMethod } from "../wire/ipvs-objects.ts";

export const STANDING_WORDS: Readonly<Record<Standing, string>> = {
  chosen: "chosen",
  "weight-0": "weight 0: takes no new connections",
  overloaded: "overloaded: has reached its upper threshold",
  "more-loaded": "more loaded",
  "equal-but-later": "as good, but later in the list",
  "lower-weight": "lower weight",
  "no-room": "more active connections than weight",
  "out-of-turn": "its turn comes later",
  "below-bar": "weight below this round's bar",
  "not-first-idle": "not the first that is idle",
  "not-hashed": "the hash leads to another",
  "not-remembered": "another is remembered for the address",
  overwhelmed: "remembered, but overwhelmed",
  "by-chance": "may be drawn",
};

export const BASIS_WORDS: Readonly<Record<Basis, string>> = {
  "next-in-turn": "the next usable one behind the cursor",
  "reaches-bar": "the next whose weight reaches the bar",
  "least-load": "the least loaded, the first of equals",
  "first-idle": "the first without active connections",
  "highest-weight": "the highest weight, the first of equals",
  "highest-weight-with-room": "the highest weight with room, the first of equals",
  hash: "the hash leads to it",
  "hash-fallback": "the hash leads to one that cannot be used, and fallback to this one",
  remembered: "remembered for the address",
  "remembered-anew": "what was remembered cannot serve: the least loaded",
  "not-remembered": "nothing was remembered: the least loaded",
  chance: "the less loaded of two drawn by weight",
  "nobody-usable": "nobody can be used",
  "hashed-unusable": "the hash leads to one that cannot be used, and there is no fallback",
  "nobody-has-room": "nobody has room",
};

export const LOOK_UP_WORDS: Readonly<Record<LookUp["by"], string>> = {
  mark: "by mark",
  "address-and-port": "by address and port",
  ftp: "as FTP data",
  "any-port": "by address, any port",
};

export const FATE_WORDS: Readonly<Record<ConnectionFate, string>> = {
  none: "it belongs to none",
  used: "it belongs to one that exists",
  "gives-way": "one exists and gives way to a new one",
  "server-removed": "its real server was removed: dropped",
  "server-removed-gives-way": "its real server was removed: a new one takes its place",
};

export const REUSE_WORDS: Readonly<Record<Reuse, string>> = {
  quiesced: "its server has weight 0, and expire_nodest_conn is on",
  over: "it is over in this state",
  "fin-wait": "it is over in FIN_WAIT by conn_reuse_mode 2",
  "reuse-off": "a SYN begins none anew, as conn_reuse_mode is 0",
  controlled: "a SYN begins none anew, as a template or another connection controls it",
  "in-use": "a SYN begins none anew in this state",
};

export const REJECTION_WORDS: Readonly<Record<TemplateRejection, string>> = {
  "server-removed": "its server was removed",
  "other-server": "it leads to another server",
  "server-quiesced": "its server has weight 0, and expire_quiescent_template is on",
};

export const METHOD_WORDS: Readonly<Record<ForwardingMethod, string>> = {
  masquerade: "masquerading",
  "direct-route": "direct routing",
  tunnel: "tunnel",
  local: "local",
  bypass: "bypass",
};

/** Returns an end as people write it. */
export function endText({ address, port }: End): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Returns what would leave. */
export function sentText({ source, destination, hopLimit, length, outer, nextHop }: Sent): string {
  const inner = `${endText(source)} > ${endText(destination)}`;
  const around =
    outer === null
      ? inner
      : `${outer.source} > ${outer.destination} ${outer.type}` +
        `${outer.port === null ? "" : ` port ${outer.port}`} (${inner})`;
  return `${around}, TTL ${hopLimit}, ${length === null ? "" : `${length} bytes, `}to ${nextHop ?? "this host"}`;
}

/** Returns the error that answers. */
export function answerText({ kind, from, to, mtu }: Answer): string {
  return `ICMP ${kind.replaceAll("-", " ")}${mtu === null ? "" : `, MTU ${mtu}`}, ${from} > ${to}`;
}
