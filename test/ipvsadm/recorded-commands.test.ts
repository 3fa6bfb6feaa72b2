/**
 * The commands of the recordings of a real kernel that need no packet: what ipvsadm printed and
 * returned there, byte for byte.
 *
 * No packet is sent here. So of a recording's commands after its first packet only those are compared that
 * no packet can change: changes, and listings of rules, timeouts and daemons.
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import t from "tap";
import { StaticHost } from "../../dataplane/static-host.ts";
import { schedulers } from "../../schedulers/index.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { directorBackend } from "../../src/control/director-services.ts";
import { Director } from "../../src/engine/director.ts";
import { parseAddress } from "../../src/net/address.ts";
import type {
  CommandRecord,
  ShellRecord,
  TranscriptRecord,
} from "../../src/scenario/transcript.ts";
import { readTranscript } from "../conformance/check.ts";
import { fixture } from "../support/files.ts";
import { lacking } from "../support/requirement.ts";
import { linkedPrograms } from "./processes.ts";
import { serveDirector } from "./served-director.ts";
import { type Printed, runIpvsadm } from "./support.ts";

/** The recorded host: client side, server side, and the virtual addresses of both families. */
const OWN_ADDRESSES = [
  ...["10.0.0.1", "192.168.10.1", "2001:db8:c::1", "2001:db8:d::1"],
  ...[100, 101, 102, 103].flatMap((last) => [`10.0.0.${last}`, `2001:db8:c::${last}`]),
];
const ETHERNET = { up: true, mtu: 1500 };
const INTERFACES = new Map([
  ["c0", ETHERNET],
  ["r0", ETHERNET],
]);

function recordedHost(): { clock: ManualClock; director: Director } {
  const clock = new ManualClock();
  const host = new StaticHost({
    addresses: OWN_ADDRESSES.map(parseAddress),
    interfaces: INTERFACES,
  });
  return { clock, director: new Director({ schedulers, clock, host }) };
}

/** Runs shell commands of a recording, in which `ipvsadm` is ours. */
function shell(command: string, programs: string, socket: string): Promise<Printed> {
  const PATH = `${programs}:${process.env.PATH}`;
  const env = { ...process.env, PATH, UIPVS_SOCKET: socket };
  const own = command.replaceAll("/tmp/", `${programs}/`);
  return new Promise((resolve) => {
    execFile("sh", ["-c", own], { env }, (error, stdout, stderr) => {
      resolve({ stdout, stderr, code: Number(error?.code ?? 0) });
    });
  });
}

function printedThen({ out, err, rc }: CommandRecord | ShellRecord): Printed {
  return { stdout: out, stderr: err, code: rc };
}

/** Whether packets before a command show in what it prints. */
function dependsOnPackets([first = "", ...rest]: readonly string[]): boolean {
  if (/^(--daemon|--timeout)$/.test(rest.join(" "))) return false;
  return first === "" || /^(-[Ll]|--list)/.test(first);
}

/** Whether a recording is of a host with other interfaces than the one here: the conformance test has those. */
function hasOtherInterfaces(steps: readonly TranscriptRecord[]): boolean {
  return steps.some(({ op }) => op === "tap" || op === "tun");
}

/** Whether this system names the port of the web, as the recorded one did. */
function knowsWeb(): boolean {
  const path = "/etc/services";
  return existsSync(path) && /^http\s+80\/tcp/m.test(readFileSync(path, "utf8"));
}

const names = readdirSync(fixture("recordings"))
  .filter((file) => file.endsWith(".jsonl"))
  .map((file) => file.replace(/\.jsonl$/, ""))
  .sort();

t.test("there are recordings", async (t) => t.ok(names.length >= 120, `${names.length}`));

let compared = 0;

for (const name of names) {
  const steps = readTranscript(fixture("recordings", `${name}.jsonl`));
  const commands = steps.filter(({ op }) => op === "ipvsadm");
  if (commands.length === 0 || hasOtherInterfaces(steps)) continue;
  const usesShell = steps.some((step) => step.op === "sh" && step.cmd.includes("ipvsadm"));
  const skip = lacking(usesShell && !knowsWeb() && "/etc/services does not name http");
  const title = `the commands of ${name} that need no packet print what they printed there`;
  t.test(title, { skip }, async (t) => {
    const { clock, director } = recordedHost();
    const openBackend = async () => directorBackend(director);
    const programs = linkedPrograms(t);
    let socket: string | undefined;
    let packets = false;
    for (const step of steps) {
      if (step.op === "send") packets = true;
      if (step.op === "sleep") {
        clock.advance(Number(step.sec) * 1000);
        director.advance();
      }
      if (step.op === "sh" && step.cmd.includes("ipvsadm")) {
        socket ??= await serveDirector(t, director);
        compared++;
        const { cmd, line } = step;
        t.same(await shell(cmd, programs, socket), printedThen(step), `line ${line}: ${cmd}`);
      }
      if (step.op !== "ipvsadm") continue;
      const { args } = step;
      const seen = await runIpvsadm(args, { openBackend });
      if (packets && dependsOnPackets(args)) continue;
      compared++;
      t.same(seen, printedThen(step), `line ${step.line}: ipvsadm ${args.join(" ")}`);
    }
  });
}

t.test("hundreds of commands were compared", async (t) => {
  t.ok(compared > 900, `${compared} commands`);
});
