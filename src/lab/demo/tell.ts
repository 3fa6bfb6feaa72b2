/**
 * Telling a story in a laboratory: commands and listings are printed, requests are sent and drawn,
 * and what differs from the expectations is said.
 *
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Milliseconds } from "../../base/clock.ts";
import type { WebAnswer } from "../web-order.ts";
import { bold, Drawing, type Screen } from "./draw.ts";
import { allAnswered, type Outcome } from "./expectations.ts";
import { type Laboratory, REAL_SERVERS, VIRTUAL } from "./laboratory.ts";
import type { Chapter, DirectorCommand, PlannedRequest, Wave } from "./story.ts";

/** How a story is told. */
export interface TellOptions {
  /** Time between two requests. */
  readonly pace: Milliseconds;
}

/** Prompt of the director, as it stands before its commands. */
export const DIRECTOR_PROMPT = "director# ";

/**
 * Tells all chapters, and returns what differed from what they expect, a sentence each.
 *
 * @throws Error when the laboratory fails
 */
export async function tellStory(
  chapters: readonly Chapter[],
  laboratory: Laboratory,
  screen: Screen,
  options: TellOptions,
): Promise<readonly string[]> {
  const differences: string[] = [];
  for (const [index, chapter] of chapters.entries()) {
    const telling = new Telling(chapter, laboratory, screen, options);
    const heading = `${index + 1}. ${chapter.title}`;
    screen.write(`\n${bold(screen, heading)}\n${chapter.text.join("\n")}\n\n`);
    for (const difference of await telling.tell()) {
      differences.push(`${chapter.title}: ${difference}`);
    }
  }
  return differences;
}

/** Requests sent at most while a command is not obeyed yet: a line has no room for more. */
const MAX_LOAD = 12;

/** The telling of one chapter. */
class Telling {
  readonly #chapter: Chapter;
  readonly #laboratory: Laboratory;
  readonly #screen: Screen;
  readonly #options: TellOptions;
  readonly #differences: string[] = [];
  readonly #earlier: Outcome[] = [];
  #lastLine = "";

  constructor(chapter: Chapter, laboratory: Laboratory, screen: Screen, options: TellOptions) {
    this.#chapter = chapter;
    this.#laboratory = laboratory;
    this.#screen = screen;
    this.#options = options;
  }

  async tell(): Promise<readonly string[]> {
    await this.#laboratory.arrange(this.#chapter.method, (line) => this.#say(line));
    for (const step of this.#chapter.steps) {
      if (step.kind === "wave") await this.#wave(step);
      else await this.#command(step);
    }
    return this.#differences;
  }

  async #command({ line, input, only }: DirectorCommand): Promise<void> {
    const filter = only === undefined ? "" : ` | grep ${only}`;
    const here = input === undefined ? "" : " <<END";
    this.#say(DIRECTOR_PROMPT + line + filter + here);
    if (input !== undefined) for (const each of [...input, "END"]) this.#say(each);
    const output = await this.#obey(line, input);
    for (const each of output.split("\n")) {
      if (each !== "" && (only === undefined || each.includes(only))) this.#say(each);
    }
  }

  /** Has the director obey a command line, and returns what that printed. */
  async #obey(line: string, input: readonly string[] = []): Promise<string> {
    const words = line.split(" ").slice(1);
    const text = input.map((each) => `${each}\n`).join("");
    const { status, output } = await this.#laboratory.uipvsadm(words, text);
    if (status !== 0) this.#differs(`"${line}" ended with exit status ${status}`);
    return output;
  }

  async #wave(wave: Wave): Promise<void> {
    this.#gap();
    this.#say(wave.caption);
    if (wave.meanwhile) this.#say(DIRECTOR_PROMPT + wave.meanwhile.command);
    const drawing = new Drawing(this.#screen, REAL_SERVERS);
    const sent: Promise<Outcome>[] = [];
    const send = async (request: PlannedRequest, afterCommand: boolean) => {
      const outcome = this.#send(request, sent.length, afterCommand, drawing);
      // Looked at when all have been sent; until then nobody else minds a failure.
      outcome.catch(() => {});
      sent.push(outcome);
      await pause(this.#options.pace);
    };
    for (const request of wave.requests) await send(request, false);
    if (wave.meanwhile !== undefined) {
      const { command, load, after } = wave.meanwhile;
      let obeyed = false;
      const obeying = this.#obey(command).finally(() => {
        obeyed = true;
      });
      obeying.catch(() => {});
      // The load does not wait for the command: the service is changed under it.
      for (let count = 0; count < MAX_LOAD && !obeyed; count++) await send(load, false);
      await obeying;
      await Promise.all(sent);
      drawing.bar();
      for (const request of after) await send(request, true);
    }
    const outcomes = await Promise.all(sent);
    drawing.end();
    this.#lastLine = wave.caption;
    this.#judge(wave, outcomes);
    this.#gap();
  }

  async #send(
    request: PlannedRequest,
    id: number,
    afterCommand: boolean,
    drawing: Drawing,
  ): Promise<Outcome> {
    const { from, connection } = request;
    const answer: WebAnswer = await this.#laboratory.request({ id, ...VIRTUAL, from, connection });
    drawing.answered(answer.server, request.mark);
    return { request, answer, afterCommand };
  }

  #judge(wave: Wave, outcomes: readonly Outcome[]): void {
    for (const expectation of [allAnswered, ...wave.expectations]) {
      const difference = expectation(outcomes, this.#earlier);
      if (difference === undefined) continue;
      this.#say(`  DIFFERENT: ${difference}`);
      this.#differs(difference);
      break;
    }
    this.#earlier.push(...outcomes);
  }

  #differs(difference: string): void {
    this.#differences.push(difference);
  }

  /** Writes an empty line, unless one was just written. */
  #gap(): void {
    if (this.#lastLine !== "") this.#say("");
  }

  #say(line: string): void {
    this.#lastLine = line;
    this.#screen.write(`${line}\n`);
  }
}
