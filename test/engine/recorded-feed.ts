/**
 * A recording of a kernel, fed to a director packet by packet: no device and no host between.
 *
 * The recorded host counts a hop of what it passes on, before ip_vs sees it.
 *
 * @module
 */
import { StaticHost } from "../../dataplane/static-host.ts";
import { schedulers } from "../../schedulers/index.ts";
import { ManualClock } from "../../src/base/clock.ts";
import { directorBackend } from "../../src/control/director-services.ts";
import { Director } from "../../src/engine/director.ts";
import { DEFAULT_PROFILE } from "../../src/engine/profile.ts";
import { VERDICT } from "../../src/engine/verdict.ts";
import { parseAddress } from "../../src/net/address.ts";
import { Frame } from "../../src/wire/frame.ts";
import { normalized } from "../conformance/normalize.ts";
import { type RecordedStep, readRecording } from "../conformance/recording.ts";
import { runIpvsadm } from "../ipvsadm/support.ts";
import { hex } from "../support/packet.ts";
import { textOf } from "../support/text-of.ts";

const TICKS_PER_SECOND = 100;
const OWN = ["2001:db8:c::1", "2001:db8:d::1", "2001:db8:c::100"];
const HOP_LIMIT = 7;

/** What one step showed in the recording, and here. */
export interface Comparison {
  readonly line: number;
  readonly wanted: string;
  readonly seen: string;
}

/** Feeds an IPv6 recording to a director and yields what was to be seen, and was. */
export async function* feed(path: string): AsyncGenerator<Comparison, void, undefined> {
  const clock = new ManualClock();
  const host = new StaticHost({
    addresses: OWN.map(parseAddress),
    source: parseAddress("2001:db8:d::1"),
  });
  const profile = { ...DEFAULT_PROFILE, ticksPerSecond: TICKS_PER_SECOND };
  const director = new Director({ schedulers, clock, host, profile });
  const backend = directorBackend(director);
  for (const step of readRecording(path)) {
    if (step.op === "sleep") {
      clock.advance(Number(step.sec) * 1000);
      director.advance();
    } else if (step.op === "send") {
      yield { line: step.line, wanted: sent(step), seen: decided(director, hex(step.pkt ?? "")) };
    } else if (step.op === "ipvsadm") {
      const printed = await runIpvsadm(step.args ?? [], { openBackend: async () => backend });
      const seen = `${printed.stdout}${printed.stderr}exit ${printed.code}`;
      yield compared(step, `${step.out}${step.err}exit ${step.rc}`, seen);
    } else if (step.op === "cat") {
      yield compared(step, step.out ?? "", await textOf(backend.statusFile("ip_vs_conn")));
    }
  }
}

function compared(step: RecordedStep, wanted: string, seen: string): Comparison {
  return { line: step.line, ...normalized(step, wanted, seen) };
}

function sent(step: RecordedStep): string {
  const packets = (step.rx ?? []).map((rx) => (typeof rx === "string" ? rx : rx.pkt));
  return packets.join("\n");
}

/** Returns what leaves because of a packet, in hexadecimal. */
function decided(director: Director, packet: Uint8Array): string {
  const frame = new Frame();
  const destination = packet.subarray(24, 40);
  const forHost = OWN.some((own) => Buffer.from(destination).equals(bytesOf(own)));
  frame.load(packet);
  if (!forHost) frame.bytes[frame.start + HOP_LIMIT]!--;
  const verdict = forHost ? director.localIn(frame) : director.forwarded(frame);
  const leaves = verdict === VERDICT.forward || (verdict === VERDICT.accept && !forHost);
  return leaves ? Buffer.from(frame.packet()).toString("hex") : "";
}

function bytesOf(address: string): Buffer {
  const bytes = Buffer.alloc(16);
  for (const [index, word] of parseAddress(address).words.entries()) {
    bytes.writeUInt32BE(word, index * 4);
  }
  return bytes;
}
