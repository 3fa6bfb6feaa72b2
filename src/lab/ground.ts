/**
 * What the machine allows a laboratory: namespaces outright, in a user namespace, or not at all.
 *
 * Found out by trying: a throw-away namespace with every kind of interface a laboratory needs.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { openLibc } from "../../dataplane/sys/libc.ts";
import { sentenceOf } from "../base/sentence.ts";
import { inNewNetwork } from "./namespace-host.ts";
import { execute } from "./system-command.ts";

/** Where a laboratory can stand. */
export type Ground =
  | { readonly kind: "direct" }
  /** Only below `IN_USER_NAMESPACE`, as the root of a user namespace. */
  | { readonly kind: "user-namespace" }
  /** `reason` is a sentence without final period. */
  | { readonly kind: "none"; readonly reason: string };

/** Words that run the words after them as the root of a user namespace of their own. */
export const IN_USER_NAMESPACE: readonly string[] = ["unshare", "--user", "--map-root-user", "--"];

/** What a laboratory needs, and how it is tried. */
const NEEDS: readonly (readonly [what: string, command: string])[] = [
  ["entering namespaces", "nsenter --version >/dev/null"],
  ["virtual Ethernet", "ip link add probe0 type veth peer name probe1"],
  ["bridges", "ip link add probe2 type bridge"],
  ["TUN devices", "ip tuntap add dev probe3 mode tun"],
  ["kernel parameters", "echo 1 >/proc/sys/net/ipv4/ip_forward"],
];

/** Tries everything, and names what was refused. */
const PROBE = NEEDS.map(([what, command]) => `${command} || { echo "${what}"; exit 1; }`).join(
  "\n",
);

/** Returns where a laboratory can stand on this machine, for this user. */
export async function findGround(): Promise<Ground> {
  try {
    openLibc("Cannot open TUN interfaces");
  } catch (error) {
    return { kind: "none", reason: sentenceOf(error) };
  }
  const probe = inNewNetwork(["sh", "-c", PROBE]);
  const refusal = await refusalOf(probe);
  if (refusal === undefined) return { kind: "direct" };
  const inside = await refusalOf([...IN_USER_NAMESPACE, ...probe]);
  if (inside === undefined) return { kind: "user-namespace" };
  return { kind: "none", reason: inside };
}

/** Whether this process is in another user namespace than the first. Source: user_namespaces(7). */
export function insideUserNamespace(): boolean {
  const [, , count] = readFileSync("/proc/self/uid_map", "utf8").trim().split(/\s+/);
  return count !== "4294967295";
}

/** Returns why a command fails, or `undefined` when it does not. */
async function refusalOf(words: readonly string[]): Promise<string | undefined> {
  try {
    const { status, stdout, stderr } = await execute(words);
    if (status === 0) return undefined;
    const [said] = stderr.trim().split("\n");
    return `${stdout.trim() || "namespaces"}: ${said || `refused with exit status ${status}`}`;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    return missing ? `the program "${words[0]}" is not installed` : String(error);
  }
}
