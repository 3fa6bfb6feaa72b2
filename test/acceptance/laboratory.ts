/**
 * The laboratory of the demo as the acceptance tests use it: rules, programs and the state of the
 * director.
 *
 * @module
 */
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Test } from "tap";
import { REAL_SERVERS, type RealServer } from "../../src/lab/demo/laboratory.ts";
import { type LabDevice, NamespaceLaboratory } from "../../src/lab/demo/namespaces.ts";
import { startProgram } from "../../src/lab/host-program.ts";
import { ROOT } from "../support/files.ts";

/** Words that run `uipvs`. */
export const UIPVS = [process.execPath, join(ROOT, "bin", "uipvs.js")] as const;

/** Devices a director is tried with. */
export const DEVICES = ["tun", "ring", "cap"] as const satisfies readonly LabDevice[];

/** Builds a laboratory that goes with the test. */
export async function laboratory(t: Test, device: LabDevice = "tun"): Promise<NamespaceLaboratory> {
  const lab = await NamespaceLaboratory.build(device);
  t.teardown(() => lab.close());
  return lab;
}

/** Returns the words that run a program of this folder. */
export function helperWords(name: string, ...words: readonly string[]): readonly string[] {
  const url = new URL(`./${name}${extname(import.meta.url)}`, import.meta.url);
  return [process.execPath, fileURLToPath(url), ...words];
}

/** Starts a program on all real servers. */
export async function onRealServers(
  lab: NamespaceLaboratory,
  wordsFor: (server: RealServer) => readonly string[],
): Promise<void> {
  const starts = REAL_SERVERS.map((server) =>
    startProgram(lab.host(server.name), wordsFor(server)),
  );
  await Promise.all(starts);
}

/**
 * Returns the rules of a service with some real servers, as `uipvsadm -R` reads them.
 *
 * @param service such as `-t 192.168.1.100:80`
 * @param port of the real servers
 * @param flag of the forwarding method: `-m`, `-g` or `-i`
 */
export function rulesOf(
  service: string,
  options: string,
  port: number,
  flag: string,
  servers: readonly RealServer[] = REAL_SERVERS,
): string {
  const lines = [
    `-A ${service} ${options}`,
    ...servers.map(({ address }) => `-a ${service} -r ${address}:${port} ${flag}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** Gives the director these rules and no others. */
export async function setRules(t: Test, lab: NamespaceLaboratory, rules: string): Promise<void> {
  t.match(await lab.uipvsadm(["-C"], ""), { status: 0, output: "" });
  t.match(await lab.uipvsadm(["-R"], rules), { status: 0, output: "" });
}

/**
 * Asserts that the director has lost no packet, by its own account.
 *
 * @param except reasons that may be among its drops
 */
export async function nothingDropped(
  t: Test,
  lab: NamespaceLaboratory,
  except: readonly string[] = [],
): Promise<void> {
  const words = [...UIPVS, "status", "--json", "--socket", lab.socket];
  const status = JSON.parse(await lab.host("director").mustRun(words));
  for (const reason of except) delete status.drops[reason];
  t.strictSame(status.drops, {}, "the director has dropped nothing");
}
