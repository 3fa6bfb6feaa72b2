/**
 * A configuration of keepalived as the table it makes.
 *
 * @module
 */
import type { Wanted, WantedService } from "../rules/wanted.ts";
import { Preprocessor, type Surroundings } from "./preprocessor.ts";
import { readConfiguration } from "./read-configuration.ts";
import type { Remark } from "./remark.ts";
import { parseStatements } from "./statement.ts";
import { tableOf, withoutRefused } from "./table.ts";
import type { Configuration } from "./virtual-server.ts";

/** What was made of a configuration. */
export interface Imported {
  readonly wanted: Wanted;
  /** What was left out or changed, in the order of the files. */
  readonly remarks: readonly Remark[];
}

/** What keepalived asks a director for, some of which it may be refused. */
export interface Asked extends Pick<Configuration, "timeouts"> {
  readonly services: readonly WantedService[];
  /** What was left out or changed on the way, in the order of the files. */
  readonly remarks: readonly Remark[];
}

/**
 * Returns the table of a configuration, and what it does not have.
 *
 * @param path where the text is from, for messages and for what it includes
 * @throws KeepalivedError when it cannot be understood
 */
export function importKeepalived(path: string, text: string, surroundings: Surroundings): Imported {
  const { services, timeouts, remarks } = askedOfKeepalived(path, text, surroundings);
  const refused: Remark[] = [];
  return {
    wanted: {
      path,
      services: withoutRefused(services, (remark) => refused.push(remark)),
      complete: true,
      ...(timeouts === undefined
        ? {}
        : { timeouts: { ...timeouts, place: `line ${timeouts.at.line}, "lvs_timeouts"` } }),
    },
    remarks: inOrder([...remarks, ...refused]),
  };
}

/**
 * Returns what a configuration asks for, with what a director refuses of it.
 *
 * @param path where the text is from, for messages and for what it includes
 * @throws KeepalivedError when it cannot be understood
 */
export function askedOfKeepalived(path: string, text: string, surroundings: Surroundings): Asked {
  const remarks: Remark[] = [];
  const notice = (remark: Remark): void => void remarks.push(remark);
  const lines = new Preprocessor(surroundings).lines(path, text);
  const configuration = readConfiguration(path, parseStatements(lines), notice);
  const services = tableOf(configuration, notice);
  return { services, timeouts: configuration.timeouts, remarks: inOrder(remarks) };
}

/** Returns remarks in the order of the files, each once: the services of a group all remark on the same. */
function inOrder(remarks: readonly Remark[]): readonly Remark[] {
  const distinct = new Map<string, Remark>();
  for (const remark of remarks) {
    const { at, reason } = remark;
    const key = `${at.path}:${at.line}:${at.column} ${reason}`;
    if (!distinct.has(key)) distinct.set(key, remark);
  }
  return [...distinct.values()].sort(byPlace);
}

function byPlace({ at: a }: Remark, { at: b }: Remark): number {
  return a.path === b.path ? a.line - b.line || a.column - b.column : 0;
}

/** What a line of a configuration of keepalived looks like, and of no other file of rules. */
const TELLTALE =
  /^[ \t]*(@|!|\$\w+=|~(SEQx?|LST)\(|include[rmwba]?\s|virtual_server|global_defs|vrrp_|bfd_|static_|track_|[^\n{]*\S[ \t]*\{[ \t\r]*$)/m;
/** What the first line that says something looks like in a file of rules. */
const RULE = /^\s*(#[^\n]*\n\s*)*(ipvsadm\s+)?-/;

/** Whether a text is a configuration of keepalived, by its words. */
export function isKeepalived(text: string): boolean {
  return !RULE.test(text) && TELLTALE.test(text);
}
