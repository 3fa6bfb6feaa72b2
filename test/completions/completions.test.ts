import { execFileSync } from "node:child_process";
import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { schedulers } from "../../schedulers/index.ts";
import { STATUS_FILES } from "../../src/control/backend.ts";
import { SYSCTL_NAMES } from "../../src/engine/sysctl.ts";
import { parseCommandLine } from "../../src/ipvsadm/argv.ts";
import { type CommandLineOption, type CommandName, OPTIONS } from "../../src/ipvsadm/options.ts";
import { declaredCommands } from "../cli/declared-commands.ts";
import { startUipvs, uipvs } from "../cli/support.ts";
import { execute, linkedPrograms } from "../ipvsadm/processes.ts";
import { ROOT } from "../support/files.ts";
import { missing } from "../support/programs.ts";
import { lacking } from "../support/requirement.ts";
import { type CompletingShell, SHELLS } from "./shells.ts";

const RULES = `-A -t 192.0.2.1:80 -s rr
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -m -w 1
-A -t [2001:db8::1]:80 -s rr
-a -t [2001:db8::1]:80 -r [2001:db8::2]:80 -m -w 1
-A -u 192.0.2.1:53 -s rr
-A -f 7 -s rr
-A -f 8 -6 -s rr
-a -f 8 -6 -r [2001:db8::3]:0 -g -w 1
`;

/** Lines and what completes them while a director has these rules. */
const LINES: readonly (readonly [line: string, ...candidates: string[]])[] = [
  ["ipvsadm -E -t ", "192.0.2.1:80", "[2001:db8::1]:80"],
  ["ipvsadm -E -t [", "[2001:db8::1]:80"],
  ["ipvsadm -D --tcp-service=192.0", "192.0.2.1:80"],
  ["ipvsadm -Lu ", "192.0.2.1:53"],
  ["ipvsadm -Z --fwmark-service ", "7", "8"],
  ["ipvsadm -D --sctp-service "],
  ["ipvsadm -A -t "],
  ["ipvsadm -d -t 192.0.2.1:80 -r ", "10.0.0.2:80"],
  ["ipvsadm -e -t [2001:db8::1]:80 -r ", "[2001:db8::2]:80"],
  ["ipvsadm -d -f 8 -6 -r ", "[2001:db8::3]:0"],
  ["ipvsadm -a -t 192.0.2.1:80 -r ", "[2001:db8::2]:80", "[2001:db8::3]:0"],
  ["ipvsadm -at 192.0.2.1:80 --real-server [2001:db8::2", "[2001:db8::2]:80"],
];

/** Lines that need nobody, and what completes them. */
const STATIC_LINES: typeof LINES = [
  ["ipvsadm -A -t 192.0.2.1:80 -s ll"],
  ["ipvsadm -A -t 192.0.2.1:80 -s lb", "lblc", "lblcr"],
  ["ipvsadm -A -t 192.0.2.1:80 --scheduler=w", "wlc", "wrr"],
  ["ipvsadm -A -t 192.0.2.1:80 -b ", "flag-1", "flag-2", "flag-3"],
  ["ipvsadm -A -s mh -b m", "mh-fallback", "mh-port"],
  ["ipvsadm -A --scheduler=sh -b sh-port,s", "sh-port,sh-fallback"],
  ["ipvsadm -A --scheduler rr --sched-flags flag-1,", "flag-1,flag-2", "flag-1,flag-3"],
  ["ipvsadm -a -i --tun-type ", "gre", "gue", "ipip"],
  ["ipvsadm --start-daemon ", "backup", "master"],
  ["ipvsadm -a -w "],
  ["ipvsadm -S -", "--numeric", "-n"],
  ["ipvsadm -S -n -"],
  ["ipvsadm -e -m --tun-csum --tun-", "--tun-port", "--tun-type"],
  ["ipvsadm -e -m -g"],
  ["uipvs s", "shell", "status", "sysctl"],
  ["uipvs sysctl conn", "conn_reuse_mode", "conntrack"],
  ["uipvs sysctl -n net.ipv4.vs.drop", "net.ipv4.vs.drop_entry", "net.ipv4.vs.drop_packet"],
  ["uipvs up --sysctl sync_p", "sync_persist_mode=", "sync_ports="],
  ["uipvs up --sysctl=am", "am_droprate=", "amemthresh="],
  ["uipvs procfs /etc/host.co", "/etc/host.conf"],
  ["uipvs procfs --hz 100 /tmp ip_vs ip_vs_s", "ip_vs_stats", "ip_vs_stats_percpu"],
  ["uipvs up --device ", "auto", "cap", "memory", "raw", "ring", "tun"],
  ["uipvs up --profile=6.1.1", "6.1.176", "6.1.192"],
  ["uipvs apply --backend ", "director", "kernel"],
  ["uipvs diff --backend=k", "kernel"],
  ["ipvsadm -L --backend k", "kernel"],
  ["uipvs help de", "demo"],
  ["uipvs import --to ", "json", "lab", "rules", "scenario"],
  ["uipvs parity --kernel q", "qemu"],
  ["uipvs parity --kernel /etc/host.co", "/etc/host.conf"],
  ["uipvs lint --fail-on=n", "never", "note"],
  ["uipvs lint /etc/host.co", "/etc/host.conf"],
  ["uipvs ipvsadm --set", "--set"],
  ["uipvs ipvsadm -A --pe ", "sip"],
  ["uipvs replay --in /etc/host.co", "/etc/host.conf"],
  ["uipvs explain 10.0.0.1 sc", "sctp"],
  ["uipvs explain --flags FIN", "FIN,ACK"],
  ["uipvs pcap /etc/host.co", "/etc/host.conf"],
  ["uipvs test --watch /etc/host.co", "/etc/host.conf"],
  ["uipvs test --junit /etc/host.co", "/etc/host.conf"],
];

for (const shell of SHELLS) {
  const skip = lacking(missing(shell.name));
  t.test(`in ${shell.name}`, { skip }, async (t) => {
    t.test("options, values and files are offered", async (t) => {
      await offers(t, shell, STATIC_LINES, {});
    });
    t.test("every command of uipvs is offered with its options, and no other", async (t) => {
      await offersDeclared(t, shell);
    });
    t.test("the options offered are those the command takes", async (t) => {
      await offersLegal(t, shell);
    });
    t.test("every scheduler is offered", async (t) => {
      const [names = []] = await shell.complete(["ipvsadm -A -t 192.0.2.1:80 -s "]);
      t.same([...names].sort(), [...schedulers.keys(), "none"].sort());
    });
    t.test("every variable and status file is offered", async (t) => {
      const lines = ["uipvs sysctl ", "uipvs procfs /proc "];
      const [variables = [], files = []] = await shell.complete(lines);
      t.same([...variables].sort(), [...SYSCTL_NAMES].sort());
      t.same([...files].sort(), [...STATUS_FILES].sort());
    });
    t.test("services and servers are those of the director", async (t) => {
      const { env, socket, folder } = await director(t);
      const program = join(folder, "ipvsadm-restore");
      t.match(await execute(program, [], socket, { stdin: RULES }), { code: 0 });
      await offers(t, shell, LINES, env);
      const lines = LINES.map(([line, ...candidates]) => {
        return [line.replace(/^ipvsadm/, "uipvs ipvsadm"), ...candidates] as const;
      });
      await offers(t, shell, lines.slice(0, 1), env);
    });
    t.test("without a director there are none, and nothing is said", async (t) => {
      const env = environment(linkedPrograms(t), "/nonexistent/control.sock");
      const lines = LINES.slice(0, 3).map(([line]) => [line] as const);
      await offers(t, shell, lines, env);
    });
  });
}

/** Has the programs of a folder in front of the PATH. */
function environment(folder: string, socket: string) {
  return { PATH: `${folder}:${process.env.PATH}`, UIPVS_SOCKET: socket };
}

async function director(t: Test) {
  const folder = linkedPrograms(t);
  symlinkSync(join(ROOT, "bin", "uipvs.js"), join(folder, "uipvs"));
  const socket = join(folder, "control.sock");
  await startUipvs(t, ["up", "--device", "memory", "--socket", socket]).printed("\n");
  return { env: environment(folder, socket), socket, folder };
}

async function offers(
  t: Test,
  shell: CompletingShell,
  lines: typeof LINES,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const answers = await shell.complete(
    lines.map(([line]) => line),
    env,
  );
  for (const [index, [line, ...candidates]] of lines.entries()) {
    t.same([...(answers[index] ?? [])].sort(), candidates, line);
  }
}

async function offersDeclared(t: Test, shell: CompletingShell): Promise<void> {
  const commands = (await declaredCommands()).filter((command) => command.name() !== "ipvsadm");
  const [names = [], ...answers] = await shell.complete([
    "uipvs ",
    ...commands.map((command) => `uipvs ${command.name()} -`),
  ]);
  const words = ["ipvsadm", "help", "-h", "--help", "-V", "--version"];
  t.same([...names].sort(), [...commands.map((command) => command.name()), ...words].sort());
  for (const [index, command] of commands.entries()) {
    const options = command.options.flatMap(({ short, long }) => [short ?? [], long ?? []].flat());
    const offered = [...(answers[index] ?? [])].sort();
    t.same(offered, [...options, "-h", "--help"].sort(), command.name());
  }
}

async function offersLegal(t: Test, shell: CompletingShell): Promise<void> {
  const commands = OPTIONS.filter(({ command }) => command !== undefined);
  const answers = await shell.complete(
    commands.map(({ long }) => `ipvsadm --${long} ${/-daemon/.test(long) ? "master " : ""}-`),
  );
  for (const [index, { command, long }] of commands.entries()) {
    const legal: string[] = [];
    for (const option of OPTIONS) {
      if (option.command !== undefined || !(await isLegal(command!, long, option))) continue;
      if (option.short !== undefined) legal.push(`-${option.short}`);
      legal.push(`--${option.long}`);
    }
    t.same([...(answers[index] ?? [])].sort(), legal.sort(), `--${long}`);
  }
}

/** Whether a command takes an option, as the program itself judges. */
async function isLegal(
  command: CommandName,
  long: string,
  option: CommandLineOption,
): Promise<boolean> {
  // `-h` and `-v` look at no other word; the two options that say nothing are offered where they may help.
  if (command === "help" || command === "version") return false;
  if (option.long === "sort") return command === "list";
  if (option.long === "ipv6") return isLegal(command, long, serviceOption());
  const words = [`--${long}`];
  if (/-daemon/.test(long)) words.push("master");
  if (option.name !== "service-address" && needsService(command)) words.push("-t", "192.0.2.1:80");
  if (option.name !== "real-server" && /server/.test(long)) words.push("-r", "10.0.0.2:80");
  if (command === "set") words.push("1", "2", "3");
  words.push(`--${option.long}`, ...(option.value === "required" ? [goodValue(option)] : []));
  const context = {
    program: "ipvsadm",
    posixOrder: false,
    restoring: false,
    lookup: { addressOf: async () => undefined, portOf: async () => undefined },
  };
  const complaint = await parseCommandLine(words, context).then(
    () => "",
    (error: Error) => error.message,
  );
  return !complaint.startsWith(`Illegal '${option.name}' option`);
}

function serviceOption(): CommandLineOption {
  return OPTIONS.find(({ long }) => long === "fwmark-service")!;
}

function needsService(command: CommandName): boolean {
  return /-(service|server)$/.test(command);
}

/** A value the option takes, so that nothing is wrong but its being there. */
function goodValue({ long, name }: CommandLineOption): string {
  if (long === "fwmark-service") return "7";
  if (name === "service-address" || name === "real-server") return "192.0.2.9:80";
  const texts: Readonly<Record<string, string>> = {
    netmask: "255.255.255.0",
    "sched-flags": "flag-1",
    "tun-type": "gue",
    "mcast-group": "224.0.0.81",
  };
  return texts[long] ?? "1";
}

t.test("bash is told what follows a colon only", { skip: lacking(missing("bash")) }, async (t) => {
  const { env, socket, folder } = await director(t);
  await execute(join(folder, "ipvsadm-restore"), [], socket, { stdin: RULES });
  const answers = await SHELLS[0]!.complete(
    ["ipvsadm -E -t [2001:d", "ipvsadm -E -t [2001:db8::1]:"],
    {
      ...env,
      UIPVS_WORDBREAKS: " =:",
    },
  );
  t.same(answers, [["db8::1]:80"], ["80"]]);
});

const BASH_COMPLETION = "/usr/share/bash-completion/bash_completion";

t.test(
  "bash-completion finds what completes ipvsadm in the shell of uipvs",
  { skip: lacking(!existsSync(BASH_COMPLETION) && "there is no bash-completion") },
  async (t) => {
    const script = `source ${BASH_COMPLETION}; _completion_loader ipvsadm; complete -p ipvsadm`;
    const { stdout } = await uipvs(["shell", "-c", script], { env: { SHELL: "/bin/bash" } });
    t.equal(stdout, "complete -F _uipvsadm ipvsadm\n");
  },
);

t.test("zsh's own completion takes the function", { skip: lacking(missing("zsh")) }, async (t) => {
  const script = `fpath=(${join(ROOT, "completions")} $fpath); autoload -U compinit
    compinit -D -u; print -r -- $_comps[uipvs] $_comps[uipvsadm] $_comps[ipvsadm]`;
  const found = execFileSync("zsh", ["-f", "-c", script], { encoding: "utf8" });
  t.equal(found, "_uipvs _uipvs _uipvs\n");
});
