/**
 * The keeper of a lab: a program of its own that builds the hosts, starts what runs on them, and holds it all until it
 * is told to end.
 *
 *     node keeper.js FOLDER SOURCE GROUND [ADDRESS]
 *
 * GROUND is the `kind` of a `Ground` (ground.ts); on `none`, hosts are simulated. Whoever starts it waits for one message (keeper-report.ts) and may go then: a lab outlives the terminal it was started
 * from. It ends on SIGTERM and SIGINT, or when it loses who waits for it, and takes everything down, the folder too.
 * Should it be killed, the hosts lose it and end by themselves.
 *
 * @module
 */
import { rmSync } from "node:fs";
import { sentenceOf } from "../../base/sentence.ts";
import { SocketTransport } from "../../control/socket-transport.ts";
import { parseWebAddress, servePage, type WebServer } from "../../web/index.ts";
import { SimulatedLab } from "../simulated/simulated-lab.ts";
import type { KeeperReport } from "./keeper-report.ts";
import { KeptLab } from "./kept-lab.ts";
import { readLab } from "./lab-folder.ts";
import { claimNote, type LabNote, ownIdentity, readNote, writeNote } from "./lab-note.ts";
import { labSocket, pageToken } from "./run-folder.ts";

const [folder = "", source = "", ground = "", address] = process.argv.slice(2);

/**
 * Serves the page of the lab's director, if an address was given. The keeper does, as it is on the network of the machine,
 * where a browser is: a port the director opened could be reached from its own host only. The note tells where it is.
 */
async function openPage(): Promise<WebServer | undefined> {
  if (address === undefined) return undefined;
  const transport = await SocketTransport.connect(labSocket(folder));
  const served = await servePage(transport, {
    address: parseWebAddress(address),
    tokenFile: pageToken(folder),
  });
  writeNote(folder, { ...readNote(folder)!, page: new URL(served.url).host });
  return served;
}

/** Tells who waits, and lets them go. */
function report(message: KeeperReport): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) {
      resolve();
      return;
    }
    process.send(message, undefined, undefined, () => {
      process.off("disconnect", end);
      if (process.connected) process.disconnect();
      resolve();
    });
  });
}

let ending = false;
let wantEnd: () => void = () => {};
const ended = new Promise<void>((resolve) => {
  wantEnd = resolve;
});
function end(): void {
  ending = true;
  wantEnd();
}
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, end);
// A terminal that is closed is none of its business.
process.on("SIGHUP", () => {});
process.on("disconnect", end);

const lab = readLab(source);
const claim: LabNote = {
  name: lab.name,
  source: lab.folder,
  kind: "namespaces",
  standing: false,
  startedAt: new Date().toISOString(),
  ...ownIdentity(),
  hosts: [],
};
if (!claimNote(folder, claim)) {
  const sentence = "Another lab was started a moment ago: one at a time";
  await report({ kind: "failed", sentence });
  process.exit(1);
}
let page: WebServer | undefined;
const building = (ground === "none" ? SimulatedLab : KeptLab).build(folder, lab);
try {
  await Promise.race([building, ended]);
  if (!ending) {
    page = await openPage();
    await report({ kind: "standing", page: page?.url });
  }
  await ended;
} catch (error) {
  const sentence = sentenceOf(error);
  await report({ kind: "failed", sentence });
  process.exitCode = 1;
} finally {
  await page?.close();
  await (await building.catch(() => undefined))?.stop();
  rmSync(folder, { recursive: true, force: true });
  // The channel alone would keep the process alive.
  if (process.connected) process.disconnect();
}
