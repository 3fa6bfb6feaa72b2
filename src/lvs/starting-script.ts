/**
 * A first scenario for a configuration: the table it makes, and what becomes of a client of each service.
 *
 * It says what the emulator does now, so it passes; from there on it is for people to say what should happen.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type { Profile } from "../engine/profile.ts";
import { formatAddress, sameAddress } from "../net/address.ts";
import { formatEndpoint } from "../net/endpoint.ts";
import { SCTP, UDP } from "../net/protocol.ts";
import type { WantedService } from "../rules/wanted.ts";
import { EmulatorBed } from "../scenario/emulator-bed.ts";
import { topologyNamed } from "../scenario/topology.ts";
import type { ServiceId } from "../wire/ipvs-objects.ts";
import { readScript } from "./read-script.ts";
import { runScript } from "./run-script.ts";
import { withRecordedOutput } from "./update.ts";

/** What a scenario begins with. */
export interface StartingPoint {
  /** What the configuration is from, for people. */
  readonly from: string;
  /** Lines that make the table. */
  readonly table: readonly string[];
  readonly services: readonly Pick<WantedService, "id" | "servers">[];
  readonly profile: Profile;
  readonly seed: number;
}

const NAME = "scenario.lvs";
const STANDARD = "std";
/** Clients by family, none of whom is a neighbour. */
const CLIENTS = { 4: "203.0.113.7", 6: "2001:db8:cafe::7" } as const;
/** Where clients of services by firewall mark turn to: virtual addresses of the standard surroundings. */
const MARKED = { 4: "10.0.0.100", 6: "[2001:db8:c::100]" } as const;
/** Port to turn to where a service takes any. */
const ANY_PORT = 80;

/** Returns the text of the scenario. @throws ScenarioError for lines that cannot be carried out */
export async function startingScript(start: StartingPoint): Promise<string> {
  const { from, table, services } = start;
  const lines = [
    `# The configuration of ${from}, and what becomes of a first client of each service.`,
    ...ownAddresses(services),
    "",
    ...table,
    "",
    "$ ipvsadm -Ln",
    ...services.flatMap(({ id }) => ["", `$ ${clientLine(id)}`]),
    "",
  ];
  const recorded = await asRecorded(lines.join("\n"), start);
  return withEndings(recorded);
}

/** Returns remarks on real servers that happen to be the director itself in the standard surroundings. */
function ownAddresses(services: StartingPoint["services"]): readonly string[] {
  const { interfaces, virtual } = topologyNamed(STANDARD);
  const own = [...virtual, ...interfaces.flatMap(({ addresses }) => addresses)];
  const servers = services.flatMap((service) => service.servers.map(({ id }) => id.address));
  const met = servers.filter((server) => own.some(({ address }) => sameAddress(address, server)));
  const names = [...new Set(met.map(formatAddress))];
  return names.map((name) => `# Here ${name} is an address of the director itself.`);
}

function clientLine({ family, protocol, address, port, fwmark }: ServiceId): string {
  const marked = fwmark !== 0;
  const at = port === 0 ? ANY_PORT : port;
  const words = { family, words: address.words };
  const to = marked
    ? `${MARKED[family]}:${ANY_PORT}`
    : formatEndpoint({ address: words, port: at });
  const verb = protocol === UDP ? "asks" : "gets";
  const over = protocol === SCTP ? " over sctp" : "";
  return `client ${CLIENTS[family]} ${verb} ${to}${over}${marked ? ` mark=${fwmark}` : ""}`;
}

/** Returns the text with what each line that is to print something prints. */
async function asRecorded(text: string, { profile, seed }: StartingPoint): Promise<string> {
  const script = readScript(NAME, (path) => (path === NAME ? text : readFileSync(path, "utf8")));
  const bed = new EmulatorBed({ profile, seed });
  try {
    const { changes } = await runScript(script, bed, { seed });
    return withRecordedOutput(text, changes);
  } finally {
    await bed.close();
  }
}

/** What clients print who are not answered, and what is then to be expected. */
const ENDINGS: readonly (readonly [said: RegExp, expected: (name: string) => string])[] = [
  [/ ended by ICMP (\S+) x1$/, (name) => `expect icmp ${name}`],
  [/ reset x1$/, () => "expect reset"],
  [/ unanswered x1$/, () => "expect unanswered"],
];

/** Returns the text with an expectation behind each client who is not answered. */
function withEndings(text: string): string {
  return text
    .split("\n")
    .flatMap((line) => {
      for (const [said, expected] of ENDINGS) {
        const found = said.exec(line);
        if (found !== null) return [line, expected(found[1] ?? "")];
      }
      return [line];
    })
    .join("\n");
}
