/**
 * A student who does a lab by its text, word for word: a program of its own.
 *
 *     node follow-lab.js FOLDER LAB LANGUAGE [KIND]
 *
 * KIND `simulated` has the hosts simulated. Starts the lab with FOLDER as its folder, types every command of the text on the host it is for, compares what is
 * printed with what the text says, looks at the steps wherever the text says `uipvs lab check`, and ends the lab.
 * Prints what came of it as JSON (`Report`).
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readBlocks } from "../../src/lab/course/lab-text.ts";
import {
  checkRunningLab,
  entranceOf,
  findLab,
  type LabState,
  type Language,
  shellWords,
  startLab,
  stopLab,
} from "../../src/lab/index.ts";
import { isAsExpected, outputLines } from "../../src/lvs/output.ts";

/** What came of following a text. */
export interface Report {
  /** What the hosts were. */
  readonly kind: string;
  /** Steps passed before anything was done, after each check, and at the end. */
  readonly passed: readonly number[];
  readonly steps: number;
  /** Commands that printed something else than the text says, with what they printed. */
  readonly differences: readonly string[];
  /** Every command, and what it printed. */
  readonly transcript: readonly (readonly [prompt: string, printed: string])[];
}

/** Ends the output of a command. */
const MARK = "\u001e";

/** How long a command may take, in ms. */
const PATIENCE = 60_000;

/** A shell that is typed into. */
class Shell {
  readonly #child: ChildProcess;
  #printed = "";
  #look: () => void = () => {};

  constructor(words: readonly string[], env: NodeJS.ProcessEnv) {
    const [program = "", ...rest] = words;
    this.#child = spawn(program, rest, { env, stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.#printed += text;
      this.#look();
    });
    this.#child.once("close", () => {
      this.#printed += MARK;
      this.#look();
    });
    this.#child.stdin!.write("exec 2>&1\n");
  }

  /** Types a command and returns what it prints. */
  async type(command: string): Promise<string> {
    this.#child.stdin!.write(`${command}\nprintf '\\036'\n`);
    await new Promise<void>((resolve, reject) => {
      const impatience = setTimeout(() => reject(new Error(`No end of: ${command}`)), PATIENCE);
      this.#look = () => {
        if (!this.#printed.includes(MARK)) return;
        clearTimeout(impatience);
        resolve();
      };
      this.#look();
    });
    const at = this.#printed.indexOf(MARK);
    const printed = this.#printed.slice(0, at);
    this.#printed = this.#printed.slice(at + 1);
    return printed;
  }

  async end(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const closed = once(this.#child, "close");
    this.#child.stdin!.end();
    await closed;
  }
}

async function follow(folder: string, name: string, language: Language): Promise<Report> {
  const lab = findLab(name, process.env);
  const shells = new Map<string, Shell>();
  const shellOn = (host: string): Shell => {
    const known = shells.get(host);
    if (known !== undefined) return known;
    const { words, env } = entranceOf(folder, host, process.env);
    const shell = new Shell([...words, ...shellWords(folder, false)], { ...process.env, ...env });
    shells.set(host, shell);
    return shell;
  };
  const look = async (): Promise<LabState> => (await checkRunningLab(folder))!;
  const passedOf = ({ steps }: LabState) => steps.filter(({ state }) => state === "passed").length;

  const { signal } = new AbortController();
  await startLab(folder, lab, { signal, simulated: kind === "simulated" });
  try {
    let state = await look();
    const passed = [passedOf(state)];
    const differences: string[] = [];
    const transcript: [string, string][] = [];
    for (const { host, commands, prints, line } of readBlocks(lab.text[language]).blocks) {
      let printed = "";
      for (const command of commands) {
        if (host !== undefined) printed = await shellOn(host).type(command);
        else if (command === "uipvs lab check") {
          state = await look();
          passed.push(passedOf(state));
          const failed = state.steps.find((step) => step.state === "failed");
          printed =
            failed === undefined ? "" : `${failed.id}: ${failed.remark?.en} ${failed.detail}`;
        }
        transcript.push([`${host ?? "$"}# ${command}`, printed]);
      }
      if (prints !== undefined && !isAsExpected(prints, outputLines(printed))) {
        differences.push(`line ${line}, ${host}# ${commands.at(-1)}\n${printed}`);
      }
    }
    passed.push(passedOf(await look()));
    return { kind: state.kind, passed, steps: state.steps.length, differences, transcript };
  } finally {
    // Shells that are busy still end with the lab.
    await stopLab(folder);
    await Promise.all([...shells.values()].map((shell) => shell.end()));
  }
}

const [folder = "", name = "", language = "en", kind] = process.argv.slice(2);
console.log(JSON.stringify(await follow(folder, name, language as Language)));
