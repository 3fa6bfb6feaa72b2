/**
 * How the hosts of a running lab are entered: the words in front of a command, and its environment.
 *
 * @module
 */
import { readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ProgramName, Replacements } from "../../shell/replacements.ts";
import { GATE_VARIABLE } from "../simulated/gate-client.ts";
import { gateSettings, writeGateSettings, writePrograms } from "../simulated/programs.ts";
import { type CommandResult, execute } from "../system-command.ts";
import type { Environment } from "./find-labs.ts";
import { LabError } from "./lab-error.ts";
import type { LabNote } from "./lab-note.ts";
import { FOLDER_VARIABLE, HOST_VARIABLE, shimFolder } from "./run-folder.ts";

/** Name of the host on which the lab's director runs. */
export const DIRECTOR = "director";

/** How long a line of shell may take. */
const PATIENCE = 30_000;

/** How a host is entered. */
export interface Entrance {
  /** Stand in front of the words that are run there. */
  readonly words: readonly string[];
  /** Variables that are different there. */
  readonly env: Readonly<Record<string, string>>;
}

/** Read by the shell of a student; names the host it is on. Of the settings before, an interactive shell reads none. */
const SHELL_SETTINGS = `unset PROMPT_COMMAND
[ -n "$BASH_ENV" ] && . "$BASH_ENV"
[ -r /usr/share/bash-completion/bash_completion ] && . /usr/share/bash-completion/bash_completion
PS1='\\[\\e[1m\\]'"$${HOST_VARIABLE}"'#\\[\\e[m\\] '
`;

/**
 * Makes what is found on every host: the settings of the shell, and the programs that stand in front of the PATH.
 * ipvsadm is there where a director is.
 */
export function furnishHosts(folder: string, kind: LabNote["kind"]): void {
  writeFileSync(shellSettings(folder), SHELL_SETTINGS);
  const own = (name: ProgramName) => name === "uipvs";
  const made = [
    Replacements.makeIn(join(shimFolder(folder), "directors"), () => true),
    Replacements.makeIn(join(shimFolder(folder), "others"), own),
  ];
  if (kind !== "simulated") return;
  writeGateSettings(folder);
  for (const { programs } of made) writePrograms(programs);
}

/**
 * Returns how a host is entered.
 *
 * @param env the environment of whoever enters it
 * @throws LabError when there is no host of that name
 */
export function entranceTo(
  folder: string,
  note: LabNote,
  name: string,
  env: Environment,
): Entrance {
  const host = note.hosts.find((each) => each.name === name);
  if (host === undefined) {
    const known = note.hosts.map((each) => each.name).join(", ");
    throw new LabError(`There is no host "${name}" in this lab: must be one of ${known}`);
  }
  const shims = Replacements.at(
    join(shimFolder(folder), host.socket === undefined ? "others" : "directors"),
  ).variables(env);
  const common = { ...labVariables(folder, name), ...shims };
  const variables =
    host.socket === undefined ? common : { ...common, ...directorVariables(host.socket) };
  if (note.gate === undefined) return { words: namespaceWords(host.pid), env: variables };
  const gate = { [GATE_VARIABLE]: note.gate, BASH_ENV: gateSettings(folder) };
  return { words: [], env: { ...variables, ...gate } };
}

/** Returns the words that run a student's shell. */
export function shellWords(folder: string, terminal: boolean): readonly string[] {
  return terminal ? ["bash", "--rcfile", shellSettings(folder), "-i"] : ["bash"];
}

function shellSettings(folder: string): string {
  return join(folder, "bashrc");
}

/** Returns the variables every process of a lab has. */
export function labVariables(folder: string, host: string): Readonly<Record<string, string>> {
  // A proxy of the student's is of no use in there.
  return { [FOLDER_VARIABLE]: folder, [HOST_VARIABLE]: host, no_proxy: "*" };
}

function directorVariables(socket: string): Readonly<Record<string, string>> {
  return { UIPVS_BACKEND: "director", UIPVS_SOCKET: socket };
}

/** Returns the words that enter the namespaces of a process. */
function namespaceWords(pid: number): readonly string[] {
  // Nobody can enter the user namespace he is in. Source: setns(2), EINVAL.
  const inside = userNamespace(pid) === userNamespace("self");
  const user = inside ? [] : ["--user", "--preserve-credentials"];
  return ["nsenter", `--target=${pid}`, ...user, "--net", "--"];
}

function userNamespace(pid: number | "self"): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`);
  } catch {
    throw new LabError("The hosts of the lab are gone: `uipvs lab stop` cleans up");
  }
}

/** Runs a line of shell on a host to its end. @throws LabError when there is no such host */
export function runOnHost(
  folder: string,
  note: LabNote,
  host: string,
  line: string,
): Promise<CommandResult> {
  const { words, env } = entranceTo(folder, note, host, process.env);
  return execute([...words, "sh", "-c", line], { env, timeout: PATIENCE });
}
