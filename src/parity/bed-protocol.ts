/**
 * A bed on the other side of a channel: what is asked of it, and who answers.
 *
 * | Request | Answer |
 * |---|---|
 * | none: the server speaks first | `{"value": {"release", "schedulers", "virtualTime", "ofHost"}, "began": 0}` |
 * | `{"operation": "reset", "arguments": [topology?]}` | `{"value": null, "began"}` |
 * | `{"operation": "command", "arguments": [words, options?]}` | `{"value": {"status", "stdout", "stderr"}, "began"}` |
 * | `{"operation": "run", "arguments": [words, input?]}` | the same |
 * | `{"operation": "setting", "arguments": [name, value?]}` | `{"value": {"value"?, "error"?}, "began"}` |
 * | `{"operation": "inject", "arguments": [port, packet, options?]}` | `{"value": [{"port", "destinationMac", "etherType", "bytes"}], "began"}` |
 * | `{"operation": "sleep", "arguments": [seconds]}` | the same |
 * | `{"operation": "statusFile", "arguments": [name]}` | `{"value": text, "began"}`, null where there is none |
 *
 * An operation that fails is answered by `{"error": message}`. Packets are texts of hexadecimal digits; `began` is
 * the moment an operation began, in ms of the clock CLOCK_MONOTONIC of the bed's kernel. Every operation is that of `Bed`, which says what it means; one is answered before the next is asked.
 *
 * @module
 */
import type { Milliseconds } from "../base/clock.ts";
import { sentenceOf } from "../base/sentence.ts";
import type { StatusFile } from "../control/backend.ts";
import type {
  Bed,
  BedInfo,
  CommandOptions,
  CommandOutcome,
  EmittedPacket,
  InjectOptions,
  SettingOutcome,
  TimedBed,
} from "./bed.ts";
import type { LineChannel } from "./line-channel.ts";
import type { Topology } from "./topology.ts";

/** What can be asked. */
type Operation = Exclude<keyof Bed, "info" | "close">;

interface Request {
  readonly operation: Operation;
  readonly arguments: readonly unknown[];
}

type Answer =
  | { readonly value: unknown; readonly began: Milliseconds }
  | { readonly error: string };

/**
 * Carries out the operations that `channel` asks for, until the other side is gone.
 *
 * @param open makes the bed; the other side learns why it could not
 */
export async function serveBed(open: () => Promise<Bed>, channel: LineChannel): Promise<void> {
  let bed: Bed;
  try {
    bed = await open();
  } catch (error) {
    channel.send(failure(error));
    return;
  }
  channel.send({ value: bed.info, began: 0 } satisfies Answer);
  for (;;) {
    let request: Request;
    try {
      request = (await channel.receive()) as Request;
    } catch {
      return;
    }
    channel.send(await answerTo(bed, request));
  }
}

async function answerTo(bed: Bed, request: Request): Promise<Answer> {
  const began = monotonic();
  try {
    return { value: (await carryOut(bed, request)) ?? null, began };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): Answer {
  return { error: sentenceOf(error) };
}

/** Returns the moment by the kernel's clock that only goes forward (CLOCK_MONOTONIC). */
function monotonic(): Milliseconds {
  return Number(process.hrtime.bigint()) / 1e6;
}

async function carryOut(bed: Bed, request: Request): Promise<unknown> {
  const given = request.arguments;
  switch (request.operation) {
    case "reset":
      return bed.reset((given[0] ?? undefined) as Topology | undefined);
    case "command":
      return bed.command(given[0] as string[], (given[1] ?? undefined) as CommandOptions);
    case "run":
      return bed.run(given[0] as string[], (given[1] ?? undefined) as string | undefined);
    case "setting":
      return bed.setting(given[0] as string, (given[1] ?? undefined) as string | undefined);
    case "inject": {
      const packet = Buffer.from(given[1] as string, "hex");
      const options = (given[2] ?? undefined) as InjectOptions | undefined;
      return (await bed.inject(given[0] as string, packet, options)).map(toJson);
    }
    case "sleep":
      return (await bed.sleep(given[0] as number)).map(toJson);
    case "statusFile":
      return bed.statusFile(given[0] as StatusFile);
  }
}

type JsonPacket = Omit<EmittedPacket, "bytes"> & { readonly bytes: string };

function toJson(packet: EmittedPacket): JsonPacket {
  return { ...packet, bytes: Buffer.from(packet.bytes).toString("hex") };
}

function fromJson(packet: JsonPacket): EmittedPacket {
  return { ...packet, bytes: new Uint8Array(Buffer.from(packet.bytes, "hex")) };
}

/** What a bed is reached through. */
export interface BedConnection {
  readonly channel: LineChannel;
  /** Ends the other side, and with it what is under way. Calling it again does nothing. */
  close(): Promise<void>;
}

/** Time an operation may take besides the time it is to let pass: an emulated processor of a busy host is slow. */
const PATIENCE: Milliseconds = 240_000;

/** The bed at the other end of a connection. Operations asked for at once are carried out in their order. */
export class RemoteBed implements TimedBed {
  readonly info: BedInfo;
  readonly #connection: BedConnection;
  #last: Promise<unknown> = Promise.resolve();
  #began: Milliseconds = 0;

  private constructor(connection: BedConnection, info: BedInfo) {
    this.#connection = connection;
    this.info = info;
  }

  /**
   * Returns the bed once it is ready.
   *
   * @throws Error when it cannot be made there
   */
  static async connect(connection: BedConnection): Promise<RemoteBed> {
    const { value } = answered(await connection.channel.receive());
    return new RemoteBed(connection, value as BedInfo);
  }

  get began(): Milliseconds {
    return this.#began;
  }

  async reset(topology?: Topology): Promise<void> {
    await this.#ask("reset", [topology]);
  }

  async command(words: readonly string[], options?: CommandOptions): Promise<CommandOutcome> {
    return (await this.#ask("command", [words, options])) as CommandOutcome;
  }

  async run(words: readonly string[], input?: string): Promise<CommandOutcome> {
    return (await this.#ask("run", [words, input])) as CommandOutcome;
  }

  async setting(name: string, value?: string): Promise<SettingOutcome> {
    return (await this.#ask("setting", [name, value])) as SettingOutcome;
  }

  async inject(
    port: string,
    packet: Uint8Array,
    options?: InjectOptions,
  ): Promise<readonly EmittedPacket[]> {
    const hex = Buffer.from(packet).toString("hex");
    return packetsOf(await this.#ask("inject", [port, hex, options]));
  }

  async sleep(seconds: number): Promise<readonly EmittedPacket[]> {
    return packetsOf(await this.#ask("sleep", [seconds], seconds * 1000));
  }

  async statusFile(name: StatusFile): Promise<string | undefined> {
    return ((await this.#ask("statusFile", [name])) ?? undefined) as string | undefined;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** @param time the operation lets pass, in ms */
  #ask(operation: Operation, given: readonly unknown[], time = 0): Promise<unknown> {
    const asked = this.#last.then(() =>
      this.#exchange({ operation, arguments: given }, time + PATIENCE),
    );
    this.#last = asked.catch(() => {});
    return asked;
  }

  async #exchange(request: Request, patience: Milliseconds): Promise<unknown> {
    const { channel } = this.#connection;
    let late = false;
    const impatience = setTimeout(() => {
      late = true;
      void this.#connection.close();
    }, patience);
    try {
      channel.send(request);
      const { value, began } = answered(await channel.receive());
      this.#began = began;
      return value;
    } catch (error) {
      if (!late) throw error;
      throw new Error(`The bed did not ${request.operation} within ${patience / 1000} s`);
    } finally {
      clearTimeout(impatience);
    }
  }
}

function packetsOf(value: unknown): readonly EmittedPacket[] {
  return (value as JsonPacket[]).map(fromJson);
}

/** @throws Error for the answer of an operation that failed */
function answered(message: unknown): Exclude<Answer, { error: string }> {
  const answer = message as Answer;
  if ("error" in answer) throw new Error(answer.error);
  return answer;
}
