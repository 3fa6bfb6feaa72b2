/**
 * What a real Linux did with packets ip_vs had no part in, in `test/fixtures/host/`, and what the small host
 * does with them: the same, byte for byte, but for the identifications of the packets it makes.
 */
import { readdirSync } from "node:fs";
import t from "tap";
import { fixture } from "../support/files.ts";
import { hardwareAddress, type Left, RecordedHost, readRecording } from "./recorded-host.ts";

/** Protocol numbers at their place in the header. */
const ICMP = "01";
const FRAGMENT = "2c";

/** Blanks what hosts choose as they like: identifications of their own packets, and checksums over those. */
function withoutId(packet: string): string {
  if (packet[0] === "6") {
    if (packet.slice(12, 14) !== FRAGMENT) return packet;
    return `${packet.slice(0, 88)}........${packet.slice(96)}`;
  }
  if (packet.slice(18, 20) !== ICMP || packet.slice(16, 18) !== "40") return packet;
  return `${packet.slice(0, 8)}....${packet.slice(12, 20)}....${packet.slice(24)}`;
}

function shown(left: Left): string {
  const packet = Buffer.from(left.packet).toString("hex");
  return `${left.dev} ${hardwareAddress(left)} ${withoutId(packet)}`;
}

for (const file of readdirSync(fixture("host")).sort()) {
  const name = file.replace(/\.jsonl$/, "");
  t.test(`${name} is as Linux did it`, async (t) => {
    const host = new RecordedHost();
    const steps = readRecording(fixture("host", file));
    for (const [index, step] of steps.entries()) {
      if (step.op === "stray") continue;
      const left = await host.run(step);
      const later = steps[index + 1]?.op === "stray" ? steps[index + 1]!.rx : [];
      const wanted = [...(step.rx ?? []), ...(later ?? [])].map(
        ({ dev, dmac, pkt }) => `${dev} ${dmac} ${withoutId(pkt)}`,
      );
      t.strictSame(left.map(shown), wanted, `line ${step.line}`);
    }
  });
}
