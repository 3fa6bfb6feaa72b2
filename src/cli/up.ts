/**
 * `uipvs up`: starts a director and, unless told to detach, is it.
 *
 * @module
 */
import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { occupancy } from "../daemon/control-socket.ts";
import { Daemon } from "../daemon/daemon.ts";
import { isAwaited, logFilePath, reportToParent, startDetached } from "../daemon/detach.ts";
import { DEVICE_KINDS, type DeviceKind, type EngineObserver } from "../daemon/engine.ts";
import { SocketInUse } from "../daemon/holder.ts";
import { openEngine } from "../daemon/open-engine.ts";
import { DEFAULT_PROFILE, PROFILES, type ProfileName, profileNamed } from "../engine/profile.ts";
import { Variables } from "../engine/variables.ts";
import type { Sysctl } from "../wire/uipvs-genl.ts";
import { setting } from "./settings.ts";
import { addSocketOption, chosenSocket } from "./socket-option.ts";
import { CommandFailure, EXIT, remark, say, sentence } from "./terminal.ts";

interface UpOptions {
  readonly detach?: true;
  readonly rules?: string;
  readonly device: DeviceKind;
  readonly socket?: string;
  readonly profile: ProfileName;
  readonly sysctl: readonly Sysctl[];
  readonly pcap?: string;
  readonly verbose?: true;
}

const HELP = `
Devices:
  tun      the host's packets for the services, on a thread of their own (needs /dev/net/tun,
           CAP_NET_ADMIN and CAP_NET_RAW in the network namespace, and the package koffi)
  raw      the same, sending by the package raw-socket on the main thread, which is slower
  memory   no packets: commands are obeyed, listings answered (needs no privilege)

Exit status:
  0  the director ended as asked; with -d, it serves
  1  it could not be started, or ended by itself
  2  the command line is wrong
  3  another director holds the control socket`;

/** Adds `up` to the program. */
export function register(program: Command): void {
  const command = program
    .command("up")
    .summary("start a director")
    .description("Start a director. It ends, and undoes what it changed, on SIGINT or SIGTERM.")
    .option("-d, --detach", "leave it behind once it serves; it logs beside its control socket")
    .option(
      "--rules <file>",
      "begin with these rules: a file as `uipvs ipvsadm -S -n' writes it, or a keepalived.conf",
    )
    .addOption(
      new Option("--device <kind>", "where packets come from and go to")
        .choices(DEVICE_KINDS)
        .default("tun"),
    )
    .addOption(
      new Option("--profile <release>", "kernel release to decide like")
        .choices(Object.keys(PROFILES))
        .default(DEFAULT_PROFILE.name),
    )
    .addOption(
      new Option("--sysctl <name=value>", "begin with this value of a variable (repeatable)")
        .argParser((word, before: readonly Sysctl[]) => [...before, setting(word)])
        .default([], "the kernel's"),
    )
    .option("--pcap <file>", "capture what comes in and what goes out")
    .option("-v, --verbose", "say each route, rule and setting of the host that is changed")
    .addHelpText("after", HELP)
    .action(async (options: UpOptions) => {
      checkVariables(options);
      const socket = chosenSocket(options.socket);
      await (options.detach
        ? leaveBehind(command, options, socket)
        : serve(command, options, socket));
    });
  addSocketOption(command);
}

/** Refuses variables nobody knows and values no director accepts, before anything is started. */
function checkVariables({ profile, sysctl }: UpOptions): void {
  try {
    new Variables(profileNamed(profile)).write(sysctl);
  } catch (error) {
    throw new CommandFailure(sentence(error), EXIT.usage);
  }
}

async function leaveBehind(command: Command, options: UpOptions, socket: string): Promise<void> {
  // The child would say the same, but its log file is that of whoever serves.
  if ((await occupancy(socket)) === "in use") {
    throw new CommandFailure(new SocketInUse(socket).message, EXIT.inUse);
  }
  const words = ["up", "--socket", socket, "--device", options.device];
  words.push("--profile", options.profile);
  if (options.rules !== undefined) words.push("--rules", resolve(options.rules));
  for (const { name, value } of options.sysctl) words.push("--sysctl", `${name}=${value}`);
  if (options.pcap !== undefined) words.push("--pcap", resolve(options.pcap));
  if (options.verbose) words.push("--verbose");
  const report = await startDetached(words, socket);
  if (report.kind === "failed") throw new CommandFailure(report.sentence, report.exitCode);
  say(command, report.line);
  if (options.verbose) say(command, `Remarks go to ${logFilePath(socket)}`);
}

/** Is the director until it is told to end. */
async function serve(command: Command, options: UpOptions, socket: string): Promise<void> {
  const ending = new Ending();
  const daemon = await start(command, options, socket, ending);
  const line = `Listening on ${socket}, device ${daemon.deviceName} (${options.device})`;
  if (isAwaited()) await reportToParent({ kind: "serving", line });
  else say(command, line);
  const failure = await ending.reached;
  await daemon.stop();
  if (failure !== undefined) {
    throw new CommandFailure(`The director ended by itself: ${failure.message}`);
  }
}

async function start(
  command: Command,
  options: UpOptions,
  socket: string,
  ending: Ending,
): Promise<Daemon> {
  const { device, sysctl: sysctls, verbose = false } = options;
  const profile = profileNamed(options.profile);
  const pcap = options.pcap === undefined ? undefined : resolve(options.pcap);
  const log = (line: string): void => remark(command, line);
  const observer: EngineObserver = {
    log,
    stopRequested: () => ending.reach(),
    failed: (error) => ending.reach(error),
  };
  try {
    return await Daemon.start({
      socket,
      device,
      profile,
      rules: options.rules,
      log,
      openEngine: () => openEngine({ device, profile, socket, verbose, sysctls, pcap }, observer),
    });
  } catch (error) {
    const exitCode = error instanceof SocketInUse ? EXIT.inUse : EXIT.failure;
    await reportToParent({ kind: "failed", sentence: sentence(error), exitCode });
    throw new CommandFailure(sentence(error), exitCode);
  }
}

/** Why and when a director has to end: a signal, a command, or a failure. The first one counts. */
class Ending {
  readonly reached: Promise<Error | undefined>;
  #resolve: (failure: Error | undefined) => void = () => undefined;

  constructor() {
    this.reached = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    // Handlers stay to the end: a second signal must not cut the cleaning up short.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => this.reach());
    }
    // A fault of ours must not leave the host with rules nobody serves.
    process.on("uncaughtException", (error) => this.reach(error));
  }

  reach(failure?: Error): void {
    this.#resolve(failure);
  }
}
