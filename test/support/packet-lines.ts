/**
 * Lines about packets, held against those of tcpdump.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { LINK_TYPE } from "../../src/wire/link.ts";
import { fileHeader, recordHeader } from "../../src/wire/pcap.ts";
import { packetText } from "../../src/wire/text.ts";
import { concat } from "./packet.ts";
import { tcpdump } from "./tcpdump.ts";

/** A packet and its line, as tcpdump 4.99.3 was seen to write it with `-n -t -S`. */
export type PacketLine = readonly [packet: Uint8Array, line: string];

/** Tests that `packetText` writes the lines and, where the host has it, that tcpdump does. */
export function testLines(t: Test, lines: readonly PacketLine[]): void {
  t.test("packetText() says what tcpdump says", async (t) => {
    for (const [packet, line] of lines) t.equal(packetText(packet), line);
  });
  t.test("tcpdump on this host still says so", { skip: tcpdump.lacking }, async (t) => {
    const packets = lines.map(([packet]) => packet);
    t.same(
      tcpdumpLines(t.testdir(), packets),
      lines.map(([, line]) => line),
    );
  });
}

/** Returns tcpdump's line for each packet. Blanks it leaves at ends and before commas, or doubles, go. */
function tcpdumpLines(folder: string, packets: readonly Uint8Array[]): readonly string[] {
  const file = join(folder, "packets.pcap");
  const records = packets.flatMap((packet) => [recordHeader(0n, packet.length), packet]);
  writeFileSync(file, concat(fileHeader(LINK_TYPE.raw), ...records));
  const output = execFileSync(...tcpdump.command(["-n", "-t", "-S", "-r", file]));
  const lines = output.trimEnd().split("\n");
  return lines.map((line) => line.replaceAll(/ +/g, " ").replaceAll(" ,", ",").trimEnd());
}
