/**
 * Lines that say what is expected, read.
 *
 *     expect forwarded by nat to 192.168.10.11:80
 *     expect shares within 5% of weights
 *     expect 2 connections ESTABLISHED from 203.0.113.0/24
 *
 * @module
 */
import { REASONS } from "../engine/verdict.ts";
import { HOST_DROPS } from "../host/drops.ts";
import { readNumber } from "../scenario/options.ts";
import { told } from "../scenario/packet-line.ts";
import type { WordReader } from "../scenario/words.ts";
import { END, readClients, readEnd } from "./ends.ts";
import {
  type End,
  type Entries,
  type Expectation,
  FIGURES,
  type FigureName,
  type Figures,
  type Forwarded,
  type MethodName,
  type Share,
} from "./expectation.ts";
import { ICMP_ERROR, isIcmpError } from "./icmp-names.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const METHODS: readonly MethodName[] = ["nat", "dr", "tunnel"];
const KNOWN_REASONS: ReadonlySet<string> = new Set([...REASONS, ...HOST_DROPS]);

/** Readers by the first word, which is taken already. */
const READERS: Readonly<Record<string, (words: WordReader) => Expectation>> = {
  forwarded: readForwarded,
  dropped(words) {
    const reason = words.optional();
    if (reason === undefined) return { type: "dropped" };
    if (!KNOWN_REASONS.has(reason.text)) {
      throw words.error(
        reason,
        "a reason of docs/reasons.md or docs/host.md, such as no-destination",
      );
    }
    return { type: "dropped", reason: reason.text };
  },
  icmp: (words) => ({
    type: "icmp",
    name: told(words, ICMP_ERROR, (text) => (isIcmpError(text) ? text : undefined)),
  }),
  reset: () => ({ type: "ended", how: "reset" }),
  answered: () => ({ type: "ended", how: "answered" }),
  unanswered: () => ({ type: "ended", how: "unanswered" }),
  shares: readShares,
  same(words) {
    phrase(words, "server", "as", "before");
    return { type: "stickiness", server: "same" };
  },
  another(words) {
    phrase(words, "server");
    if (words.peek() !== undefined) phrase(words, "than", "before");
    return { type: "stickiness", server: "another" };
  },
  one(words) {
    phrase(words, "server");
    return { type: "servers", count: 1 };
  },
  no(words) {
    const what = told(words, "connections or templates", entryKind);
    return readEntries(words, what, 0);
  },
  refused(words) {
    const text = words.optional()?.text;
    return { type: "refused", ...(text !== undefined && { text }) };
  },
  exit: (words) => ({ type: "exit", status: told(words, "an exit status, 0–255", number(255)) }),
  server: (words) => readFigures(words, "server"),
  service: (words) => readFigures(words, "service"),
};

const FORMS = `${Object.keys(READERS).join(", ")}, or a number of connections, templates or servers`;

/** Reads what follows `expect`. */
export function readExpectation(words: WordReader): Expectation {
  const first = words.next(FORMS);
  const count = readNumber(first.text, Number.MAX_SAFE_INTEGER);
  if (count !== undefined) return readCounted(words, count);
  const read = Object.hasOwn(READERS, first.text) ? READERS[first.text] : undefined;
  if (read === undefined) throw words.error(first, `one of ${FORMS}`);
  const expectation = read(words);
  words.end();
  return expectation;
}

function readCounted(words: WordReader, count: number): Expectation {
  const what = told(words, "connections, templates or servers", (text) =>
    /^servers?$/.test(text) ? "servers" : entryKind(text),
  );
  if (what !== "servers") return readEntries(words, what, count);
  words.end();
  return { type: "servers", count };
}

function entryKind(text: string): Entries["what"] | undefined {
  if (/^connections?$/.test(text)) return "connection";
  return /^templates?$/.test(text) ? "template" : undefined;
}

function readEntries(words: WordReader, what: Entries["what"], count: number): Entries {
  const entries: Mutable<Entries> = { type: "entries", what, count };
  for (let word = words.optional(); word !== undefined; word = words.optional()) {
    const { text } = word;
    if (text === "from") entries.from = told(words, "a client's address or prefix", readClients);
    else if (text === "to") entries.to = told(words, `a real server, ${END}`, readEnd);
    else if (text === "on") entries.on = told(words, `a service, ${END}`, readEnd);
    else if (/^[A-Z][A-Z_0-9]*$/.test(text)) entries.state = text;
    else
      throw words.error(word, "a state such as ESTABLISHED, from CLIENT, to SERVER or on SERVICE");
  }
  return entries;
}

function readForwarded(words: WordReader): Forwarded {
  const forwarded: Mutable<Forwarded> = { type: "forwarded" };
  for (let word = words.optional(); word !== undefined; word = words.optional()) {
    if (word.text === "by") {
      forwarded.by = told(words, `one of ${METHODS.join(", ")}`, (text) =>
        METHODS.find((each) => each === text),
      );
    } else if (word.text === "to") forwarded.to = told(words, END, readEnd);
    else if (word.text === "from") forwarded.from = told(words, END, readEnd);
    else throw words.error(word, "by METHOD, to SERVER or from ADDRESS[:PORT]");
  }
  return forwarded;
}

function readShares(words: WordReader): Expectation {
  const shares: Share[] = [];
  let within = 0;
  for (let word = words.optional(); word !== undefined; word = words.optional()) {
    if (word.text === "within") {
      within = told(words, "a part of all, such as 5%", percent);
    } else if (word.text === "of" || word.text === "as") {
      phrase(words, "weights");
      if (shares.length > 0) throw words.error(word, "weights, or shares, but not both");
      return { type: "shares", shares: "weights", within };
    } else {
      const server = readEnd(word.text);
      if (server === undefined) {
        throw words.error(word, "SERVER AMOUNT, within PART, or of weights");
      }
      const next = words.peek();
      const amount = told(
        words,
        "a part such as 60%, or a number of connections",
        (text) => percent(text) ?? number(Number.MAX_SAFE_INTEGER)(text),
      );
      const unit = next?.text.endsWith("%") ? "percent" : "connections";
      shares.push({ server, amount, unit });
    }
  }
  if (shares.length === 0) throw words.error(undefined, "of weights, or SERVER AMOUNT");
  return { type: "shares", shares, within };
}

function readFigures(words: WordReader, of: Figures["of"]): Figures {
  const end = told(words, `${END}, or a firewall mark`, endOrMark);
  phrase(words, "has");
  const figures: Partial<Record<FigureName, number>> = {};
  let on: End | number | undefined;
  for (let word = words.optional(); word !== undefined; word = words.optional()) {
    const name = FIGURES.find((each) => each === word?.text);
    if (name !== undefined) {
      figures[name] = told(words, "a number", number(Number.MAX_SAFE_INTEGER));
    } else if (word.text === "on" && of === "server") {
      on = told(words, `a service, ${END}, or a firewall mark`, endOrMark);
    } else
      throw words.error(
        word,
        `one of ${FIGURES.join(", ")}${of === "server" ? ", or on SERVICE" : ""}`,
      );
  }
  if (Object.keys(figures).length === 0) {
    throw words.error(undefined, `one of ${FIGURES.join(", ")} and a number`);
  }
  return { type: "figures", of, end, ...(on !== undefined && { on }), figures };
}

function endOrMark(text: string): End | number | undefined {
  return number(0xffffffff)(text) ?? readEnd(text);
}

/** Takes words that belong together. */
function phrase(words: WordReader, ...expected: readonly string[]): void {
  for (const word of expected) {
    told(words, `"${word}"`, (text) => (text === word ? word : undefined));
  }
}

function percent(text: string): number | undefined {
  const value = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  return value === undefined || Number(value) > 100 ? undefined : Number(value);
}

function number(most: number): (text: string) => number | undefined {
  return (text) => readNumber(text, most);
}
