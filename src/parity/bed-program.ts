/**
 * The program in a guest that is a bed: loads what the kernel needs, and carries out what the host asks
 * over the console. It is the guest's first process, so its end is the guest's.
 *
 * @module
 */
import { openSync, writeFileSync, writeSync } from "node:fs";
import { release } from "node:os";
import { ReadStream } from "node:tty";
import { writeSysctl } from "../../dataplane/sys/sysctl.ts";
import { serveBed } from "./bed-protocol.ts";
import { GUEST_FOLDER } from "./init-script.ts";
import { KernelBed } from "./kernel-bed.ts";
import { SCHEDULER_NAMES } from "./known-schedulers.ts";
import { LineChannel } from "./line-channel.ts";
import { ModuleTree } from "./module-tree.ts";
import { UML_MODULES } from "./uml.ts";

/** The terminal whose other end is the host. */
const CONSOLE = "/dev/tty1";
const MODULE_FOLDERS = [UML_MODULES, "/lib/modules/RELEASE"];
const MODULES = [
  "tun",
  ...["ip_vs", ...SCHEDULER_NAMES.map((name) => `ip_vs_${name}`), "ip_vs_ftp", "ip_vs_pe_sip"],
  ...["iptable_mangle", "ip6table_mangle", "xt_mark", "xt_mac"],
  // Ends of tunnels: a host without them refuses such packets.
  ...["ipip", "ip_gre", "ip6_tunnel", "ip6_gre", "fou"],
];

/** Ends the guest. */
function powerOff(): never {
  writeFileSync("/proc/sysrq-trigger", "o");
  // The kernel ends before this one does.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
}

async function main(): Promise<void> {
  const input = new ReadStream(openSync(CONSOLE, "r"));
  input.setRawMode(true);
  input.setEncoding("latin1");
  const output = openSync(CONSOLE, "w");
  const channel = new LineChannel({
    input: input as AsyncIterable<string>,
    write: (text) => writeAll(output, text),
    folder: GUEST_FOLDER,
    side: "guest",
  });
  try {
    const modules = ModuleTree.open(
      MODULE_FOLDERS.map((folder) => folder.replace("RELEASE", release())),
    );
    for (const name of MODULES) modules.load(name);
    // All namespaces share this limit, which is on errors a real network would send in minutes.
    writeSysctl("net/ipv4/icmp_msgs_per_sec", "10000000");
    writeSysctl("net/ipv4/icmp_msgs_burst", "10000000");
    await serveBed(await KernelBed.open(), channel);
  } catch (error) {
    channel.send({ error: error instanceof Error ? error.message : String(error) });
  }
}

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

try {
  await main();
} finally {
  powerOff();
}
