/**
 * Keeps the rules few where an address has many ports.
 *
 * The host tries policy rules one after the other for each packet, so a rule a port costs every packet
 * of the host: ten thousand services would be ten thousand comparisons. Up to `MOST_PORTS` ports of an
 * address, protocol and direction have a rule each, and one more the fragments, which show no ports; the
 * host's other packets take no detour. Beyond that, or where any port is wanted anyway, one rule hands
 * over them all; what is not the director's it gives back to the host.
 *
 * Which rules there are depends on what is wanted alone, not on how it came to be wanted.
 *
 * @module
 */
import { type Selector, type SelectorChange, selectorKey } from "./capture-rules.ts";

/** Ports of an address, protocol and direction that have a rule each. */
export const MOST_PORTS = 4;

/** Stands for any port among the ports of a group. */
const ANY = 0;

/** What a change of what is wanted makes of the rules. */
export interface RuleChange extends SelectorChange {
  /** Forgets the change, once, before the next. */
  revert(): void;
}

/** Selectors wanted that differ in their ports alone, by port. */
type Group = Map<number, Selector>;

/** A group that changes. */
interface Touched {
  readonly key: string;
  readonly group: Group;
  /** What rules were made of. */
  readonly rules: readonly Selector[];
  /** Selectors that were or are to be wanted, and whether they were, by port. */
  readonly before: Map<number, { readonly selector: Selector; readonly wanted: boolean }>;
}

/** The selectors wanted, and those rules are made of. */
export class PortGroups {
  readonly #groups = new Map<string, Group>();

  /** Notes that selectors are wanted or no longer are; what is so already is passed over. */
  change({ add, remove }: SelectorChange): RuleChange {
    const touched = new Map<string, Touched>();
    for (const selector of remove) this.#set(touched, selector, false);
    for (const selector of add) this.#set(touched, selector, true);
    const rules = { add: [] as Selector[], remove: [] as Selector[] };
    for (const change of touched.values()) {
      const now = rulesOf(change.group);
      rules.add.push(...without(now, change.rules));
      rules.remove.push(...without(change.rules, now));
      if (change.group.size === 0) this.#groups.delete(change.key);
    }
    return { ...rules, revert: () => this.#revert(touched.values()) };
  }

  #set(touched: Map<string, Touched>, selector: Selector, wanted: boolean): void {
    const port = selector.port ?? ANY;
    const change = this.#touch(touched, selectorKey(wide(selector)));
    if (!change.before.has(port))
      change.before.set(port, { selector, wanted: change.group.has(port) });
    if (wanted) change.group.set(port, selector);
    else change.group.delete(port);
  }

  #touch(touched: Map<string, Touched>, key: string): Touched {
    const known = touched.get(key);
    if (known !== undefined) return known;
    const group: Group = this.#groups.get(key) ?? new Map();
    this.#groups.set(key, group);
    const change = { key, group, rules: rulesOf(group), before: new Map() };
    touched.set(key, change);
    return change;
  }

  #revert(touched: Iterable<Touched>): void {
    for (const { key, group, before } of touched) {
      for (const [port, { selector, wanted }] of before) {
        if (wanted) group.set(port, selector);
        else group.delete(port);
      }
      if (group.size === 0) this.#groups.delete(key);
      else this.#groups.set(key, group);
    }
  }
}

/** Returns what rules are to be made of: few, however many ports there are. */
function rulesOf(group: Group): readonly Selector[] {
  const some = group.values().next().value;
  if (some === undefined) return [];
  if (isWide(group)) return [wide(some)];
  return [...group.values(), { ...wide(some), fragments: true }];
}

/** Returns the selectors that are not among others. */
function without(selectors: readonly Selector[], others: readonly Selector[]): readonly Selector[] {
  const keys = new Set(others.map(selectorKey));
  return selectors.filter((selector) => !keys.has(selectorKey(selector)));
}

function isWide(group: Group): boolean {
  return group.has(ANY) || group.size > MOST_PORTS;
}

/** Returns the selector of any port. */
function wide({ port: _, ...selector }: Selector): Selector {
  return selector;
}
