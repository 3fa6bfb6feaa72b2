/**
 * One director of two is killed, keepalived moves the virtual address to the other: with synchronisation the
 * connections go on there, without it they break.
 */
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import { startProgram } from "../../src/lab/host-program.ts";
import { DirectorPair, type Method, VIRTUAL_ADDRESS } from "./director-pair.ts";
import { helperWords } from "./laboratory.ts";
import { lackOfLaboratory } from "./requirements.ts";

const BYTES = 50_000_000;
const IDLE = 200;
/** Bytes of the download in a second: it must be under way when its director fails, however slow the machine. */
const RATE = "3M";
/** How long all connections are waited for, and how often is looked, in ms. */
const PATIENCE = 12_000;
const LOOK = 250;

const skip = await lackOfLaboratory("curl", "nft", "keepalived");

/** Waits until a director has the download and the idle connections; who has not by then fails later. */
async function settled(pair: DirectorPair, name: "first" | "second"): Promise<void> {
  for (let waited = 0; waited < PATIENCE; waited += LOOK) {
    const listed = await pair.uipvsadm(name, "-L", "-n", "-c");
    const open = listed.split("\n").filter((line) => line.startsWith("TCP")).length;
    if (open > IDLE) return;
    await pause(LOOK);
  }
}

/** What became of connections whose director was killed. */
async function fail(pair: DirectorPair, synchronised: boolean) {
  const client = pair.host("client");
  const idle = await startProgram(
    client,
    helperWords("keep-alive-client", VIRTUAL_ADDRESS, "80", String(IDLE)),
  );
  let said = "";
  idle.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const url = `http://${VIRTUAL_ADDRESS}/blob/${BYTES}`;
  // What stands still for ten seconds is broken: a failover takes less.
  const limits = [
    "--limit-rate",
    RATE,
    "--max-time",
    "60",
    "--speed-limit",
    "1",
    "--speed-time",
    "10",
  ];
  const words = ["curl", "-sS", ...limits, "-o", "/dev/null", "-w", "%{size_download}", url];
  const download = client.run(words, { timeout: 90_000 });
  await settled(pair, synchronised ? "second" : "first");
  await pair.fail();
  const ended = once(idle, "close");
  idle.stdin.end();
  const { status, stdout } = await download;
  await ended;
  return { status, bytes: Number(stdout), answered: Number(said.trim()) };
}

// Most of the time is spent waiting.
t.jobs = 2;
const options = { skip, timeout: 120_000, buffered: true };

for (const method of ["masquerade", "direct-route"] satisfies readonly Method[]) {
  t.test(`${method}: connections outlive their director`, { ...options }, async (t) => {
    const pair = await DirectorPair.start(t, method, true);
    t.match(await pair.uipvsadm("second", "-L", "--daemon"), /master sync.*\nbackup sync/);
    t.match(await fail(pair, true), { status: 0, bytes: BYTES, answered: IDLE });
  });

  t.test(`${method}: without synchronisation they break`, { ...options }, async (t) => {
    const pair = await DirectorPair.start(t, method, false);
    const { status, bytes, answered } = await fail(pair, false);
    t.not(status, 0, "the download fails");
    t.ok(bytes < BYTES, `${bytes} bytes came`);
    t.equal(answered, 0, "idle connections that are answered");
  });
}
