/**
 * Two directors, one of which was recorded as master and the other as backup: the backup was told what the
 * master sent, what the master sends here is the same, and both list the same connections.
 */
import t from "tap";
import type { TranscriptRecord } from "../../src/scenario/transcript.ts";
import { recordedMessages } from "../engine/sync/messages.ts";
import { fixture } from "../support/files.ts";
import { playOnEmulator, readScenario, readTranscript } from "./check.ts";

/** Bytes of the IPv4 and UDP headers before a message. */
const HEADERS = 28;
const TO_GROUP = /^UDP \S+>224\.0\.0\.81:8848 /;

function messagesOf(records: readonly TranscriptRecord[]): readonly Uint8Array[] {
  return records
    .flatMap((record) => ("rx" in record ? (record.rx ?? []) : []))
    .flatMap((packet) =>
      typeof packet !== "string" && TO_GROUP.test(packet.dec)
        ? [Uint8Array.from(Buffer.from(packet.pkt, "hex")).subarray(HEADERS)]
        : [],
    );
}

/** Returns the first listing of connections, in any order and without the time left. */
function listed(records: readonly TranscriptRecord[]): readonly string[] {
  const listing = records.find(({ op, ...rest }) => {
    return op === "ipvsadm" && "args" in rest && rest.args.join(" ") === "-Lnc";
  });
  const [, , ...entries] = (listing && "out" in listing ? (listing.out ?? "") : "").split("\n");
  return entries.map((entry) => entry.replace(/ \d+:\d\d +/, " ")).sort();
}

function recording(name: string): readonly TranscriptRecord[] {
  return readTranscript(fixture("recordings", `${name}.jsonl`));
}

for (const [master, backup] of [
  ["sync-master", "sync-backup"],
  ["sync-master-v0", "sync-backup-v0"],
  ["sync-data", "sync-backup-data"],
] as const) {
  t.test(`the backup of ${backup} is told what the master of ${master} sends`, async (t) => {
    const played = await playOnEmulator(readScenario(fixture("recordings", `${master}.scn`)));
    const sent = messagesOf(played);
    const told = recordedMessages(backup).slice(0, sent.length);
    t.ok(told.length >= 3, `${told.length} messages`);
    t.same(sent.slice(0, told.length), told);
    t.same(messagesOf(recording(master)), sent, "and so did the kernel");
  });
}

t.test("master and backup list the same connections, on a kernel and here", async (t) => {
  const wanted = listed(recording("sync-master"));
  t.ok(wanted.length > 15, `${wanted.length} entries`);
  t.same(listed(recording("sync-backup")), wanted);
  for (const name of ["sync-master", "sync-backup"]) {
    const played = await playOnEmulator(readScenario(fixture("recordings", `${name}.scn`)));
    t.same(listed(played), wanted, name);
  }
});
