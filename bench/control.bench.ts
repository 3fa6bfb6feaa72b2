/**
 * How fast control feels: what one command costs to start, a long restore, a long listing, and what a
 * command costs as the table grows.
 *
 *     npm run bench:control [-- --json FILE] [start] [growth] [restore] [connections]
 *
 * Prints medians and ratios; bench/README.md says how they are taken and what they were.
 *
 * @module
 */
import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { sentenceOf } from "../src/base/sentence.ts";
import { type Costs, costsOf, type Shape } from "./control/growth.ts";
import { Report } from "./support/report.ts";
import { middle, pairedRounds } from "./support/rounds.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const UIPVS = join(ROOT, "bin", "uipvs.js");
const UIPVSADM = join(ROOT, "bin", "uipvsadm.js");
const REFERENCE = "/usr/sbin/ipvsadm";

const ROUNDS = 21;
const SERVICES = 10_000;
const DESTINATIONS = 10;
const CONNECTIONS = 1_000_000;
/** Milliseconds between two looks at a process's memory. */
const LOOK = 10;
/** Rounds of the commands of growing tables, and commands of each kind a round. */
const GROWTH_ROUNDS = 3;
const COMMANDS = 10_000;

const folder = mkdtempSync(join(tmpdir(), "uipvs-bench-"));
const SOCKET = join(folder, "control.sock");
const env = { ...process.env, UIPVS_SOCKET: SOCKET };

/** A program and its arguments. */
type Line = readonly [program: string, ...words: string[]];

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Returns how long a program runs, in ms. */
function wallTime([program, ...words]: Line, input = ""): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(program, words, { env, input, encoding: "utf8" });
  const ended = performance.now();
  // The reference is there for its start alone: without the kernel's module it gets no further.
  if (status !== 0 && program !== REFERENCE)
    throw new Error(`${program} ${words.join(" ")} ended with ${status}: ${stderr}`);
  return ended - began;
}

/** Starts a director, which serves when the promise resolves. */
async function startDirector(words: readonly string[], through: readonly string[] = []) {
  const [program, ...rest] = [...through, process.execPath, UIPVS, "up", ...words];
  const child = spawn(program!, rest, { env, stdio: ["ignore", "pipe", "inherit"] });
  await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  if (child.exitCode !== null) throw new Error(`The director ended with ${child.exitCode}`);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  if (child.exitCode === null) await once(child, "exit");
}

/** Start-up: the whole of a small command beside the least a Node process costs. */
async function start(): Promise<void> {
  const director = await startDirector(["--device", "memory"]);
  wallTime([process.execPath, UIPVSADM, "-A", "-t", "192.0.2.1:80", "-s", "rr"]);
  const lines: Readonly<Record<string, Line>> = {
    "node -e 0": [process.execPath, "-e", "0"],
    "uipvsadm -Ln": [process.execPath, UIPVSADM, "-Ln"],
    "uipvsadm -h": [process.execPath, UIPVSADM, "-h"],
    ...(existsSync(REFERENCE) ? { "ipvsadm -h": [REFERENCE, "-h"] as const } : {}),
  };
  const times = new Map<string, number[]>(Object.keys(lines).map((name) => [name, []]));
  // In turn, so that a busy moment of the machine falls on all of them.
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, line] of Object.entries(lines)) times.get(name)?.push(wallTime(line));
  }
  await end(director);
  const least = times.get("node -e 0") ?? [];
  for (const [name, values] of times) {
    // Of one round, so that both had the same machine.
    const ratio = median(values.map((time, round) => time / (least[round] ?? Number.NaN)));
    row(`start: ${name}`, `${median(values).toFixed(0)} ms`, `${ratio.toFixed(2)} x node -e 0`);
  }
}

/** Returns rules for 100 services an address, and destinations on 1,000 addresses. */
function rules(): string {
  const lines: string[] = [];
  for (let service = 0; service < SERVICES; service++) {
    const virtual = `10.64.0.${1 + Math.floor(service / 100)}:${1000 + (service % 100)}`;
    lines.push(`-A -t ${virtual} -s rr`);
    for (let server = 0; server < DESTINATIONS; server++) {
      const number = service * DESTINATIONS + server;
      const address = `10.65.${Math.floor((number % 1000) / 250)}.${1 + (number % 250)}`;
      lines.push(`-a -t ${virtual} -r ${address}:${2000 + Math.floor(number / 1000)} -m -w 1`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** Returns rules for one service with as many destinations as others have services. */
function rulesOfOne(): string {
  const lines = [`-A -t 10.64.0.1:80 -s wlc`];
  for (let server = 0; server < SERVICES; server++) {
    const address = `10.65.${server >> 8}.${server & 255}`;
    lines.push(`-a -t 10.64.0.1:80 -r ${address}:80 -g -w 1`);
  }
  return `${lines.join("\n")}\n`;
}

/** One service with many destinations: restored, listed, restored over what was removed, listed. */
async function restoreOne(): Promise<void> {
  const director = await startDirector(["--device", "memory"]);
  const lines: Readonly<Record<string, readonly [Line, string?]>> = {
    "uipvsadm -R": [[process.execPath, UIPVSADM, "-R"], rulesOfOne()],
    "uipvsadm -Ln": [[process.execPath, UIPVSADM, "-Ln"]],
    "uipvsadm -C": [[process.execPath, UIPVSADM, "-C"]],
    "uipvsadm -R again": [[process.execPath, UIPVSADM, "-R"], rulesOfOne()],
    "uipvsadm -Sn": [[process.execPath, UIPVSADM, "-Sn"]],
  };
  for (const [name, [line, input]] of Object.entries(lines)) {
    const time = wallTime(line, input);
    row(`restore: one service, ${SERVICES} destinations: ${name}`, `${time.toFixed(0)} ms`, "");
  }
  await end(director);
}

/** A restore into directors with and without a host to tell. */
async function restore(): Promise<void> {
  await restoreOne();
  const input = rules();
  const ways = { memory: [], tun: ["unshare", "-rn"] } as const;
  for (const [device, through] of Object.entries(ways)) {
    const name = `restore: ${SERVICES} services, ${SERVICES * DESTINATIONS} destinations, ${device}`;
    try {
      const director = await startDirector(["--device", device], through);
      const time = wallTime([process.execPath, UIPVSADM, "-R"], input);
      await end(director);
      const commands = SERVICES * (DESTINATIONS + 1);
      row(
        name,
        `${(time / 1000).toFixed(1)} s`,
        `${Math.round(commands / (time / 1000))} commands/s`,
      );
    } catch (error) {
      row(name, "-", sentenceOf(error));
    }
  }
}

/** Returns memory in use of a process, in MB, or 0 when it has ended. */
function memoryOf(pid: number | undefined): number {
  try {
    const [, kilobytes = "0"] =
      /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kilobytes) / 1024;
  } catch {
    return 0;
  }
}

/** Lists the connections of a director; returns what it took of both processes. */
async function listConnections(director: ChildProcess) {
  const before = memoryOf(director.pid);
  const began = performance.now();
  const words = [UIPVSADM, "-Lnc"];
  const child = spawn(process.execPath, words, { env, stdio: ["ignore", "pipe", "inherit"] });
  let lines = 0;
  child.stdout.on("data", (chunk: Uint8Array) => {
    for (const byte of chunk) if (byte === 10) lines++;
  });
  let front = 0;
  let served = before;
  let running = true;
  const closed = once(child, "close").then(() => {
    running = false;
  });
  while (running) {
    front = Math.max(front, memoryOf(child.pid));
    served = Math.max(served, memoryOf(director.pid));
    await Promise.race([closed, sleep(LOOK)]);
  }
  director.send("how long");
  const [longest] = (await once(director, "message")) as [number];
  return {
    time: performance.now() - began,
    lines: lines - 2,
    front,
    growth: served - before,
    longest,
  };
}

/** A long listing beside an empty one. */
async function connections(): Promise<void> {
  let least = 0;
  for (const count of [0, CONNECTIONS]) {
    const file = fileURLToPath(new URL("./crowded-director.js", import.meta.url));
    const director = fork(file, [SOCKET, String(count)], { stdio: "inherit" });
    await once(director, "message");
    director.send("begin");
    await once(director, "message");
    const { time, lines, front, growth, longest } = await listConnections(director);
    await end(director);
    rmSync(SOCKET, { force: true });
    if (lines !== count) throw new Error(`${lines} of ${count} connections were listed`);
    if (count === 0) least = front;
    const name = `connections: uipvsadm -Lnc of ${count}`;
    row(
      name,
      `${(time / 1000).toFixed(1)} s`,
      `front end ${front.toFixed(0)} MB (+${(front - least).toFixed(0)})`,
    );
    row(
      "",
      "",
      `director +${growth.toFixed(0)} MB, packets held up for at most ${longest.toFixed(0)} ms`,
    );
  }
}

/** What commands cost in small tables and in large ones. */
async function growth(): Promise<void> {
  const shapes: Readonly<Record<string, Shape>> = {
    "1 service of 10": { services: 1, destinations: 10, scheduler: "wlc" },
    "1 service of 10,000": { services: 1, destinations: 10_000, scheduler: "wlc" },
    "10,000 services of 1": { services: 10_000, destinations: 1, scheduler: "wlc" },
    "1 service of 10,000, wrr": { services: 1, destinations: 10_000, scheduler: "wrr" },
    "1 service of 1,000, mh": { services: 1, destinations: 1_000, scheduler: "mh" },
  };
  const measured = new Map<string, Costs[]>(Object.keys(shapes).map((name) => [name, []]));
  const subjects = Object.entries(shapes).map(([name, shape]) => ({
    name,
    run: () => {
      const costs = costsOf(shape, COMMANDS);
      measured.get(name)!.push(costs);
      return costs.add;
    },
  }));
  await pairedRounds(subjects, GROWTH_ROUNDS, 1);
  const rows = [...measured].map(([name, all]) => {
    const of = (key: keyof Costs) => middle(all.slice(1).map((costs) => costs[key])).median;
    const medians = {
      add: of("add"),
      edit: of("edit"),
      list: of("list"),
      remove: of("remove"),
      addAgain: of("addAgain"),
      estimation: of("estimation"),
    };
    report.keep({ subject: "growth", name, unit: "us", ...medians, estimationUnit: "ms" });
    return [name, ...Object.values(medians).map((value) => value.toFixed(2))];
  });
  report.table(
    `growth: µs a destination, medians of ${GROWTH_ROUNDS} rounds`,
    ["", "add", "edit", "list", "delete", "add again", "estimation, ms"],
    rows,
  );
}

/** Prints a line, and keeps it unless it only continues the one before. */
function row(...[what, value, remark]: readonly [string, string, string]): void {
  report.say(`${what.padEnd(58)} ${value.padStart(8)}   ${remark}`);
  const [subject = ""] = what.split(":");
  if (subject !== "") report.keep({ subject, what, value, remark });
}

const subjects = { start, growth, restore, connections };
const { values, positionals } = parseArgs({
  options: { json: { type: "string" } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !Object.hasOwn(subjects, name));
if (unknown.length > 0) {
  process.stderr.write(
    `No subject is named ${unknown.join(", ")}: must be of ${Object.keys(subjects).join(", ")}\n`,
  );
  process.exit(2);
}
const report = new Report("control", values.json);
try {
  for (const [name, run] of Object.entries(subjects)) {
    if (positionals.length === 0 || positionals.includes(name)) await run();
  }
  report.end();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
