/**
 * A file as lint looks at it: its services and real servers with their places, whether or not a director
 * would have them, and what reading it has found already.
 *
 * @module
 */
import type { Change } from "../ipvsadm/command.ts";
import { serverKey, serviceKey } from "../ipvsadm/keys.ts";
import * as messages from "../ipvsadm/messages.ts";
import { parseRules, type Rule } from "../ipvsadm/rules-file.ts";
import { askedOfKeepalived } from "../keepalived/import.ts";
import type { Surroundings } from "../keepalived/preprocessor.ts";
import type { Position } from "../rules/position.ts";
import type { WantedServer, WantedService } from "../rules/wanted.ts";
import type { TimeoutConfig } from "../wire/ipvs-objects.ts";
import { type Finding, SEVERITY_OF } from "./finding.ts";
import type { RuleName } from "./rule-name.ts";

/** A part of the table that is known to have a place. */
type Located<Part> = Part & { readonly at: Position };

/** A real server with its place. */
export type LintServer = Located<WantedServer>;

/** A service with its place. */
export interface LintService extends Located<Omit<WantedService, "servers">> {
  readonly servers: readonly LintServer[];
}

/** What there is to look at. */
export interface LintTable {
  readonly services: readonly LintService[];
  readonly timeouts?: { readonly config: TimeoutConfig; readonly at: Position } | undefined;
  /** Found while the file was read. */
  readonly findings: readonly Finding[];
}

/**
 * Returns a configuration of keepalived as lint looks at it.
 *
 * @throws KeepalivedError when it cannot be understood
 */
export function tableOfKeepalived(
  path: string,
  text: string,
  surroundings: Surroundings,
): LintTable {
  const { services, timeouts, remarks } = askedOfKeepalived(path, text, surroundings);
  const start = { path, line: 1, column: 1 };
  const findings = remarks.flatMap(({ at, rule, text: statement, reason }): readonly Finding[] =>
    rule === undefined ? [] : [finding(rule, at, `"${statement}": ${reason}`)],
  );
  const located = services.map((service) => ({
    ...service,
    at: service.at ?? start,
    servers: service.servers.map((server) => ({ ...server, at: server.at ?? start })),
  }));
  return {
    services: located,
    findings,
    timeouts: timeouts && { config: timeouts.config, at: timeouts.at ?? start },
  };
}

/** The port of a real server as a line has it. */
const WRITTEN_PORT = /\s(?:-r|--real-server)[ =]?\S+:(\d+)(?=[\s"])/;

/** Rules that ipvsadm's own sentences stand for. */
const RULE_OF_SENTENCE: Readonly<Record<string, RuleName>> = {
  [messages.ILLEGAL_WEIGHT]: "weight-range",
  [messages.ZERO_PORT]: "zero-port",
  [messages.ONE_PACKET_IS_FOR_UDP]: "ops-protocol",
  [messages.FAMILIES_DIFFER]: "other-family",
};

/** Returns a file of rules as lint looks at it; lines that cannot be understood are found. */
export async function tableOfRules(path: string, text: string): Promise<LintTable> {
  const findings: Finding[] = [];
  const { rules } = await parseRules(path, text, (line, words, reason) => {
    const rule = RULE_OF_SENTENCE[reason] ?? "refused";
    const at = { path, line, column: 1 };
    findings.push(finding(rule, at, `"${words}": ipvsadm refuses it: ${reason}`));
  });
  const reader = new RulesReader(path, findings);
  for (const rule of rules) reader.obey(rule);
  return reader.table();
}

type MutableService = Omit<LintService, "servers"> & { readonly servers: Map<string, LintServer> };

/** Obeys rules without refusing what only a director refuses. */
class RulesReader {
  readonly #path: string;
  readonly #findings: Finding[];
  readonly #services = new Map<string, MutableService>();
  #timeouts: LintTable["timeouts"];

  constructor(path: string, findings: Finding[]) {
    this.#path = path;
    this.#findings = findings;
  }

  obey({ change, line = 1, place }: Rule): void {
    const at = { path: this.#path, line, column: 1 };
    switch (change.verb) {
      case "add-service":
      case "edit-service":
        this.#service(change, at, place);
        break;
      case "add-server":
      case "edit-server":
        this.#server(change, at, place);
        break;
      case "delete-service":
        this.#services.delete(serviceKey(change.id));
        break;
      case "delete-server":
        this.#services.get(serviceKey(change.service))?.servers.delete(serverKey(change.id));
        break;
      case "flush":
        this.#services.clear();
        break;
      case "set":
        this.#timeouts = { config: change.timeouts, at };
        break;
      case "zero":
      case "start-daemon":
      case "stop-daemon":
        break;
    }
  }

  table(): LintTable {
    const services = [...this.#services.values()].map(({ servers, ...service }) => ({
      ...service,
      servers: [...servers.values()],
    }));
    return { services, timeouts: this.#timeouts, findings: this.#findings };
  }

  #service(
    change: Extract<Change, { verb: "add-service" | "edit-service" }>,
    at: Position,
    place: string,
  ): void {
    const { id, config, verb } = change;
    const twin = this.#services.get(serviceKey(id));
    if (verb === "edit-service" && twin === undefined) {
      this.#found("refused", at, `${place}: there is no such service to edit`);
    } else if (verb === "add-service" && twin !== undefined) {
      this.#found("duplicate-service", at, `${place}: the service exists already, ${twin.place}`);
    } else {
      const servers = twin?.servers ?? new Map<string, LintServer>();
      this.#services.set(serviceKey(id), { id, config, at, place, servers });
    }
  }

  #server(
    change: Extract<Change, { verb: "add-server" | "edit-server" }>,
    at: Position,
    place: string,
  ): void {
    const { id, config, verb } = change;
    const servers = this.#services.get(serviceKey(change.service))?.servers;
    const twin = servers?.get(serverKey(id));
    if (servers === undefined) {
      this.#found("refused", at, `${place}: no line before it adds its service`);
    } else if (verb === "edit-server" && twin === undefined) {
      this.#found("refused", at, `${place}: there is no such real server to edit`);
    } else if (verb === "add-server" && twin !== undefined) {
      this.#found("duplicate-server", at, `${place}: the service has it already, ${twin.place}`);
    } else {
      servers.set(serverKey(id), { id, config, at, place });
      const written = WRITTEN_PORT.exec(place)?.[1];
      if (written !== undefined && Number(written) !== id.port) {
        const why = `ipvsadm replaces port ${written} with ${id.port}: only -m changes ports`;
        this.#found("other-port", at, `${place}: ${why}`);
      }
    }
  }

  #found(rule: RuleName, at: Position, message: string): void {
    this.#findings.push(finding(rule, at, message));
  }
}

/** Returns a finding with the severity its rule has. */
export function finding(rule: RuleName, at: Position, message: string): Finding {
  return { rule, severity: SEVERITY_OF[rule], at, message };
}
