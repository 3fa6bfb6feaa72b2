import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import t, { type Test } from "tap";
import { findGround } from "../../../src/lab/ground.ts";
import { ROOT } from "../../support/files.ts";
import { lacking } from "../../support/requirement.ts";

const ground = await findGround();
const skip = lacking(
  ground.kind === "none" && `network namespaces cannot be had: ${ground.reason}`,
);

t.test("the story is told with real packets, and nothing is left", { skip }, async (t) => {
  const demo = start(t);
  t.strictSame(await demo.ended, { code: 0, signal: null }, demo.output());
  t.match(demo.output(), "All 5 chapters went as expected");
  t.match(demo.output(), "-> 172.16.16.3:80               Tunnel  1      0          3");
  t.match(demo.output(), /10\.1\.2\.0:0 +192\.168\.1\.100:80 +172\.16\.16\.3:80/);
  t.strictSame(await left(demo), []);
});

t.test("an interruption takes everything down", { skip }, async (t) => {
  const demo = start(t);
  await said(demo, "9 requests");
  demo.process.kill("SIGINT");
  t.strictSame(await demo.ended, { code: 130, signal: null });
  t.match(demo.output(), /Everything has been taken down\.\n$/);
  t.strictSame(await left(demo), []);
});

t.test("an interruption before anything stands takes everything down", { skip }, async (t) => {
  const demo = start(t);
  // The first folder of a host: the others are being made.
  while (readdirSync(demo.temporary).length === 0) await setTimeout(1);
  demo.process.kill("SIGTERM");
  t.strictSame(await demo.ended, { code: 143, signal: null });
  t.strictSame(await left(demo), []);
});

t.test("nothing outlives a killed demo", { skip }, async (t) => {
  const demo = start(t);
  await said(demo, "9 requests");
  t.not(processesOf(demo).length, 0);
  demo.process.kill("SIGKILL");
  await demo.ended;
  t.strictSame(await left(demo), []);
});

t.test(
  "--keep leaves the laboratory up, open to visitors, until interrupted",
  { skip },
  async (t) => {
    const demo = start(t, "--keep");
    await said(demo, "Ctrl-C takes it down");
    const visit = /^client +(nsenter .*)$/m.exec(demo.output())?.[1] ?? "";
    const fetch = `require("node:http").get("http://192.168.1.100/", (response) => response.pipe(process.stdout))`;
    const visitor = spawn("sh", ["-c", `${visit} -- "$0" -e '${fetch}'`, process.execPath]);
    const [page] = await once(visitor.stdout, "data");
    t.match(String(page), /^real server web\d, client 192\.168\.1\.10:\d+\n$/);
    demo.process.kill("SIGINT");
    t.strictSame(await demo.ended, { code: 0, signal: null });
    t.strictSame(await left(demo), []);
  },
);

/** A demo that runs. */
interface RunningDemo {
  readonly process: ChildProcess;
  /** Folder its temporary files are in; also a mark in the environment of all its processes. */
  readonly temporary: string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** What it has printed. */
  output(): string;
}

function start(t: Test, ...words: readonly string[]): RunningDemo {
  const temporary = mkdtempSync(join(tmpdir(), "uipvs-demo-test-"));
  const demo = spawn(process.execPath, [join(ROOT, "bin", "uipvs.js"), "demo", ...words], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(demo, "exit").then(([code, signal]) => ({ code, signal }));
  t.teardown(async () => {
    demo.kill("SIGTERM");
    await ended;
    rmSync(temporary, { recursive: true, force: true });
  });
  let output = "";
  for (const stream of [demo.stdout, demo.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return { process: demo, temporary, ended, output: () => output };
}

/** Waits until the demo has printed `text`; fails when it ends without. */
async function said(demo: RunningDemo, text: string): Promise<void> {
  const ended = demo.ended.then(() => true);
  while (!demo.output().includes(text)) {
    if (await Promise.race([ended, setTimeout(10, false)])) throw new Error(demo.output());
  }
}

/** Returns the command lines of the processes the demo has started, and it itself. */
function processesOf(demo: RunningDemo): readonly string[] {
  const lines: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "latin1").includes(demo.temporary)) continue;
      lines.push(readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " "));
    } catch {
      // It ended meanwhile.
    }
  }
  return lines;
}

/** Returns what is left of a demo, after a while for what ends by itself. */
async function left(demo: RunningDemo): Promise<readonly string[]> {
  const look = () => [...processesOf(demo), ...readdirSync(demo.temporary)];
  for (let turn = 0; turn < 500 && look().length > 0; turn++) await setTimeout(10);
  return look();
}
