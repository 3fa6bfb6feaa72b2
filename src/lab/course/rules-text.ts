/**
 * The text of a lab made of rules, in each language.
 *
 * @module
 */
import type { Language, Localized } from "./language.ts";
import type { RulesNetwork } from "./rules-network.ts";

/** A service that is asked for a page. */
export interface Visit {
  /** Address and port: `192.0.2.10:80`. */
  readonly service: string;
  /** The line typed on the client. */
  readonly command: string;
  /** What it prints. */
  readonly prints: string;
}

/** What the text says around the commands. */
interface Words {
  readonly intro: string;
  readonly table: string;
  readonly look: string;
  readonly service: string;
  readonly ask: string;
}

const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    intro:
      "Each real server is a host; whatever the port, a web server answers there. These are the hosts:",
    table: "The rules",
    look: "The director has them from the start:",
    service: "The service",
    ask: "A real server answers the client, and says which one it is:",
  },
  zh: {
    intro: "每台真实服务器都是一台主机；无论端口是几号，应答的都是 Web 服务器。主机如下：",
    table: "规则",
    look: "调度器一开始就有这些规则：",
    service: "虚拟服务",
    ask: "某台真实服务器会应答客户端，并说明自己是哪一台：",
  },
};

/** Returns the text in a language. */
export function rulesText(
  language: Language,
  title: Localized,
  { hosts }: RulesNetwork,
  visits: readonly Visit[],
): string {
  const words = WORDS[language];
  const names = Object.keys(hosts);
  const width = Math.max(...names.map((name) => name.length));
  const drawing = Object.entries(hosts).map(([name, { links = {} }]) => {
    const addresses = Object.values(links).flatMap((link) => link.addresses ?? []);
    return `${name.padEnd(width)}  ${addresses.join("  ")}`;
  });
  return [
    `# ${title[language]}`,
    words.intro,
    block("text", drawing),
    `## ${words.table}`,
    words.look,
    block("sh director", ["ipvsadm -L -n"]),
    ...visits.flatMap(({ service, command, prints }, at) => [
      `## ${at + 1}. ${words.service} ${service}`,
      words.ask,
      block("sh client", [command]),
      block("text", [prints]),
      block("sh", ["uipvs lab check"]),
    ]),
  ]
    .join("\n\n")
    .concat("\n");
}

function block(language: string, lines: readonly string[]): string {
  return ["```".concat(language), ...lines, "```"].join("\n");
}
