/**
 * The programs of simulated hosts, which stand in front of the PATH of the machine, and what its shell needs.
 *
 * Programs that would change or show the network of the machine are shadowed: it is none of the lab's.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HOST_VARIABLE } from "../course/run-folder.ts";
import { GATE_VARIABLE } from "./gate-client.ts";

/** Programs that are simulated. */
const SIMULATED = ["curl", "ip"] as const;

/** Programs of the network that are not. */
export const NOT_SIMULATED: readonly string[] = [
  ...["arp", "arping", "bridge", "conntrack", "ethtool", "ifconfig", "ip6tables", "ipset"],
  ...["iptables", "iptables-restore", "iptables-save", "nc", "netstat", "nft", "ping", "route"],
  ...["ss", "sysctl", "tc", "tcpdump", "telnet", "traceroute", "wget"],
];

/**
 * Leads what the shell opens by `exec N<>/dev/tcp/ADDRESS/PORT` through the gate, which is another port of the loopback. A
 * command is looked at before it is carried out, and passed over where that has been done instead: what extdebug is for,
 * which must not be on while bash starts, as it would look for a debugger.
 *
 * Source: bash(1), `trap DEBUG`, `shopt extdebug`, REDIRECTION.
 */
const SHELL_SETTINGS = `
uipvs_lab_connect() {
  local said
  eval "exec $1<>/dev/tcp/127.0.0.1/\${${GATE_VARIABLE}%% *}" || return
  printf '%s %s connect %s %s\\n' "\${${GATE_VARIABLE}#* }" "$${HOST_VARIABLE}" "$2" "$3" >&"$1"
  IFS= read -r -u "$1" said
  [ "$said" = ok ] && return
  eval "exec $1>&-"
  printf 'bash: connect: %s\\nbash: /dev/tcp/%s/%s: %s\\n' "$said" "$2" "$3" "$said" >&2
}
uipvs_lab_look() {
  local form='^exec ([0-9]+)<> ?/dev/tcp/([^/ ]+)/([0-9]+)$'
  [[ $1 =~ $form ]] || return 0
  shopt -s extdebug
  uipvs_lab_connect "\${BASH_REMATCH[1]}" "\${BASH_REMATCH[2]}" "\${BASH_REMATCH[3]}"
  return 1
}
trap 'uipvs_lab_look "$BASH_COMMAND"' DEBUG
`;

/** Returns where the settings of every bash on a simulated host are. */
export function gateSettings(folder: string): string {
  return join(folder, "gate.sh");
}

/** Writes the settings. */
export function writeGateSettings(folder: string): void {
  writeFileSync(gateSettings(folder), SHELL_SETTINGS);
}

/** Puts the programs of simulated hosts into a folder. */
export function writePrograms(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, line: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  for (const name of SIMULATED) {
    const file = fileURLToPath(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url));
    write(name, `exec ${[process.execPath, file].map(quoted).join(" ")} "$@"`);
  }
  for (const name of NOT_SIMULATED) {
    write(name, `echo '${name}: simulated hosts have none' >&2; exit 127`);
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
