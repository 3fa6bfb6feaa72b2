/**
 * Lines of shell on an emulated host.
 *
 * The shell is a real one, in a folder of its own that holds what a line can look at: below `proc/` the
 * status files and variables of the director, as they are when the line starts, and `tmp/`. Paths that begin
 * with /proc and /tmp mean those, and variables written there are set when the line ends. Its `ipvsadm` is
 * the front end, on a socket that leads to the director.
 *
 * A line of shell is a program: whoever plays a scenario with one lets it do what the user may do.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { directorServices } from "../control/director-services.ts";
import { NetlinkServer } from "../control/netlink-server.ts";
import { ControlSocket } from "../daemon/control-socket.ts";
import type { Director } from "../engine/director.ts";
import { Replacements } from "../shell/replacements.ts";
import type { Printed, Variable } from "./bed.ts";

const SHELL = "/bin/sh";
/** Where the other programs of a line are looked for; Node itself may be elsewhere. */
const PROGRAMS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", dirname(process.execPath)];
/** Where a path begins that means one of the folder's. */
const OWN_PATH = /(?<![\w./-])(?=\/(?:proc|tmp)(?![\w.-]))/g;

const STATUS_FOLDER = "proc/net";
const STATUS_FILES = ["ip_vs", "ip_vs_app", "ip_vs_conn", "ip_vs_stats", "ip_vs_stats_percpu"];
const SYSCTL_FOLDER = "proc/sys/net/ipv4/vs";
/** Status of a shell that was ended by a signal, without the signal's number. */
const SIGNALLED = 128;

/** What the folder shows of the variables of ip_vs, and does with what is written there. */
export interface Variables {
  /** Names, without what all have in front. */
  names(): Iterable<string>;
  /** Sets a variable, if a value is given, and reads it. */
  access(name: string, value?: string): Variable;
}

/** A folder for the lines of one scenario, there until it is closed. */
export class ShellFolder {
  readonly #folder: string;
  readonly #replacements: Replacements;
  readonly #socket: ControlSocket;
  readonly #director: Director;
  readonly #variables: Variables;

  private constructor(
    folder: string,
    socket: ControlSocket,
    director: Director,
    variables: Variables,
  ) {
    this.#folder = folder;
    this.#socket = socket;
    this.#director = director;
    this.#variables = variables;
    this.#replacements = Replacements.make();
  }

  /** Makes the folder. @throws the system's error when it cannot */
  static async open(director: Director, variables: Variables): Promise<ShellFolder> {
    const folder = mkdtempSync(join(tmpdir(), "uipvs-scenario-"));
    for (const part of [STATUS_FOLDER, SYSCTL_FOLDER, "tmp"]) {
      mkdirSync(join(folder, part), { recursive: true });
    }
    const server = new NetlinkServer(director, directorServices(director));
    const socket = await ControlSocket.listen(join(folder, "control.sock"), {
      answer: (messages) => pieces(server, messages),
      refuse: (header) => server.refuse(header),
    });
    return new ShellFolder(folder, socket, director, variables);
  }

  /** Runs a line. @throws the system's error when there is no shell */
  async run(command: string): Promise<Printed> {
    const shown = this.#show();
    const shell = spawn(SHELL, ["-c", command.replaceAll(OWN_PATH, this.#folder)], {
      cwd: this.#folder,
      env: {
        PATH: [this.#replacements.programs, ...PROGRAMS].join(delimiter),
        UIPVS_SOCKET: this.#socket.path,
        LC_ALL: "C",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err, [status, signal]] = await Promise.all([
      buffer(shell.stdout),
      buffer(shell.stderr),
      once(shell, "close") as Promise<[number | null, NodeJS.Signals | null]>,
    ]);
    this.#apply(shown);
    if (signal !== null) return { status: SIGNALLED, out, err };
    return { status: status ?? 0, out: this.#named(out), err: this.#named(err) };
  }

  /** Removes the folder and everything in it. */
  async close(): Promise<void> {
    await this.#socket.close();
    this.#replacements.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Writes what a line can look at; returns the variables by name. */
  #show(): ReadonlyMap<string, string> {
    const services = directorServices(this.#director);
    for (const name of STATUS_FILES) {
      const text = [...(services.statusFile?.(name) ?? [])].join("");
      writeFileSync(join(this.#folder, STATUS_FOLDER, name), text);
    }
    const shown = new Map<string, string>();
    for (const name of this.#variables.names()) {
      const text = `${this.#variables.access(name).value}\n`;
      writeFileSync(join(this.#folder, SYSCTL_FOLDER, name), text);
      shown.set(name, text);
    }
    return shown;
  }

  #apply(shown: ReadonlyMap<string, string>): void {
    for (const [name, before] of shown) {
      const after = readFileSync(join(this.#folder, SYSCTL_FOLDER, name), "latin1");
      if (after !== before) this.#variables.access(name, after.trim());
    }
  }

  /** Returns an output with the folder's paths as the line knows them. */
  #named(bytes: Buffer): Uint8Array {
    return Buffer.from(bytes.toString("latin1").replaceAll(this.#folder, ""), "latin1");
  }
}

async function* pieces(server: NetlinkServer, messages: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* server.pieces(messages);
}
