/**
 * How long a hundred scenarios of ten lines take, in a process of their own.
 *
 *     npm run bench:scenarios
 *
 * Prints the median of all rounds, in wall time and in the time of the processor.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const UIPVS = fileURLToPath(new URL("../../bin/uipvs.js", import.meta.url));
const ROUNDS = 5;
const SCENARIOS = 100;

/** Ten lines: a persistent service, eleven exchanges, a drained server, five minutes, another exchange. */
const LINES = `let VIP = 10.0.0.100
ipvsadm -A -t $VIP:80 -s wlc -p 300
ipvsadm -a -t $VIP:80 -r 192.168.10.11:80 -m
ipvsadm -a -t $VIP:80 -r 192.168.10.12:80 -m
clients 203.0.113.0/24 get $VIP:80 x10
client 198.51.100.7 gets $VIP:80
ipvsadm -e -t $VIP:80 -r 192.168.10.12:80 -m -w 0
+300s
client 198.51.100.7 gets $VIP:80
expect 1 template from 198.51.100.7
`;

const folder = mkdtempSync(join(tmpdir(), "uipvs-bench-"));
try {
  for (let index = 0; index < SCENARIOS; index++)
    writeFileSync(join(folder, `${index}.lvs`), LINES);
  const rounds = Array.from({ length: ROUNDS }, oneRound);
  const wall = median(rounds.map(({ wall }) => wall));
  const processor = median(rounds.map(({ processor }) => processor));
  console.log(
    `${SCENARIOS} scenarios: ${wall.toFixed(0)} ms, ${processor.toFixed(0)} ms of the processor`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function oneRound(): { readonly wall: number; readonly processor: number } {
  const began = performance.now();
  const script = `process.on("exit", () => console.error(process.cpuUsage()));`;
  const preload = `data:text/javascript,${encodeURIComponent(script)}`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", preload, UIPVS, "test", folder],
    { encoding: "utf8" },
  );
  const wall = performance.now() - began;
  if (status !== 0) throw new Error(`uipvs test ended with ${status}: ${stdout}${stderr}`);
  const [user, system] = [...stderr.matchAll(/\d+/g)].map(Number);
  return { wall, processor: ((user ?? Number.NaN) + (system ?? Number.NaN)) / 1000 };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
