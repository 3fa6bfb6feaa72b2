/**
 * A lab to begin with, made of a table: hosts for its real servers, and a step for each service a client is answered by.
 *
 * It is passed as it is; from there on it is for teachers to take out what students are to do.
 *
 * @module
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { commandText } from "../../ipvsadm/format/commands.ts";
import { formatEndpoint } from "../../net/endpoint.ts";
import type { Wanted } from "../../rules/wanted.ts";
import { wantedChanges } from "../../rules/wanted-changes.ts";
import { LabError } from "./lab-error.ts";
import { PLAN_FILE, textFile } from "./lab-folder.ts";
import { DIRECTOR } from "./lab-hosts.ts";
import type { LabDraft, LabStep } from "./lab-schema.ts";
import { LANGUAGES, type Localized } from "./language.ts";
import { rulesNetwork } from "./rules-network.ts";
import { type LabService, type LeftOut, labTable } from "./rules-table.ts";
import { rulesText, type Visit } from "./rules-text.ts";

const HEADING =
  "# A lab: hosts, and steps that are checked. docs/labs.md explains every key; `uipvs lab lint` says what is wrong.\n";
const HTTP = 80;
const MINUTES_A_STEP = 5;
const MOST_MINUTES = 600;

/**
 * Returns the files of a lab of a table, by name.
 *
 * @param from what the table is from, for people
 * @param onLeftOut is told what the lab does not have, also when there is none
 * @throws LabError when there is nothing a client could ask for, or there are too many real servers
 */
export function rulesLab(
  from: string,
  wanted: Wanted,
  onLeftOut: (each: LeftOut) => void,
): Readonly<Record<string, string>> {
  const { services, leftOut } = labTable(wanted.services);
  leftOut.forEach(onLeftOut);
  const asked = services.filter(({ port }) => port !== undefined);
  if (asked.length === 0) {
    throw new LabError(`Cannot make a lab of ${from}: it has no service a client could ask by TCP`);
  }
  const network = rulesNetwork(services);
  const title = { en: `The services of ${from}`, zh: `${from} 的虚拟服务` };
  const table = { ...wanted, services: services.map((service) => service.wanted) };
  const rules = [...wantedChanges(table)].map(({ change }) => commandText(change));
  const visits = asked.map((service) => visitOf(service, network.client));
  const tunnels = Object.values(network.hosts).some(({ tunnel }) => tunnel !== undefined);
  const plan: LabDraft = {
    title,
    summary: {
      en: "Its rules on a director, with a host for each real server.",
      zh: "调度器上有它的规则,每台真实服务器各有一台主机。",
    },
    minutes: Math.min(asked.length * MINUTES_A_STEP, MOST_MINUTES),
    needs: tunnels ? ["curl", "sysctl"] : ["curl"],
    hosts: network.hosts,
    setup: [
      ...network.setup,
      { on: DIRECTOR, run: [`ipvsadm -R <<'.'`, ...rules, ".", ""].join("\n") },
    ],
    steps: asked.map((service, at) => stepOf(service, visits[at]!, at + 1)),
  };
  const texts = LANGUAGES.map((language) => [
    textFile("", language),
    rulesText(language, title, network, visits),
  ]);
  return {
    [PLAN_FILE]: HEADING + stringify(plan, { lineWidth: 0, aliasDuplicateObjects: false }),
    ...Object.fromEntries(texts),
  };
}

/** Makes the folder of a lab. @throws LabError when there is something of that name, or it cannot be made */
export function writeLab(folder: string, files: Readonly<Record<string, string>>): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    throw new LabError(`Cannot make lab "${folder}": ${reasonOf(error)}`);
  }
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw new LabError(`Cannot make lab "${folder}": ${reasonOf(error)}`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: "it exists",
  ENOENT: "there is no folder to make it in",
};

function reasonOf(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}

function visitOf({ wanted: { id }, port = 0 }: LabService, client: string): Visit {
  const service = formatEndpoint({ address: id.address, port });
  const host = port === HTTP ? service.slice(0, service.lastIndexOf(":")) : service;
  return {
    service,
    command: `curl -s --max-time 3 http://${host}/`,
    prints: `real server …, client ${client}:…`,
  };
}

function stepOf(
  { wanted: { id, config, servers } }: LabService,
  { service, command, prints }: Visit,
  number: number,
): LabStep {
  const rules = [
    commandText({ verb: "add-service", id, config }),
    ...servers.map((server) =>
      commandText({ verb: "add-server", service: id, id: server.id, config: server.config }),
    ),
  ].map((rule) => `\`ipvsadm ${rule}\``);
  return {
    id: `service-${number}`,
    title: { en: `The service ${service}`, zh: `虚拟服务 ${service}` },
    checks: [{ on: "client", run: command, prints, otherwise: unanswered(service) }],
    hints: [
      {
        en: "On the director, `ipvsadm -L -n --stats` shows whether the client's packets arrive, and where they go.",
        zh: "在调度器上,`ipvsadm -L -n --stats` 显示客户端的数据包是否到达、又去了哪里。",
      },
      {
        en: `On the director: ${rules.join(", ")}; on the client: \`${command}\``,
        zh: `在调度器上运行 ${rules.join("、")};在客户端上运行 \`${command}\``,
      },
    ],
  };
}

function unanswered(service: string): Localized {
  return {
    en: `The client gets no answer from ${service}.`,
    zh: `客户端得不到 ${service} 的应答。`,
  };
}
