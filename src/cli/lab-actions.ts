/**
 * What the commands of `uipvs lab` do. Loaded when one of them is called.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { userInfo } from "node:os";
import type { Command } from "commander";
import {
  checkRunningLab,
  entranceOf,
  faultText,
  findLab,
  LabError,
  type LabState,
  type Language,
  lintLab,
  listLabs,
  newLab,
  nextHint,
  restartLab,
  runFolder,
  runningLab,
  type StartedLab,
  shellWords,
  startLab,
  stopLab,
} from "../lab/index.ts";
import { runInFront } from "../shell/run-shell.ts";
import { languageOf } from "./lab-language.ts";
import { checkText, hintText, listText, type Showing, textText } from "./lab-show.ts";
import { LAB_WORDS } from "./lab-words.ts";
import { CommandFailure, EXIT, say } from "./terminal.ts";
import { paint, wantsColor } from "./terminal-color.ts";

/** Options of those that show text. */
export interface LanguageOptions {
  readonly lang?: Language;
}

/** Options of `start`. */
export interface StartOptions extends LanguageOptions {
  /** Where the page is served, as text; `true` for the usual place. */
  readonly web?: string | true;
  readonly simulated?: true;
}

/** Options of those that can show JSON. */
export interface JsonOptions extends LanguageOptions {
  readonly json?: true;
}

/** Options of `list`. */
export interface ListOptions extends JsonOptions {
  readonly names?: true;
}

/** Widest a text is shown. */
const WIDEST = 96;
/** Columns where nobody says how many there are. */
const USUAL = 80;

/** Shows the text of the running lab. */
export function showText(command: Command, options: LanguageOptions): void {
  write(command, textText(theLab(), showing(options)));
}

/** Turns what is wrong with a lab into a command's failure. */
export async function guarded(act: () => void | Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    throw new CommandFailure(error.message, EXIT.failure);
  }
}

function folder(): string {
  return runFolder(process.env, process.geteuid?.() ?? 0);
}

function theLab(): LabState {
  const lab = runningLab(folder());
  if (lab === undefined) throw noLab();
  return lab;
}

function noLab(): CommandFailure {
  return new CommandFailure(
    "No lab is running: `uipvs lab list' shows which there are",
    EXIT.usage,
  );
}

function showing({ lang }: LanguageOptions): Showing {
  const width = Math.min(process.stdout.columns ?? USUAL, WIDEST);
  const color = wantsColor(process.stdout, process.env);
  return { language: languageOf(lang, process.env), width, paint: paint(color) };
}

function write(command: Command, text: string): void {
  command.configureOutput().writeOut?.(text);
}

/** Shows which labs there are. */
export function showList(command: Command, options: ListOptions): void {
  const labs = listLabs(process.env);
  if (options.names) {
    for (const { name } of labs) say(command, name);
    return;
  }
  const running = runningLab(folder())?.name;
  if (options.json) {
    const document = { schema: "uipvs/labs/1", labs, running: running ?? null };
    say(command, JSON.stringify(document, undefined, 2));
    return;
  }
  write(command, listText(labs, running, showing(options)));
}

/** Starts a lab, by its name or the path of its folder, and shows its text. */
export async function startNamed(
  command: Command,
  name: string,
  options: StartOptions,
): Promise<void> {
  const lab = knownLab(name);
  const show = showing(options);
  const { simulated } = options;
  const page =
    options.web === undefined ? undefined : { address: options.web === true ? "" : options.web };
  const started = await untilStanding(command, show, (signal) =>
    startLab(folder(), lab, { signal, page, simulated }),
  );
  write(command, textText(theLab(), show));
  tellStarted(command, show, started);
}

/** Says what a student cannot know: that hosts are simulated, and where the page is. */
function tellStarted(command: Command, { language }: Showing, { lack, page }: StartedLab): void {
  if (lack !== undefined) say(command, `\n${LAB_WORDS[language].simulated(lack)}`);
  if (page !== undefined) say(command, `\n${page}`);
}

function knownLab(name: string): ReturnType<typeof findLab> {
  try {
    return findLab(name, process.env);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    throw new CommandFailure(error.message, EXIT.usage);
  }
}

/** Starts a lab; a signal meanwhile takes it down again. */
async function untilStanding<Result>(
  command: Command,
  { language }: Showing,
  start: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, interrupt);
  const shown = process.stderr.isTTY === true;
  if (shown) command.configureOutput().writeErr?.(LAB_WORDS[language].starting);
  try {
    return await start(interruption.signal);
  } finally {
    if (shown) command.configureOutput().writeErr?.("\r\u001b[K");
    for (const signal of signals) process.off(signal, interrupt);
  }
}

/** Runs a shell or a command on a host of the running lab, to its end. */
export async function enterHost(host: string, words: readonly string[]): Promise<void> {
  theLab();
  const entrance = entranceOf(folder(), host, process.env);
  const terminal = process.stdin.isTTY === true;
  const command = words[0] === "--" ? words.slice(1) : words;
  const wanted = command.length > 0 ? command : shellWords(folder(), terminal);
  const [program = "", ...rest] = [...entrance.words, ...wanted];
  const env = { ...process.env, ...entrance.env };
  const status = await runInFront(terminal, () => spawn(program, rest, { stdio: "inherit", env }));
  // Whatever there was to say, the command has said.
  if (status !== EXIT.success) throw new CommandFailure("", status);
}

/** Looks at the steps of the running lab and shows how far the student is. */
export async function checkSteps(command: Command, options: JsonOptions): Promise<void> {
  const lab = await checkRunningLab(folder());
  if (lab === undefined) throw noLab();
  const passed = lab.steps.filter(({ state }) => state === "passed").length;
  if (options.json) {
    const steps = lab.steps.map(({ id, title, state, passedAt, remark, detail, hintsShown }) => ({
      ...{ id, title, state, passedAt, remark, detail, hintsShown },
    }));
    const { name, startedAt } = lab;
    const total = steps.length;
    const document = {
      schema: "uipvs/lab/1",
      user: userInfo().username,
      lab: name,
      startedAt,
      passed,
      total,
      steps,
    };
    say(command, JSON.stringify(document, undefined, 2));
  } else write(command, checkText(lab, showing(options)));
  if (passed < lab.steps.length) throw new CommandFailure("", EXIT.failure);
}

/** Shows the next hint. */
export function giveHint(command: Command, options: LanguageOptions): void {
  theLab();
  const step = nextHint(folder());
  const show = showing(options);
  if (step === undefined) say(command, LAB_WORDS[show.language].noHint);
  else write(command, hintText(step, step.hintsShown, show));
}

/** Takes the running lab down and builds it anew, with its page. */
export async function resetLab(command: Command, options: LanguageOptions): Promise<void> {
  const { source } = theLab();
  const lab = knownLab(source);
  const show = showing(options);
  const started = await untilStanding(command, show, (signal) => restartLab(folder(), lab, signal));
  say(command, LAB_WORDS[show.language].restarted);
  tellStarted(command, show, started);
}

/** Takes the running lab down, or cleans up after a killed one. */
export async function stopRunning(command: Command, options: LanguageOptions): Promise<void> {
  // A shell on one of its hosts that ends takes no part of the work with it.
  process.on("SIGHUP", () => undefined);
  const name = await stopLab(folder());
  if (name === undefined) throw noLab();
  say(command, LAB_WORDS[showing(options).language].stopped(name));
}

/** Says what is wrong with labs. */
export function lintFolders(
  command: Command,
  folders: readonly string[],
  { json }: JsonOptions,
): void {
  const faults = folders.flatMap(lintLab);
  if (json) say(command, JSON.stringify({ schema: "uipvs/lab-lint/1", faults }, undefined, 2));
  else for (const fault of faults) say(command, faultText(fault));
  if (faults.length > 0) throw new CommandFailure("", EXIT.failure);
}

/** Makes the folder of a new lab. */
export function makeLab(command: Command, path: string): void {
  newLab(path);
  say(command, `Made "${path}": change its files, then \`uipvs lab lint ${path}'`);
  say(command, `and \`uipvs lab start ${path.includes("/") ? path : `./${path}`}'`);
}
