/**
 * Whether the hosts of a lab can be simulated.
 *
 * @module
 */
import type { Lab } from "../course/lab-folder.ts";
import { readBlocks } from "../course/lab-text.ts";
import { NOT_SIMULATED } from "./programs.ts";

/** Programs a lab may need of the system. */
const NEEDS: ReadonlySet<string> = new Set(["curl"]);
/** Kernel parameters that change nothing between simulated hosts, as these ask nobody for link addresses. */
const WITHOUT_EFFECT = /^net\.ipv4\.conf\.\w+\.arp_\w+$/;
/** Uses of ip(8) that are simulated. */
const IP = /\bip (?!-?4? ?(?:route|link set)\b)/;

/** Returns why the hosts of a lab cannot be simulated, as a sentence without final period; `undefined` where they can. */
export function obstacleTo({ plan, text }: Lab): string | undefined {
  for (const [name, host] of Object.entries(plan.hosts)) {
    const { tunnel, director, sysctls, links, loopback } = host;
    if (tunnel !== undefined) return `tunnels end on host "${name}"`;
    if (director) return `one more director runs on host "${name}"`;
    const parameter = Object.keys(sysctls).find((key) => !WITHOUT_EFFECT.test(key));
    if (parameter !== undefined) return `host "${name}" has the kernel parameter ${parameter}`;
    const addresses = [...loopback, ...Object.values(links).flatMap((link) => link.addresses)];
    if (addresses.some((address) => address.includes(":"))) return `host "${name}" has IPv6`;
  }
  const program = plan.needs.find((need) => !NEEDS.has(need));
  if (program !== undefined) return `it uses ${program}`;
  const lines = [
    ...readBlocks(text.en).blocks.flatMap((block) =>
      block.host === undefined ? [] : block.commands,
    ),
    ...plan.setup.map(({ run }) => run),
    ...plan.steps.flatMap(({ checks }) =>
      checks.flatMap((check) => ("run" in check ? [check.run] : [])),
    ),
  ];
  for (const line of lines) {
    const found = NOT_SIMULATED.find((name) => new RegExp(`(^|[;&|(] ?)${name} `).test(line));
    if (found !== undefined) return `it uses ${found}`;
    if (IP.test(line)) return `it uses "${line.slice(line.search(IP))}"`;
  }
  return undefined;
}
