/**
 * The program in a guest that is a bed: loads what the kernel needs, and carries out what the host asks
 * over a device. It is the guest's first process, so its end is the guest's.
 *
 * Its words are the path of the device, and that of virtual time where time is.
 *
 * @module
 */
import { constants, createReadStream, openSync, writeFileSync, writeSync } from "node:fs";
import { release } from "node:os";
import { isatty, ReadStream } from "node:tty";
import { writeSysctl } from "../../dataplane/sys/sysctl.ts";
import { serveBed } from "./bed-protocol.ts";
import { GUEST_FOLDER, VIRTUAL_TIME } from "./init-script.ts";
import { KernelBed } from "./kernel-bed.ts";
import { SCHEDULER_NAMES } from "./known-schedulers.ts";
import { LineChannel } from "./line-channel.ts";
import { ModuleTree } from "./module-tree.ts";
import { UML_MODULES } from "./uml.ts";
import { wakefulReader } from "./wakeful-reader.ts";

const MODULE_FOLDERS = [UML_MODULES, "/lib/modules/RELEASE"];
const MODULES = [
  "tun",
  ...["ip_vs", ...SCHEDULER_NAMES.map((name) => `ip_vs_${name}`), "ip_vs_ftp", "ip_vs_pe_sip"],
  ...["iptable_mangle", "ip6table_mangle", "xt_mark", "xt_mac"],
  // Ends of tunnels: a host without them refuses such packets.
  ...["ipip", "ip_gre", "ip6_tunnel", "ip6_gre", "fou"],
];
const FIRST_PROCESS = 1;

/** Ends the guest. */
function powerOff(): never {
  if (process.pid !== FIRST_PROCESS) throw new Error("This program is for guests only");
  writeFileSync("/proc/sysrq-trigger", "o");
  // The kernel ends before this one does.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
}

/** Prepares the kernel and returns the bed on it. */
async function openBed(virtualTime: boolean): Promise<KernelBed> {
  const modules = ModuleTree.open(
    MODULE_FOLDERS.map((folder) => folder.replace("RELEASE", release())),
  );
  for (const name of MODULES) modules.load(name);
  // All namespaces share this limit, which is on errors a real network would send in minutes.
  writeSysctl("net/ipv4/icmp_msgs_per_sec", "10000000");
  writeSysctl("net/ipv4/icmp_msgs_burst", "10000000");
  return KernelBed.open({ virtualTime });
}

/** Returns what comes from the host over a device that is open, byte by byte as characters. */
function inputOf(fd: number, device: string, virtualTime: boolean): AsyncIterable<string> {
  if (!isatty(fd)) return createReadStream(device, { fd, encoding: "latin1" });
  const terminal = new ReadStream(fd);
  terminal.setRawMode(true);
  if (virtualTime)
    return wakefulReader(openSync(device, constants.O_RDONLY | constants.O_NONBLOCK));
  terminal.setEncoding("latin1");
  return terminal;
}

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

try {
  const [device = "", time] = process.argv.slice(2);
  const virtualTime = time === VIRTUAL_TIME;
  // Once only, as some devices can be opened no more often.
  const fd = openSync(device, "r+");
  const channel = new LineChannel({
    input: inputOf(fd, device, virtualTime),
    write: (text) => writeAll(fd, text),
    folder: GUEST_FOLDER,
    side: "guest",
  });
  await serveBed(() => openBed(virtualTime), channel);
} catch (error) {
  // The last words of the guest, for its host.
  writeSync(process.stderr.fd, `${String(error)}\n`);
} finally {
  powerOff();
}
