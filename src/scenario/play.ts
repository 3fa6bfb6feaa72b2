/**
 * Plays a scenario on a bed and tells what was seen, line by line.
 *
 * @module
 */
import type { Bed, Captured, Printed, Sent } from "./bed.ts";
import { PacketBuilder } from "./packet-builder.ts";
import type { PacketSpec, Quoted } from "./packet-spec.ts";
import { packetText } from "./packet-text.ts";
import { replyTo } from "./reply.ts";
import { ScenarioError } from "./scenario-error.ts";
import type {
  CommandStatement,
  PacketStatement,
  RawStatement,
  ReplyStatement,
  Scenario,
  SleepStatement,
  Statement,
} from "./statement.ts";
import {
  byteText,
  type SeenPacket,
  type SendRecord,
  type TranscriptRecord,
  utf8Text,
} from "./transcript.ts";

/** Interface whose name goes without saying in brief records. */
const CLIENT_SIDE = "c0";

/** The listings of `dump`, in order. */
const DUMPED_LISTINGS = [["-Ln"], ["-Ln", "--stats", "--exact"], ["-Lnc"]] as const;
/** The files of `dump`, in order. */
const DUMPED_FILES = ["ip_vs", "ip_vs_conn", "ip_vs_stats"] as const;

/** What is said of a record by who knows neither line nor time. */
export type Seen = TranscriptRecord extends infer One
  ? One extends unknown
    ? Omit<One, "line" | "t">
    : never
  : never;

/**
 * Plays a scenario and yields a record for everything there is to record, as it happens.
 *
 * @throws ScenarioError where a line asks for what the bed does not have
 */
export async function* play(scenario: Scenario, bed: Bed): AsyncGenerator<TranscriptRecord> {
  const player = new Player(bed);
  for (const statement of scenario.statements) {
    const { line } = statement.place;
    for await (const { op, ...rest } of player.play(statement)) {
      yield { op, line, t: bed.now() / 1000, ...rest } as TranscriptRecord;
    }
  }
  yield { op: "end", line: scenario.lineCount, t: bed.now() / 1000 };
}

/** Plays lines on a bed, one after the other. */
export class Player {
  readonly #bed: Bed;
  readonly #builder = new PacketBuilder();
  /** All packets captured, oldest first. */
  readonly #captured: Captured[] = [];
  #sent: Uint8Array | undefined;
  #brief = false;
  /** Packets captured before the line at hand. */
  #before = 0;

  constructor(bed: Bed) {
    this.#bed = bed;
  }

  /** Returns the packets that left because of the last line, or while it let time pass. */
  emitted(): readonly Captured[] {
    return this.#captured.slice(this.#before);
  }

  /** Returns the packet that was sent last, network header first. */
  get sent(): Uint8Array | undefined {
    return this.#sent;
  }

  /** Plays a line. @throws ScenarioError where it asks for what the bed does not have */
  async *play(statement: Statement): AsyncGenerator<Seen> {
    this.#before = this.#captured.length;
    switch (statement.kind) {
      case "topology":
        await refusable(statement, this.#bed.setUp(statement.name), "the name of a topology");
        return yield { op: "topo", name: statement.name };
      case "interface": {
        const { type, name } = statement;
        await refusable(
          statement,
          this.#bed.addInterface(type, name),
          "an interface of another kind",
        );
        return yield { op: type, name };
      }
      case "command":
        return yield await refusable(
          statement,
          this.#run(statement.program, statement.args),
          "a command the bed knows",
        );
      case "shell": {
        const printed = await this.#bed.shell(statement.command);
        return yield { op: "sh", cmd: utf8Text(statement.command), ...printedText(printed) };
      }
      case "sysctl": {
        const { name, value: set } = statement;
        const { errno, value } = await refusable(
          statement,
          this.#bed.sysctl(name, set),
          "a variable the bed knows",
        );
        const said = { ...(set !== undefined && { set }), ...(errno !== undefined && { errno }) };
        return yield { op: "sysctl", name, ...said, value };
      }
      case "packet":
        return yield await this.#packet(statement);
      case "reply":
        return yield await this.#reply(statement);
      case "raw":
        return yield await this.#raw(statement);
      case "sleep":
        return yield* this.#sleep(statement);
      case "dump":
        for (const args of DUMPED_LISTINGS) yield await this.#run("ipvsadm", args);
        for (const name of DUMPED_FILES) yield await this.#cat(`/proc/net/${name}`);
        return;
      case "cat":
        return yield await this.#cat(statement.path);
      case "brief":
        this.#brief = statement.on;
        return;
      case "note":
        return yield { op: "note", text: utf8Text(statement.text) };
    }
  }

  async #run(program: CommandStatement["program"], args: readonly string[]): Promise<Seen> {
    const printed = await this.#bed.run(program, args);
    return { op: program, args: args.map(utf8Text), ...printedText(printed) };
  }

  async #cat(path: string): Promise<Seen> {
    const bytes = await this.#bed.read(path);
    return bytes === undefined
      ? { op: "cat", path, errno: "ENOENT" }
      : { op: "cat", path, out: byteText(bytes) };
  }

  async *#sleep({ duration, text }: SleepStatement): AsyncGenerator<Seen> {
    const strays = await this.#bed.sleep(duration);
    if (text !== undefined) yield { op: "sleep", sec: text };
    if (strays.length > 0) yield { op: "stray", rx: this.#seen(strays) };
  }

  /**
   * Sends a packet as a line would, and says nothing of it.
   *
   * @returns whether it could be sent
   */
  async transmit(device: string, packet: PacketSpec, mark?: number): Promise<boolean> {
    this.#before = this.#captured.length;
    const bytes = this.#build(packet);
    const sent = bytes && (await this.#bed.send(device, bytes, mark));
    if (sent === undefined) return false;
    this.#sent = bytes;
    this.#captured.push(...sent.captured);
    return true;
  }

  async #packet({ device, packet, text, mark }: PacketStatement): Promise<Seen> {
    const bytes = this.#build(packet);
    const sent = bytes && (await this.#bed.send(device, bytes, mark));
    if (bytes === undefined || sent === undefined) {
      return { op: "send", error: "bad packet spec", spec: utf8Text(text) };
    }
    return this.#sentRecord(device, bytes, sent);
  }

  async #reply(statement: ReplyStatement): Promise<Seen> {
    const last = this.#captured.at(-1);
    const answer = last && replyTo(last.packet, statement.reply);
    const bytes = answer && this.#build(answer);
    if (last === undefined || bytes === undefined) {
      return { op: "send", error: "nothing to reply to" };
    }
    const device = statement.device ?? last.device;
    const sent = await this.#bed.send(device, bytes, statement.mark);
    if (sent === undefined) return { op: "send", error: "nothing to reply to" };
    return this.#sentRecord(device, bytes, sent);
  }

  async #raw({ device, start, bytes }: RawStatement): Promise<Seen> {
    if (start === "network") {
      const sent = await this.#bed.send(device, bytes);
      if (sent === undefined) return { op: "send", error: "bad packet spec" };
      return this.#sentRecord(device, bytes, sent);
    }
    const sent = await this.#bed.sendFrame(device, bytes);
    if (sent === undefined) return { op: "send", error: "bad packet spec" };
    const frame = this.#brief ? {} : { frame: hex(bytes) };
    return { op: "send", ...this.#device(device), ...frame, ...this.#outcome(sent) };
  }

  #sentRecord(device: string, bytes: Uint8Array, sent: Sent): Seen {
    this.#sent = bytes;
    const pkt = this.#brief ? {} : { pkt: hex(bytes) };
    const outcome = this.#outcome(sent);
    return { op: "send", ...this.#device(device), ...pkt, dec: packetText(bytes), ...outcome };
  }

  #device(device: string): Pick<SendRecord, "dev"> {
    return this.#brief && device === CLIENT_SIDE ? {} : { dev: device };
  }

  #outcome({ errno, captured }: Sent): Pick<SendRecord, "errno" | "rx"> {
    return { ...(errno !== undefined && { errno }), rx: this.#seen(captured) };
  }

  /** Returns what is recorded of captured packets; from now on they can be quoted and answered. */
  #seen(captured: readonly Captured[]): readonly (SeenPacket | string)[] {
    this.#captured.push(...captured);
    return captured.map(({ device, mac, packet }) => {
      const dec = packetText(packet);
      if (this.#brief) return `${device} ${mac ?? "-"} ${dec}`;
      return { dev: device, ...(mac !== undefined && { dmac: mac }), pkt: hex(packet), dec };
    });
  }

  /** Returns the packet, or `undefined` when it quotes one there is none of. */
  #build(packet: PacketSpec): Uint8Array | undefined {
    try {
      return this.#builder.build(packet, (quoted) => this.#quoted(quoted));
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  #quoted(quoted: Quoted): Uint8Array | undefined {
    return quoted.of === "sent" ? this.#sent : this.#captured.at(-quoted.back)?.packet;
  }
}

/** Turns a refusal of the bed into an error that says where. */
async function refusable<T>(statement: Statement, done: Promise<T>, expected: string): Promise<T> {
  try {
    return await done;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ScenarioError(statement.place, `${expected} (${error.message})`, undefined);
  }
}

function printedText({ status, out, err }: Printed): { rc: number; out: string; err: string } {
  return { rc: status, out: byteText(out), err: byteText(err) };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}
