/**
 * What a page that is open and idle costs its director: the processor time of the director's process, its
 * packet thread included, while a real browser shows each part of the page and no packet passes.
 *
 * Run with `npm run bench:page`, which gives it a network namespace of its own.
 *
 * @module
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const PROGRAM = fileURLToPath(new URL("../../bin/uipvs.js", import.meta.url));
const PARTS = ["no page", "overview", "connections", "journey", "playground", "lab"] as const;
/** Services and real servers of each. */
const TABLES: readonly (readonly [services: number, servers: number])[] = [
  [3, 4],
  [100, 10],
];
const SECONDS = 20;
/** Clock ticks of /proc a second. */
const TICKS = 100;

/** Returns processor time a process has taken, in s. Source: proc_pid_stat(5), utime and stime. */
function processorTime(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function rules(services: number, servers: number): string {
  const lines: string[] = [];
  for (let service = 0; service < services; service++) {
    const at = `-t 10.9.${service >> 8}.${service & 255}:80`;
    lines.push(`-A ${at} -s wlc`);
    for (let server = 0; server < servers; server++) {
      lines.push(`-a ${at} -r 10.1.${service}.${server + 1}:80 -m`);
    }
  }
  return `${lines.join("\n")}\n`;
}

async function measure(services: number, servers: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "uipvs-bench-page-"));
  const socket = join(folder, "control.sock");
  const director = spawn(process.execPath, [PROGRAM, "up", "--web", "0", "--socket", socket], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
  });
  try {
    let said = "";
    while (!said.includes("Page: ")) said += String((await once(director.stdout, "data"))[0]);
    execFileSync(process.execPath, [PROGRAM, "ipvsadm", "-R"], {
      input: rules(services, servers),
      env: { ...process.env, UIPVS_SOCKET: socket },
    });
    const page = await browser.newPage();
    for (const part of PARTS) {
      if (part !== "no page") {
        if (page.url() === "about:blank") await page.goto(/Page: (\S+)/.exec(said)![1]!);
        await page.evaluate(`location.hash = "#/${part}"`);
      }
      await sleep(3000);
      const before = processorTime(director.pid!);
      await sleep(SECONDS * 1000);
      const cost = (processorTime(director.pid!) - before) / SECONDS;
      const table = `${services} services of ${servers} servers`;
      console.log(`${table.padEnd(28)} ${part.padEnd(12)} ${(100 * cost).toFixed(1)} % of a core`);
    }
  } finally {
    await browser.close();
    director.kill("SIGTERM");
    await once(director, "exit");
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const [services, servers] of TABLES) await measure(services, servers);
