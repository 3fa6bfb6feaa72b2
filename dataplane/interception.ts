/**
 * Has the host hand over the packets of virtual services, and undoes it.
 *
 * The rules are those of capture-rules.ts, of the selectors port-groups.ts makes of those wanted. A
 * family nothing is wanted of is not touched. Nothing lasts beyond the process but rules and settings,
 * and these can be undone by any later process: rules carry a number of ours, settings stand in a file.
 * The host is at no moment without a rule for its local addresses, in whatever step the process dies.
 *
 * Source: ip-rule(8); Documentation/networking/policy-routing.rst.
 *
 * @module
 */
import type { Family } from "../src/net/address.ts";
import { ICMP, ICMPV6 } from "../src/net/protocol.ts";
import { ORIGIN, TABLE } from "../src/wire/rtnetlink.ts";
import { RULE_ACTION, type Rule } from "../src/wire/rtnetlink-rule.ts";
import {
  captureRule,
  FIRST_TABLE,
  givenBackRules,
  isLocalLookup,
  landingRules,
  linkRule,
  OUR_ORIGIN,
  PRIORITY,
  type Selector,
  type SelectorChange,
  selectorKey,
  takenLandingRules,
  takenRule,
  wholeRule,
} from "./capture-rules.ts";
import { enableForwarding, restoreSettings } from "./host-settings.ts";
import { ruleCommand } from "./ip-command.ts";
import { PortGroups } from "./port-groups.ts";
import { RoutingRules } from "./routing-rules.ts";
import { readSysctl, writeSysctl } from "./sys/sysctl.ts";
import type { Log } from "./tun.ts";

export type { Selector, SelectorChange } from "./capture-rules.ts";

/** An interface packets are routed into. */
export interface CaptureDevice {
  readonly name: string;
  /** Index of the interface. */
  readonly interfaceIndex: number;
}

/** Takes packets from links before the host does, which is to drop them. */
export interface DirectCapture {
  /** Names of the interfaces it can take packets from. */
  readonly interfaces: readonly string[];
  /** Takes what is selected now of packets of these interfaces from now on, and of no others. */
  takeFrom(names: readonly string[]): void;
}

/** What an interception is opened with. */
export interface InterceptionOptions {
  /** Returns the device for packets of a firewall mark, 0 for all others; opens it when needed. */
  readonly deviceFor: (mark: number) => CaptureDevice;
  /** File for the settings to restore, in a folder that exists. */
  readonly statePath: string;
  /** Takes packets from links, where there is such a device, and what it is to take. */
  readonly direct?: { readonly device: DirectCapture; readonly selection: Selection } | undefined;
  readonly log?: Log;
}

/** Selectors in force. */
interface Selection {
  add(selector: Selector): void;
  remove(selector: Selector): void;
}

const FAMILIES = [4, 6] as const satisfies readonly Family[];

/** Protocols of the errors of each family. */
const ERRORS: Readonly<Record<Family, number>> = { 4: ICMP, 6: ICMPV6 };

/** The host's local rule as it stands when nobody touched it. */
function hostsLocalRule(family: Family): Rule {
  return {
    family,
    priority: 0,
    origin: ORIGIN.kernel,
    action: RULE_ACTION.lookup,
    table: TABLE.local,
  };
}

/** A selector in force. */
interface Installed {
  readonly selector: Selector;
  readonly rules: readonly Rule[];
}

/** The packets of this network namespace that the director gets. */
export class Interception {
  readonly #options: InterceptionOptions & { readonly log: Log };
  readonly #routing: RoutingRules;
  /** What is wanted, and so in force but for a call of `apply` that is under way. */
  readonly #groups = new PortGroups();
  /** Selectors in force and their rules, by `selectorKey`. */
  readonly #installed = new Map<string, Installed>();
  /** What undoes each change but for those of `#installed`, newest last. */
  readonly #undo: (() => void)[] = [];
  /** Families whose local rule has been moved. */
  readonly #families = new Set<Family>();
  /** Families and protocols whose fragments are told from other packets. */
  readonly #fragmented = new Set<string>();
  /** Tables by family and mark. */
  readonly #tables = new Map<string, number>();
  /** Rules of links whose packets are taken directly, by family and name. */
  readonly #links = new Map<string, Rule>();
  /** Selectors in force of a firewall mark. */
  #marks = 0;
  #open = true;

  private constructor(options: InterceptionOptions & { readonly log: Log }, routing: RoutingRules) {
    this.#options = options;
    this.#routing = routing;
  }

  /**
   * Begins without any packet, after undoing what a process that was killed has left.
   *
   * @throws SystemError when the kernel refuses; Error when another director is at work in this network
   *   namespace, or without koffi
   */
  static open(options: InterceptionOptions): Interception {
    const { log = () => {} } = options;
    const own = options.deviceFor(0).name;
    const routing = new RoutingRules(log);
    try {
      for (const rule of FAMILIES.flatMap((family) => ownRules(routing, family))) {
        const name = rule.interfaceIn;
        if (rule.priority !== PRIORITY.givenBack || name === undefined || name === own) continue;
        if (readSysctl(`net/ipv4/conf/${name}/forwarding`) === undefined) continue;
        throw new Error(
          `Cannot intercept packets with "${own}": another director does so with "${name}"`,
        );
      }
      cleanUp({ statePath: options.statePath, log });
      return new Interception({ ...options, log }, routing);
    } catch (error) {
      routing.close();
      throw error;
    }
  }

  /**
   * Has the host hand over what else `change` adds, and no longer what it removes. Packets that stay
   * selected are handed over without a gap. The cost is that of what changes, whatever is in force.
   *
   * @throws Error (most often a SystemError) when the host refuses a change; what was in force then
   *   still is
   */
  apply(change: SelectorChange): void {
    const { add, remove, revert } = this.#groups.change(change);
    const undo: (() => void)[] = [revert];
    const prepared = this.#undo.length;
    try {
      for (const selector of add) undo.push(this.#install(selector));
      for (const selector of remove) undo.push(this.#uninstall(selectorKey(selector)));
      this.linksChanged();
    } catch (error) {
      // A host that refuses this as well is beyond help; the first refusal tells why.
      attemptAll(undo.reverse());
      attemptAll(this.#undo.splice(prepared).reverse());
      throw error;
    }
  }

  /**
   * Has packets taken from the links there are now, if they are taken from links at all, and its device know
   * of all that has changed. As long as there is a selector of a firewall mark, no packet is.
   *
   * @throws SystemError when the host refuses
   */
  linksChanged(): void {
    const { direct } = this.#options;
    if (direct === undefined || !this.#open) return;
    const names = this.#marks === 0 ? direct.device.interfaces : [];
    const wanted = new Map<string, Rule>();
    for (const family of this.#families) {
      for (const name of names) wanted.set(`${family} ${name}`, linkRule(family, name));
    }
    for (const [key, rule] of this.#links) if (!wanted.has(key)) this.#removeLink(key, rule);
    for (const [key, rule] of wanted) {
      if (this.#links.has(key)) continue;
      this.#routing.addRule(rule);
      this.#links.set(key, rule);
    }
    direct.device.takeFrom(names);
  }

  /**
   * Makes the host as it was. Calling it again does nothing.
   *
   * @throws Error when the host refuses; everything else has been undone then, and `cleanUp` may try
   *   again
   */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    const { statePath, log } = this.#options;
    const [failure] = attemptAll([
      ...Array.from(
        this.#links,
        ([key, rule]) =>
          () =>
            this.#removeLink(key, rule),
      ),
      ...Array.from(this.#installed.values(), ({ rules }) => rules)
        .flat()
        .map((rule) => () => this.#routing.deleteRule(rule)),
      ...this.#undo.reverse(),
      () => restoreSettings(statePath, log),
    ]);
    this.#routing.close();
    if (failure !== undefined) throw failure;
  }

  #install(selector: Selector): () => void {
    const key = selectorKey(selector);
    const table = this.#tableFor(selector.family, selector.fwmark ?? 0);
    if (selector.fragments) this.#tellFragments(selector.family, selector.protocol ?? 0);
    this.#put(key, { selector, rules: this.#rulesOf(selector, table) });
    return () => void this.#uninstall(key);
  }

  /** Puts an installed selector in force, wholly or not at all. */
  #put(key: string, installed: Installed): void {
    const done: (() => void)[] = [];
    try {
      for (const rule of installed.rules) {
        this.#routing.addRule(rule);
        done.push(() => this.#routing.deleteRule(rule));
      }
    } catch (error) {
      attemptAll(done.reverse());
      throw error;
    }
    const { selector } = installed;
    this.#installed.set(key, installed);
    if (selector.fwmark !== undefined) this.#marks++;
    this.#options.direct?.selection.add(selector);
  }

  /** Returns the rules of a selector: by which the host hands packets over, and drops those taken. */
  #rulesOf(selector: Selector, table: number): readonly Rule[] {
    const rule = captureRule(selector, table);
    const { direction, fwmark } = selector;
    const takes = this.#options.direct !== undefined && fwmark === undefined;
    return takes && direction !== "error" ? [rule, takenRule(selector)] : [rule];
  }

  #removeLink(key: string, rule: Rule): void {
    this.#routing.deleteRule(rule);
    this.#links.delete(key);
  }

  #uninstall(key: string): () => void {
    const installed = this.#installed.get(key);
    if (installed === undefined) return () => {};
    const { selector, rules } = installed;
    this.#options.direct?.selection.remove(selector);
    for (const rule of rules) this.#routing.deleteRule(rule);
    this.#installed.delete(key);
    if (selector.fwmark !== undefined) this.#marks--;
    return () => this.#put(key, installed);
  }

  /** Returns the table that leads into the device of a mark, prepared with all it needs. */
  #tableFor(family: Family, mark: number): number {
    const name = `${family} ${mark}`;
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    // A mark keeps its table in both families, and the tables of ended marks are not used again.
    const table = this.#tables.get(`${family === 4 ? 6 : 4} ${mark}`) ?? this.#freeTable(mark);
    const from = this.#undo.length;
    try {
      if (!this.#families.has(family)) this.#makeRoom(family);
      this.#leadInto(this.#options.deviceFor(mark), family, table);
    } catch (error) {
      attemptAll(this.#undo.splice(from).reverse());
      throw error;
    }
    this.#tables.set(name, table);
    this.#undo.push(() => void this.#tables.delete(name));
    return table;
  }

  #freeTable(mark: number): number {
    return mark === 0 ? FIRST_TABLE : Math.max(FIRST_TABLE, ...this.#tables.values()) + 1;
  }

  /** Moves the host's local rule behind the place of ours and has the host forward packets. */
  #makeRoom(family: Family): void {
    const { statePath, log } = this.#options;
    const rules = this.#routing.rules(family);
    const first = rules.find((rule) => rule.priority === 0 && isLocalLookup(rule));
    const foreign = rules.find(({ priority }) => priority > 0 && priority <= PRIORITY.end);
    if (foreign !== undefined) {
      throw new Error(
        `Cannot intercept packets: policy rules 1–${PRIORITY.end} must be free, the host has "${ruleCommand("add", foreign)}"`,
      );
    }
    for (const rule of landingRules(family, first !== undefined, ERRORS[family]))
      this.#addRule(rule);
    if (this.#options.direct !== undefined) {
      for (const rule of takenLandingRules(family)) this.#addRule(rule);
    }
    if (first !== undefined) {
      this.#undo.push(() => this.#routing.addRule(first));
      this.#routing.deleteRule(first);
    }
    enableForwarding(family, statePath, log);
    this.#families.add(family);
    this.#undo.push(() => void this.#families.delete(family));
  }

  /** Has the rules for fragments see no other packets of a protocol. */
  #tellFragments(family: Family, protocol: number): void {
    const name = `${family} ${protocol}`;
    if (this.#fragmented.has(name)) return;
    this.#addRule(wholeRule(family, protocol));
    if (this.#options.direct !== undefined) {
      this.#addRule(wholeRule(family, protocol, PRIORITY.takenWhole));
    }
    this.#fragmented.add(name);
    this.#undo.push(() => void this.#fragmented.delete(name));
  }

  /** Routes a table into a device, and lets what comes from there pass. */
  #leadInto(device: CaptureDevice, family: Family, table: number): void {
    const { name, interfaceIndex } = device;
    if (family === 6) this.#enableIpv6(name);
    for (const rule of givenBackRules(family, name)) this.#addRule(rule);
    const route = { family, table, origin: OUR_ORIGIN, out: interfaceIndex };
    this.#routing.addRoute(route, name);
    this.#undo.push(() => this.#routing.deleteRoute(route, name));
  }

  #enableIpv6(name: string): void {
    const setting = `net/ipv6/conf/${name}/disable_ipv6`;
    if (readSysctl(setting) !== "1") return;
    writeSysctl(setting, "0");
    this.#options.log(`sysctl -w ${setting}=0`);
  }

  #addRule(rule: Rule): void {
    this.#routing.addRule(rule);
    this.#undo.push(() => this.#routing.deleteRule(rule));
  }
}

/** What `cleanUp` needs to know. */
export interface CleanUpOptions {
  /** The `statePath` of the interception. */
  readonly statePath: string;
  readonly log?: Log;
}

/**
 * Undoes what an interception has left whose process was killed. Without one it changes nothing.
 *
 * @returns the changes made, as commands
 * @throws SystemError when the kernel refuses; Error without koffi
 */
export function cleanUp({ statePath, log = () => {} }: CleanUpOptions): readonly string[] {
  const commands: string[] = [];
  const note = (command: string) => {
    commands.push(command);
    log(command);
  };
  const routing = new RoutingRules(note);
  try {
    for (const family of FAMILIES) cleanUpFamily(routing, family);
  } finally {
    routing.close();
  }
  restoreSettings(statePath, note);
  return commands;
}

function cleanUpFamily(routing: RoutingRules, family: Family): void {
  const rules = routing.rules(family);
  const own = rules.filter((rule) => rule.origin === OUR_ORIGIN);
  const tables = new Set([FIRST_TABLE]);
  for (const { table } of own) if (table !== undefined && table !== TABLE.local) tables.add(table);
  const hasLocal = rules.some((rule) => rule.priority === 0 && isLocalLookup(rule));
  if (!hasLocal && own.some(isLocalLookup)) routing.addRule(hostsLocalRule(family));
  // The captures first: without the rule for what is given back, packets would go in circles.
  const captures = own.filter((rule) => rule.interfaceIn === undefined);
  for (const rule of captures) routing.deleteRule(rule);
  for (const rule of own) if (rule.interfaceIn !== undefined) routing.deleteRule(rule);
  for (const table of tables) {
    for (const { origin, out } of routing.routes(family, table)) {
      if (origin !== OUR_ORIGIN || out === undefined) continue;
      routing.deleteRoute({ family, table, origin, out }, `if${out}`);
    }
  }
}

/** Takes all steps and returns why some of them failed. */
function attemptAll(steps: readonly (() => void)[]): readonly unknown[] {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}

function ownRules(routing: RoutingRules, family: Family): readonly Rule[] {
  return routing.rules(family).filter((rule) => rule.origin === OUR_ORIGIN);
}
