/**
 * Every recording of a real kernel in `test/fixtures/recordings/`, run on a director of ours: what the
 * kernel printed and sent, it must print and send.
 */
import { readdirSync } from "node:fs";
import t from "tap";
import { fixture } from "../support/files.ts";
import { Bench, readRecording } from "./recording.ts";

/** Recordings whose expiry shows how far the kernel's timers had run when they were made, in ticks. */
const PHASES: Readonly<Record<string, number>> = { "persist-M24": 240 };

/** Recordings of what the engine does not do yet. */
const AHEAD: ReadonlySet<string> = new Set([
  ...["drop-entry", "edit-twos", "errors", "esp-ah", "fragments", "ftp-nat", "fwd-dr-v6"],
  ...["fwd-misc-nat", "fwd-misc-tun", "fwd-nat-v6", "fwd-tun-cross", "fwd-tun-types-v4"],
  ...["fwd-tun-types-v6", "fwd-tun-v6", "fwmark", "icmp-nat", "icmp-nat-v6", "icmp-nodest"],
  ...["icmp-tun-dr", "listing", "local-dest", "order", "persist-v6-M64", "save-restore"],
  ...["schedule-icmp", "sctp-dr", "sctp-nat", "sip-pe", "snat-reroute", "syncd", "sysctls"],
  "timeouts-changed",
]);

const files = readdirSync(fixture("recordings")).filter((file) => file.endsWith(".jsonl"));
for (const file of files.sort()) {
  const name = file.replace(/\.jsonl$/, "");
  if (AHEAD.has(name)) continue;
  t.test(`${name} is as the kernel did it`, async (t) => {
    const bench = new Bench(PHASES[name] ?? 0);
    let compared = 0;
    for (const step of readRecording(fixture("recordings", file))) {
      const observation = await bench.run(step);
      if (observation === undefined) continue;
      compared++;
      if (observation.seen !== observation.wanted) {
        t.equal(observation.seen, observation.wanted, `line ${step.line}`);
      }
    }
    t.ok(compared > 0, `${compared} steps compared`);
  });
}
