/**
 * One host of a laboratory: a network namespace of its own, and the programs that run in it.
 *
 * The namespace lives in a holder, a process that does nothing but wait for the end of its input.
 * Whatever becomes of the process that started the host, even a SIGKILL, its end of that pipe closes
 * and the holder ends; programs in the host end the same way, and the kernel removes the network with
 * the last of them. There are no names to clean up: a host is addressed by the process number of its
 * holder. A host has a folder for sockets and the like, which the holder makes and removes.
 *
 * Needs `unshare` and `nsenter` of util-linux, and the right to make namespaces.
 *
 * @module
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import type { Milliseconds } from "../base/clock.ts";
import { sentenceOf } from "../base/sentence.ts";
import { type CommandOptions, type CommandResult, execute, mustExecute } from "./system-command.ts";

/** A program that runs in a host, with its three streams. */
export type HostProgram = ChildProcessByStdio<Writable, Readable, Readable>;

/** Returns the words that run `words` in a network namespace of their own. */
export function inNewNetwork(words: readonly string[]): readonly string[] {
  return ["unshare", "--net", "--", ...words];
}

/**
 * Makes the folder, tells its name, waits for a line or the end of the input, removes the folder. When
 * no line has come, programs of the host are only now told to end, and may still write to it.
 */
const HOLD = [
  'folder=$(mktemp -d "$1") && echo "$folder" || exit',
  "read -r _ || sleep 1",
  'rm -rf "$folder"',
].join("\n");

/** Runs a program that knows nothing of us, and ends it when the input ends. */
const GUARD = [
  "exec 3<&0",
  '"$@" </dev/null 3<&- & child=$!',
  "{ read -r _ <&3; kill $child; } 2>/dev/null & watcher=$!",
  "wait $child; status=$?",
  "kill $watcher 2>/dev/null",
  "exit $status",
].join("\n");

const STOP_TIMEOUT: Milliseconds = 3000;

/** A host. Made by `start`, ended by `stop`. */
export class NamespaceHost {
  /** Name for people and messages. */
  readonly name: string;
  /** Folder of the host; goes when the host goes. */
  readonly folder: string;
  readonly #holder: HostProgram;
  readonly #programs = new Set<HostProgram>();
  #stopped = false;

  private constructor(name: string, folder: string, holder: HostProgram) {
    this.name = name;
    this.folder = folder;
    this.#holder = holder;
  }

  /**
   * Starts a host without any link but a loopback that is down.
   *
   * @throws Error with what `unshare` said, when namespaces are refused
   */
  static async start(name: string): Promise<NamespaceHost> {
    const folder = join(tmpdir(), "uipvs-lab-XXXXXX");
    const [program = "", ...rest] = inNewNetwork(["sh", "-c", HOLD, "sh", folder]);
    const holder = spawn(program, rest, { stdio: ["pipe", "pipe", "pipe"], detached: true });
    let said = "";
    holder.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    holder.stdin.on("error", () => {});
    const ready = once(holder.stdout.setEncoding("utf8"), "data");
    const failed = once(holder, "close").then(() => {
      throw new Error(`Cannot start host "${name}": ${said.trim() || "unshare ended"}`);
    });
    failed.catch(() => {});
    const [made] = (await Promise.race([ready, failed])) as [string];
    return new NamespaceHost(name, made.trim(), holder);
  }

  /** Process number of the holder: what `ip link set ... netns` and `nsenter -t` take. */
  get pid(): number {
    return this.#holder.pid ?? 0;
  }

  /**
   * Returns the words that run `words` with the network of this host.
   *
   * @throws Error once the host was told to stop: nothing new may start in it
   */
  enter(words: readonly string[]): readonly string[] {
    if (this.#stopped) throw new Error(`Cannot enter host "${this.name}": it was stopped`);
    return ["nsenter", `--net=/proc/${this.pid}/ns/net`, "--", ...words];
  }

  /** Runs a program with the network of this host to its end. */
  async run(words: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return execute(this.enter(words), options);
  }

  /**
   * Runs a program that must succeed and returns what it printed.
   *
   * @throws Error with the command and what the program said, when its exit status is not 0
   */
  async mustRun(words: readonly string[], options: CommandOptions = {}): Promise<string> {
    return mustExecute(this.enter(words), options);
  }

  /**
   * Runs `ip` once over many lines, each a command without the word `ip`.
   *
   * @throws Error with what `ip` said when a line is refused
   */
  async ip(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    try {
      await this.mustRun(["ip", "-batch", "-"], { stdin: `${lines.join("\n")}\n` });
    } catch (error) {
      const text = sentenceOf(error);
      const at = Number(/Command failed -:(\d+)/.exec(text)?.[1]);
      const line = lines[at - 1];
      throw line === undefined ? error : new Error(`${text}: "ip ${line}" on "${this.name}"`);
    }
  }

  /** Sets kernel parameters below `/proc/sys/`, by path: `net/ipv4/ip_forward`. */
  async setSysctls(values: Readonly<Record<string, string | number>>): Promise<void> {
    const lines = Object.entries(values).map(([path, value]) => `${path} ${value}`);
    if (lines.length === 0) return;
    const write = 'while read -r path value; do echo "$value" >"/proc/sys/$path" || exit 1; done';
    await this.mustRun(["sh", "-c", write], { stdin: `${lines.join("\n")}\n` });
  }

  /**
   * Starts a program of the laboratory's own in this host.
   *
   * It has to end when its input ends: that is how it learns that nobody is left who wants it.
   */
  spawn(words: readonly string[], env: Readonly<Record<string, string>> = {}): HostProgram {
    const [program = "", ...rest] = this.enter(words);
    const child = spawn(program, rest, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
      // A process group of its own: out of reach of Ctrl-C, and one signal reaches all of it.
      detached: true,
    });
    child.stdin.on("error", () => {});
    this.#programs.add(child);
    child.once("close", () => this.#programs.delete(child));
    return child;
  }

  /** Starts any other program in this host; it gets SIGTERM when nobody is left who wants it. */
  spawnGuarded(words: readonly string[], env: Readonly<Record<string, string>> = {}): HostProgram {
    return this.spawn(["sh", "-c", GUARD, "guard", ...words], env);
  }

  /** Ends the host with every program started in it. Calling it again does nothing. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#programs].map(endProgram));
    const holder = this.#holder;
    if (hasEnded(holder)) return;
    const gone = once(holder, "close");
    holder.stdin.end("\n");
    const impatience = setTimeout(() => holder.kill("SIGKILL"), STOP_TIMEOUT);
    await gone;
    clearTimeout(impatience);
  }
}

/** Ends a program of a host, politely at first, and waits for its end. */
export async function endProgram(child: HostProgram): Promise<void> {
  if (hasEnded(child)) return;
  const gone = once(child, "close");
  signalGroup(child, "SIGTERM");
  const impatience = setTimeout(() => signalGroup(child, "SIGKILL"), STOP_TIMEOUT);
  await gone;
  clearTimeout(impatience);
}

function hasEnded(child: HostProgram): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function signalGroup(child: HostProgram, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It ended meanwhile.
  }
}
