/**
 * Runs a script on a bed.
 *
 * Everything is done and seen through the bed: commands, packets, listings. What a bed cannot tell, such as
 * why a packet was dropped, is not judged there, and counted.
 *
 * A command that is refused, where that is not expected, ends the script; all else that is wrong is noted and
 * the script goes on.
 *
 * @module
 */
import type { Milliseconds } from "../base/clock.ts";
import { type Random, SeededRandom } from "../base/random.ts";
import type { Address } from "../net/address.ts";
import type { Bed } from "../scenario/bed.ts";
import type { DiffLine } from "../scenario/line-diff.ts";
import type { PacketSpec } from "../scenario/packet-spec.ts";
import { Player, type Seen } from "../scenario/play.ts";
import { type Place, ScenarioError } from "../scenario/scenario-error.ts";
import type { PacketStatement, ReplyStatement, Statement } from "../scenario/statement.ts";
import type { TranscriptRecord } from "../scenario/transcript.ts";
import { type Act, serversOf, tallyText } from "./act.ts";
import { Clients, type ClientWorld, NoConnection } from "./clients.ts";
import { type Departure, readDeparture } from "./departure.ts";
import type { Effect } from "./exchange.ts";
import type { End, Expectation } from "./expectation.ts";
import { judgeEntries, judgeFigures, weightsOf } from "./judge-listings.ts";
import * as judge from "./judge-packets.ts";
import { isAsExpected, outputDiff, outputLines, printedText } from "./output.ts";
import { RealServers } from "./real-server.ts";
import type { ExchangeAction, ExpectedOutput, Script, Step } from "./script.ts";
import { Surroundings } from "./surroundings.ts";

/** Something that is not as expected. */
export interface ScriptFailure {
  readonly place: Place;
  /** The line. */
  readonly text: string;
  /** What is wrong, as a sentence without its period. */
  readonly message: string;
  /** Expected and actual output, side by side. */
  readonly diff?: readonly DiffLine[];
}

/** Output that differs from what a file has. */
export interface OutputChange {
  readonly file: string;
  readonly expected: ExpectedOutput;
  readonly lines: readonly string[];
}

/** What came of a script. */
export interface ScriptResult {
  readonly failures: readonly ScriptFailure[];
  readonly changes: readonly OutputChange[];
  /** Expectations that were looked at. */
  readonly judged: number;
  /** Expectations the bed could not tell about. */
  readonly untold: number;
}

/** What may differ from run to run. */
export interface RunOptions {
  /** What the choice of clients hangs on; 1. */
  readonly seed?: number;
  /** Takes a record of everything done and seen. */
  readonly record?: (record: TranscriptRecord) => void;
}

/**
 * Runs a script.
 *
 * @throws ScenarioError where a line asks for what the bed does not have
 */
export async function runScript(
  script: Script,
  bed: Bed,
  options: RunOptions = {},
): Promise<ScriptResult> {
  const run = new ScriptRun(bed, options);
  await run.play(script);
  return run.result();
}

/** How a command ended, and what it printed. */
interface Ended {
  readonly status: number;
  readonly text: string;
}

/** A command was refused, and nothing that follows makes sense. */
class Stop extends Error {}

class ScriptRun implements ClientWorld {
  readonly #bed: Bed;
  readonly #player: Player;
  readonly #surroundings: Surroundings;
  readonly #servers = new RealServers();
  readonly #clients: Clients;
  readonly #record: ((record: TranscriptRecord) => void) | undefined;
  readonly #failures: ScriptFailure[] = [];
  readonly #changes: OutputChange[] = [];
  #judged = 0;
  #untold = 0;
  /** What came of the last line with packets, and of the last before that came to a server. */
  #act: Act | undefined;
  #earlier: Act | undefined;
  #command: Ended | undefined;
  #place: Place = { file: "", line: 1, column: 1 };
  #text = "";

  constructor(bed: Bed, { seed = 1, record }: RunOptions) {
    const random: Random = new SeededRandom(seed);
    this.#bed = bed;
    this.#player = new Player(bed);
    this.#surroundings = new Surroundings(bed);
    this.#clients = new Clients(this, this.#servers, random);
    this.#record = record;
  }

  result(): ScriptResult {
    const [failures, changes] = [this.#failures, this.#changes];
    return { failures, changes, judged: this.#judged, untold: this.#untold };
  }

  async play({ steps, lineCount }: Script): Promise<void> {
    if (!steps.some(({ action }) => action.kind === "topology")) {
      await this.#surroundings.setUpStandard();
    }
    try {
      for (const step of steps) await this.#step(step);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
    this.#record?.({ op: "end", line: lineCount, t: this.#bed.now() / 1000 });
  }

  // What clients need.

  async send(device: string, packet: PacketSpec, mark?: number): Promise<Effect> {
    const statement: PacketStatement = {
      kind: "packet",
      place: this.#place,
      text: this.#text,
      device,
      packet,
      ...(mark !== undefined && { mark }),
    };
    // Of exchanges there are many, and records of them only matter to who wants them.
    if (this.#record === undefined) await this.#player.transmit(device, packet, mark);
    else await this.#line(statement);
    return this.#effect();
  }

  async sleep(duration: Milliseconds): Promise<void> {
    const text = String(duration / 1000);
    await this.#line({ kind: "sleep", place: this.#place, duration, text });
  }

  addClient(address: Address): Promise<void> {
    return this.#surroundings.addClient(address);
  }

  // Steps.

  async #step(step: Step): Promise<void> {
    const { action, output, judged } = step;
    this.#place = action.place;
    this.#text = step.text;
    await this.#ofDirectors("a director that lives", (bed) => {
      if (step.director === undefined) bed.choose?.(undefined);
      else if (bed.choose === undefined) throw new RangeError("there is one director here");
      else bed.choose(step.director);
    });
    switch (action.kind) {
      case "directors":
        await this.#ofDirectors("names of directors", (bed) => {
          if (bed.setDirectors === undefined) throw new RangeError("there is one director here");
          return bed.setDirectors(action.names);
        });
        return;
      case "fail":
        await this.#ofDirectors("a director that can fail", (bed) => {
          if (bed.fail === undefined) throw new RangeError("there is one director here");
          bed.fail(action.director);
        });
        return;
      case "expect":
        await this.#expect(action.expectation);
        return;
      case "exchange": {
        const text = await this.#exchange(action, judged);
        this.#compare(output, text);
        return;
      }
      case "server":
        await this.#surroundings.addServer(action.address);
        this.#servers.set(action.address, action.behaviour);
        return;
      case "virtual":
        for (const address of action.addresses) await this.#surroundings.addVirtual(address);
        return;
      default: {
        const records = await this.#statement(action);
        const text = printedText(records);
        const refused = this.#isCommand(action) && this.#note(records, text).status !== 0;
        const shown = this.#compare(output, text) && (output?.lines.length ?? 0) > 0;
        const unsent = records.find((record) => record.op === "send" && record.error !== undefined);
        if (unsent !== undefined) this.#fail(`nothing was sent: ${text.trim()}`);
        // Who writes down what a refusal prints expects it.
        if (refused && !judged && !shown) {
          this.#fail(`the command was refused: ${text.trim() || "it printed nothing"}`);
          throw new Stop();
        }
      }
    }
  }

  /** Asks something of the bed's directors. @throws ScenarioError where it cannot be */
  async #ofDirectors(expected: string, ask: (bed: Bed) => Promise<void> | void): Promise<void> {
    try {
      await ask(this.#bed);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new ScenarioError(this.#place, `${expected} (${error.message})`, undefined);
    }
  }

  async #statement(statement: Statement): Promise<readonly Seen[]> {
    if (statement.kind === "command" && statement.program === "ipvsadm") {
      await this.#surroundings.prepareFor(statement.args);
    }
    if (statement.kind === "packet" && statement.device === "c0") {
      const { from } = statement.packet;
      await this.addClient("address" in from ? from.address : from);
    }
    const records = await this.#line(statement);
    if (statement.kind === "topology") this.#surroundings.learn(statement.name);
    if (statement.kind === "packet" || statement.kind === "reply" || statement.kind === "raw") {
      this.#become({ ...serviceOf(statement), effects: [this.#effect()] });
    }
    return records;
  }

  /** Plays a line and records what is seen. */
  async #line(statement: Statement): Promise<readonly Seen[]> {
    const records: Seen[] = [];
    const { line } = statement.place;
    for await (const seen of this.#player.play(statement)) {
      records.push(seen);
      const { op, ...rest } = seen;
      this.#record?.({ op, line, t: this.#bed.now() / 1000, ...rest } as TranscriptRecord);
    }
    return records;
  }

  /** Returns what came of the packet just sent. */
  #effect(): Effect {
    const departures: Departure[] = [];
    for (const captured of this.#player.emitted()) {
      const departure = readDeparture(captured, this.#surroundings);
      if (departure !== undefined) departures.push(departure);
    }
    const reasons = this.#bed.reasons?.();
    return { departures, ...(reasons !== undefined && { reasons }) };
  }

  /** Has clients do something; returns what the line prints. */
  async #exchange(action: ExchangeAction, judged: boolean): Promise<string> {
    const { to, mark } = action;
    try {
      const outcomes = await this.#clients.play(action);
      this.#become({ to, mark, outcomes, effects: outcomes.map(({ first }) => first) });
    } catch (error) {
      if (!(error instanceof NoConnection)) throw error;
      this.#fail(error.message);
      return "";
    }
    const act = this.#act!;
    if (!judged) {
      this.#judged++;
      const wrong = judge.judgeAnswered(act);
      if (wrong !== undefined) this.#fail(`expected to be answered, but ${wrong}`);
    }
    return tallyText(act);
  }

  #become(act: Act): void {
    if (this.#act !== undefined && serversOf(this.#act).some((server) => server !== undefined)) {
      this.#earlier = this.#act;
    }
    this.#act = act;
  }

  #isCommand({ kind }: Statement): boolean {
    return kind === "command" || kind === "shell" || kind === "sysctl";
  }

  /** Notes how a command ended. */
  #note(records: readonly Seen[], text: string): Ended {
    let status = 0;
    for (const record of records) {
      if ("rc" in record) status = record.rc;
      else if (record.op === "sysctl" && (record.value === null || record.errno !== undefined)) {
        status = 1;
      }
    }
    this.#command = { status, text };
    return this.#command;
  }

  /** Compares an output with the one expected, if any; returns whether they agree. */
  #compare(output: ExpectedOutput | undefined, text: string): boolean {
    if (output === undefined) return true;
    this.#judged++;
    const lines = outputLines(text);
    if (isAsExpected(output.lines, lines)) return true;
    this.#changes.push({ file: this.#place.file, expected: output, lines });
    this.#fail("the output differs", outputDiff(output.lines, lines));
    return false;
  }

  async #expect(expectation: Expectation): Promise<void> {
    this.#judged++;
    const wrong = await this.#judgement(expectation);
    if (wrong !== undefined)
      this.#fail(`${this.#text.replace(/^expect/, "expected")}, but ${wrong}`);
  }

  async #judgement(expectation: Expectation): Promise<judge.Judgement> {
    const list = async (args: readonly string[]) => {
      const { out } = await this.#bed.run("ipvsadm", args);
      return new TextDecoder().decode(out);
    };
    switch (expectation.type) {
      case "entries":
        return judgeEntries(expectation, list);
      case "figures":
        return judgeFigures(expectation, list);
      case "refused":
      case "exit":
        return this.#judgeCommand(expectation);
    }
    const act = this.#act;
    if (act === undefined) return "no packet was sent before";
    switch (expectation.type) {
      case "forwarded":
        return judge.judgeForwarded(act, expectation);
      case "dropped":
        if (expectation.reason !== undefined && this.#bed.reasons === undefined) this.#untold++;
        return judge.judgeDropped(act, expectation);
      case "icmp":
        return judge.judgeIcmp(act, expectation);
      case "ended":
        return judge.judgeEnded(act, expectation);
      case "stickiness":
        return judge.judgeStickiness(act, this.#earlier, expectation);
      case "servers":
        return judge.judgeServerCount(act, expectation);
      case "shares": {
        if (expectation.shares !== "weights") return judge.judgeShares(act, expectation, []);
        const services: readonly (End | number)[] = [act.mark, act.to].filter(
          (each) => each !== undefined,
        );
        const servers = await weightsOf(services, list);
        if (servers.length === 0) return "there is no service for it that has servers";
        return judge.judgeShares(act, expectation, judge.sharesOfWeights(servers));
      }
    }
  }

  #judgeCommand(expectation: Extract<Expectation, { type: "refused" | "exit" }>): judge.Judgement {
    if (this.#command === undefined) return "no command was run before";
    const { status, text } = this.#command;
    const printed = text.trim() === "" ? "" : `, and printed: ${text.trim()}`;
    if (expectation.type === "exit") {
      return status === expectation.status ? undefined : `it exited with ${status}${printed}`;
    }
    if (status === 0) return `it was accepted${printed}`;
    const { text: part = "" } = expectation;
    return text.includes(part) ? undefined : `it exited with ${status}${printed}`;
  }

  #fail(message: string, diff?: readonly DiffLine[]): void {
    this.#failures.push({
      place: this.#place,
      text: this.#text,
      message,
      ...(diff !== undefined && { diff }),
    });
  }
}

/** Returns the service a line's packet is for. */
function serviceOf(
  statement: PacketStatement | ReplyStatement | Extract<Statement, { kind: "raw" }>,
): Pick<Act, "to" | "mark"> {
  if (statement.kind === "raw") return { to: undefined, mark: undefined };
  const { mark } = statement;
  if (statement.kind === "reply" || !("address" in statement.packet.to)) {
    return { to: undefined, mark };
  }
  return { to: statement.packet.to, mark };
}
