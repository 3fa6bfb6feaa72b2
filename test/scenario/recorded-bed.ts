/**
 * A bed that answers as a recording says, whatever it is asked.
 *
 * @module
 */
import type { Bed, Captured, Printed, Sent, Variable } from "../../src/scenario/bed.ts";
import type { SeenPacket, TranscriptRecord } from "../../src/scenario/transcript.ts";
import { hex, tcp, udp } from "../support/packet.ts";

/** Plays back the records of a transcript, one for each thing asked. */
export class RecordedBed implements Bed {
  readonly #records: readonly TranscriptRecord[];
  #at = 0;
  #now = 0;

  constructor(records: readonly TranscriptRecord[]) {
    this.#records = records.filter(({ op }) => op !== "note" && op !== "end");
  }

  now(): number {
    return this.#now;
  }

  async setUp(): Promise<void> {
    this.#next("topo");
  }

  async addInterface(type: "tap" | "tun"): Promise<void> {
    this.#next(type);
  }

  async run(program: "ipvsadm" | "iptables" | "ip6tables" | "ip"): Promise<Printed> {
    return printed(this.#next(program));
  }

  async shell(): Promise<Printed> {
    return printed(this.#next("sh"));
  }

  async sysctl(): Promise<Variable> {
    const { errno, value } = this.#next("sysctl");
    return { ...(errno !== undefined && { errno }), value };
  }

  async read(): Promise<Uint8Array | undefined> {
    const { out } = this.#next("cat");
    return out === undefined ? undefined : Buffer.from(out, "latin1");
  }

  async send(): Promise<Sent | undefined> {
    const record = this.#next("send");
    if (record.error !== undefined) return undefined;
    return { captured: (record.rx ?? []).map(captured) };
  }

  async sendFrame(): Promise<Sent | undefined> {
    return this.send();
  }

  async sleep(duration: number): Promise<readonly Captured[]> {
    this.#now += duration;
    if (this.#peek()?.op === "sleep") this.#next("sleep");
    const stray = this.#peek();
    if (stray?.op !== "stray") return [];
    this.#at++;
    return stray.rx.map(captured);
  }

  async close(): Promise<void> {}

  #peek(): TranscriptRecord | undefined {
    return this.#records[this.#at];
  }

  #next<Op extends TranscriptRecord["op"]>(op: Op): Extract<TranscriptRecord, { op: Op }> {
    const record = this.#records[this.#at++];
    if (record?.op !== op) {
      throw new Error(
        `The recording has "${record?.op}" (line ${record?.line}) instead of "${op}"`,
      );
    }
    return record as Extract<TranscriptRecord, { op: Op }>;
  }
}

const BRIEF = /^(\S+) (\S+) (.*)$/;
const TRANSPORT = /^(TCP|UDP) (\S+)>(\S+)(?: ([FSRPAUEC]+|-))? len=(\d+)$/;

function captured(seen: SeenPacket | string): Captured {
  if (typeof seen === "string") return briefly(seen);
  const { dev, dmac, pkt } = seen;
  return { device: dev, ...(dmac !== undefined && { mac: dmac }), packet: hex(pkt) };
}

/** Returns a packet that is told so; what brief records leave out is made up. */
function briefly(text: string): Captured {
  const [, device = "", mac = "", told = ""] = BRIEF.exec(text) ?? [];
  const [, protocol, from = "", to = "", flags = "", length = "0"] = TRANSPORT.exec(told) ?? [];
  const payload = new Uint8Array(Number(length));
  if (protocol === undefined) return { device, mac, packet: new Uint8Array(0) };
  const packet =
    protocol === "TCP"
      ? tcp({ from, to, flags: flags.replace("-", ""), payload })
      : udp({ from, to, payload });
  return { device, mac, packet };
}

function printed(record: { rc: number; out: string; err: string }): Printed {
  return {
    status: record.rc,
    out: Buffer.from(record.out, "latin1"),
    err: Buffer.from(record.err, "latin1"),
  };
}
