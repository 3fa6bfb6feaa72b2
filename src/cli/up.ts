/**
 * `uipvs up`: starts a director and, unless told to detach, is it.
 *
 * @module
 */
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { sentenceOf } from "../base/sentence.ts";
import { occupancy } from "../daemon/control-socket.ts";
import { Daemon } from "../daemon/daemon.ts";
import { isAwaited, logFilePath, reportToParent, startDetached } from "../daemon/detach.ts";
import { DEVICE_KINDS, type DeviceKind, type EngineObserver } from "../daemon/engine.ts";
import { SocketInUse } from "../daemon/holder.ts";
import { openEngine } from "../daemon/open-engine.ts";
import { DEFAULT_PROFILE, PROFILES, type ProfileName, profileNamed } from "../engine/profile.ts";
import { Variables } from "../engine/variables.ts";
import { isLoopbackHost, parseWebAddress, urlHost, type WebAddress } from "../web/address.ts";
import type { WebServer } from "../web/index.ts";
import type { Sysctl } from "../wire/uipvs-genl.ts";
import { setting } from "./settings.ts";
import { addSocketOption, chosenSocket } from "./socket-option.ts";
import { CommandFailure, EXIT, remark, say } from "./terminal.ts";

interface UpOptions {
  readonly detach?: true;
  readonly rules?: string;
  readonly device: DeviceKind | typeof BEST;
  readonly hold?: true;
  readonly socket?: string;
  readonly profile: ProfileName;
  readonly sysctl: readonly Sysctl[];
  readonly pcap?: string;
  readonly verbose?: true;
  readonly web?: WebAddress | true;
  readonly webTokenFile?: string;
}

/** Stands for the best device there is. */
const BEST = "auto";

const HELP = `
Devices:
  auto     the fastest of ring and tun this place allows, cap where it allows neither; says which,
           and why
  ring     packets for the services straight from the host's Ethernets and back, past its
           netfilter rules, on a thread of their own (needs /dev/net/tun, CAP_NET_ADMIN and
           CAP_NET_RAW in the network namespace, and the package koffi)
  tun      the same packets, by way of the host's routing and netfilter (needs the same)
  raw      the same, sending by the package raw-socket on the main thread, which is slower
  cap      as ring, by libpcap, which is slower; without /dev/net/tun or CAP_NET_ADMIN beside the
           host, for virtual addresses it does not have (needs CAP_NET_RAW, koffi and libpcap)
  memory   no packets: commands are obeyed, listings answered (needs no privilege)

The page (--web): ADDR is PORT, ADDRESS or ADDRESS:PORT, 127.0.0.1:4787 unless given. The URL
that opens it is printed and holds a token; whoever has it may command. See docs/web.md.

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
        .choices([BEST, ...DEVICE_KINDS])
        .default(BEST),
    )
    .option(
      "--hold",
      "with ring or cap: answer ARP and neighbour solicitations for virtual addresses the host does not have",
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
    .option("--web [addr]", "serve a page that shows and commands the director", webAddress)
    .option(
      "--web-token-file <file>",
      "the page's token, made where there is none (default: a new one each time)",
    )
    .option("-v, --verbose", "say each route, rule and setting of the host that is changed")
    .addHelpText("after", HELP)
    .action(async (options: UpOptions) => {
      checkVariables(options);
      if (options.web === undefined && options.webTokenFile !== undefined) {
        throw new CommandFailure("There is no page without --web to have a token", EXIT.usage);
      }
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
    throw new CommandFailure(sentenceOf(error), EXIT.usage);
  }
}

async function leaveBehind(command: Command, options: UpOptions, socket: string): Promise<void> {
  // The child would say the same, but its log file is that of whoever serves.
  if ((await occupancy(socket)) === "in use") {
    throw new CommandFailure(new SocketInUse(socket).message, EXIT.inUse);
  }
  const words = ["up", "--socket", socket, "--device", options.device];
  words.push("--profile", options.profile);
  if (options.hold) words.push("--hold");
  if (options.rules !== undefined) words.push("--rules", resolve(options.rules));
  for (const { name, value } of options.sysctl) words.push("--sysctl", `${name}=${value}`);
  if (options.pcap !== undefined) words.push("--pcap", resolve(options.pcap));
  if (options.verbose) words.push("--verbose");
  if (options.web !== undefined) words.push(`--web=${urlHost(pageAddress(options.web))}`);
  if (options.webTokenFile !== undefined) {
    words.push("--web-token-file", resolve(options.webTokenFile));
  }
  const report = await startDetached(words, socket);
  if (report.kind === "failed") throw new CommandFailure(report.sentence, report.exitCode);
  say(command, report.line);
  if (options.verbose) say(command, `Remarks go to ${logFilePath(socket)}`);
}

/** Is the director until it is told to end. */
async function serve(command: Command, options: UpOptions, socket: string): Promise<void> {
  const ending = new Ending();
  const { device, reason } = await deviceFor(options.device);
  if (options.hold && device !== "ring" && device !== "cap") {
    const message = `--hold needs ring or cap, and the device is ${device}`;
    const sentence = reason === undefined ? message : `${message}: ${reason}`;
    await reportToParent({ kind: "failed", sentence, exitCode: EXIT.usage });
    throw new CommandFailure(sentence, EXIT.usage);
  }
  const { daemon, page } = await start(command, { ...options, device }, socket, ending);
  const why = reason === undefined ? "" : `: ${reason}`;
  const lines = [`Listening on ${socket}, device ${daemon.deviceName} (${device}${why})`];
  if (page !== undefined) lines.push(`Page: ${page.url}`);
  if (isAwaited()) await reportToParent({ kind: "serving", line: lines.join("\n") });
  else say(command, lines.join("\n"));
  const failure = await ending.reached;
  await page?.close();
  await daemon.stop();
  if (failure !== undefined) {
    throw new CommandFailure(`The director ended by itself: ${failure.message}`);
  }
}

/** Returns the device that was asked for, or the best one and why it is. */
async function deviceFor(
  wanted: UpOptions["device"],
): Promise<{ readonly device: DeviceKind; readonly reason?: string }> {
  if (wanted !== BEST) return { device: wanted };
  const { chooseDevice } = await import("../daemon/choose-device.ts");
  return chooseDevice();
}

async function start(
  command: Command,
  options: UpOptions & { readonly device: DeviceKind },
  socket: string,
  ending: Ending,
): Promise<{ readonly daemon: Daemon; readonly page: WebServer | undefined }> {
  const { device, hold, sysctl: sysctls, verbose = false } = options;
  const profile = profileNamed(options.profile);
  const pcap = options.pcap === undefined ? undefined : resolve(options.pcap);
  const log = (line: string): void => remark(command, line);
  const observer: EngineObserver = {
    log,
    stopRequested: () => ending.reach(),
    failed: (error) => ending.reach(error),
  };
  try {
    const daemon = await Daemon.start({
      socket,
      device,
      profile,
      rules: options.rules,
      log,
      openEngine: () =>
        openEngine({ device, hold, profile, socket, verbose, sysctls, pcap }, observer),
    });
    return { daemon, page: await openPage(daemon, options, log) };
  } catch (error) {
    const exitCode = error instanceof SocketInUse ? EXIT.inUse : EXIT.failure;
    await reportToParent({ kind: "failed", sentence: sentenceOf(error), exitCode });
    throw new CommandFailure(sentenceOf(error), exitCode);
  }
}

/** Serves the page, if one is wanted; ends the director where that fails. */
async function openPage(
  daemon: Daemon,
  { web, webTokenFile }: UpOptions,
  log: (line: string) => void,
): Promise<WebServer | undefined> {
  if (web === undefined) return undefined;
  const address = pageAddress(web);
  try {
    const { servePage } = await import("../web/index.ts");
    const page = await servePage(daemon.transport(), { address, tokenFile: webTokenFile });
    if (!isLoopbackHost(address.host)) {
      log(`The page can be reached from outside, and neither it nor its token is encrypted`);
    }
    return page;
  } catch (error) {
    await daemon.stop();
    throw new Error(`Cannot serve the page at ${urlHost(address)}: ${sentenceOf(error)}`);
  }
}

function pageAddress(web: WebAddress | true): WebAddress {
  return web === true ? parseWebAddress("") : web;
}

function webAddress(text: string): WebAddress {
  try {
    return parseWebAddress(text);
  } catch (error) {
    throw new InvalidArgumentError(`${sentenceOf(error)}.`);
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
