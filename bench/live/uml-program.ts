/**
 * The program in the guest of the live benchmark: gives it its addresses and the rules, and waits for its
 * end. It is the guest's first process.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { openSync, writeFileSync, writeSync } from "node:fs";
import { release } from "node:os";
import { ReadStream } from "node:tty";
import { fileURLToPath } from "node:url";
import { sentenceOf } from "../../src/base/sentence.ts";
import { GUEST_FOLDER } from "../../src/parity/init-script.ts";
import { LineChannel } from "../../src/parity/line-channel.ts";
import { ModuleTree } from "../../src/parity/module-tree.ts";
import { UML_MODULES } from "../../src/parity/uml.ts";

interface Order {
  readonly rules: string;
  readonly links: readonly { readonly name: string; readonly addresses: readonly string[] }[];
}

const UIPVSADM = fileURLToPath(new URL("../../../bin/uipvsadm.js", import.meta.url));

const input = new ReadStream(openSync("/dev/tty1", "r"));
input.setRawMode(true);
input.setEncoding("latin1");
const output = openSync("/dev/tty1", "w");
const channel = new LineChannel({
  input: input as AsyncIterable<string>,
  write: (text) => void writeSync(output, text, null, "latin1"),
  folder: GUEST_FOLDER,
  side: "guest",
});

try {
  const order = JSON.parse(process.argv[2] ?? "") as Order;
  const modules = ModuleTree.open([UML_MODULES.replace("RELEASE", release())]);
  for (const name of ["ip_vs", "ip_vs_rr"]) modules.load(name);
  const lines = order.links.flatMap(({ name, addresses }) => [
    ...addresses.map((address) => `addr add ${address} dev ${name}`),
    `link set ${name} up`,
  ]);
  execFileSync("ip", ["-batch", "-"], { input: ["link set lo up", ...lines, ""].join("\n") });
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
  const words = [UIPVSADM, "--backend", "kernel", "-R"];
  execFileSync(process.execPath, words, { input: `${order.rules}\n` });
  channel.send({});
} catch (error) {
  channel.send({ error: sentenceOf(error) });
}
// The kernel ends with its first process, and that with the console's other end.
try {
  await channel.receive();
} finally {
  writeFileSync("/proc/sysrq-trigger", "o");
}
