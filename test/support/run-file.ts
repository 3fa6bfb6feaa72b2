/**
 * Runs a test file, and once more where it fails and goes by real time.
 *
 *     node run-file.js FILE
 *
 * Hosts in namespaces, browsers and kernels go on while a test waits, and on a busy machine not always in time. Such a
 * file may fail once, but not twice; what failed is in the output all the same, as comments behind `# again: FILE`,
 * and told at its end. What plays in virtual time has no second try.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { relative } from "node:path";
import { ROOT } from "./files.ts";

/** Folders whose tests go by real time. */
const REAL_TIME = ["acceptance", "cli", "daemon", "dataplane", "lab", "parity", "top", "web"];

interface Outcome {
  readonly status: number;
  readonly output: string;
}

const file = process.argv[2]!;
const name = relative(ROOT, file);

function run(): Promise<Outcome> {
  const child = spawn(process.execPath, ["--enable-source-maps", file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = (): void => void child.kill("SIGTERM");
  process.once("SIGTERM", stop);
  const parts: Buffer[] = [];
  child.stdout.on("data", (part: Buffer) => parts.push(part));
  return new Promise((resolve) => {
    child.on("close", (code) => {
      process.off("SIGTERM", stop);
      resolve({ status: code ?? 1, output: Buffer.concat(parts).toString() });
    });
  });
}

function isRealTime(): boolean {
  return REAL_TIME.includes(name.split("/")[2] ?? "");
}

const first = await run();
if (first.status === 0 || !isRealTime()) {
  process.stdout.write(first.output);
  process.exitCode = first.status;
} else {
  const second = await run();
  const comments = first.output.trimEnd().replaceAll(/^/gm, "# | ");
  process.stdout.write(`${second.output.trimEnd()}\n# again: ${name}\n${comments}\n`);
  process.exitCode = second.status;
}
