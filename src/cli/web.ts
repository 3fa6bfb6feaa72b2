/**
 * `uipvs web`: the page of a director that runs already, or of the running lab's.
 *
 * @module
 */
import { Argument, type Command, InvalidArgumentError } from "commander";
import { sentenceOf } from "../base/sentence.ts";
import { RenewingTransport } from "../control/renewing-transport.ts";
import { noDirector, systemReason } from "../ipvsadm/messages.ts";
import { isLoopbackHost, parseWebAddress, urlHost, type WebAddress } from "../web/address.ts";
import { addSocketOption, chosenSocket } from "./socket-option.ts";
import { CommandFailure, EXIT, remark, say } from "./terminal.ts";

const HELP = `
ADDR is PORT, ADDRESS or ADDRESS:PORT, 127.0.0.1:4787 unless given. The page is the one of
uipvs up --web; here it is served from where this command runs, which may be another network
namespace than the director's. It goes on when the director is replaced by another.

Exit status:
  0  it was ended by a signal
  1  the page cannot be served
  2  no director answers, no lab runs, or the command line is wrong`;

interface Options {
  readonly lab?: true;
  readonly webTokenFile?: string;
  readonly socket?: string;
}

/** Where the page is unless somebody says where. */
const USUAL = parseWebAddress("");

/** Adds `web` to the program. */
export function register(program: Command): void {
  const command = program
    .command("web")
    .summary("serve the page of a director that runs")
    .description(
      "Serve a page that shows and commands a director that runs, until SIGINT or SIGTERM.",
    )
    .addArgument(
      new Argument("[addr]", "where to serve it")
        .argParser(webAddress)
        .default(USUAL, urlHost(USUAL)),
    )
    .option("--lab", "of the running lab's director")
    .option(
      "--web-token-file <file>",
      "the page's token, made where there is none (default: a new one each time)",
    )
    .addHelpText("after", HELP)
    .action(async (address: WebAddress, options: Options) => {
      await serve(command, address, options);
    });
  addSocketOption(command);
}

async function serve(command: Command, address: WebAddress, options: Options): Promise<void> {
  const socket = options.lab ? await labSocket() : chosenSocket(options.socket);
  const transport = new RenewingTransport(socket);
  try {
    await transport.connect();
  } catch (error) {
    throw new CommandFailure(noDirector(socket, systemReason(error)), EXIT.usage);
  }
  try {
    const page = await opened(transport, address, options.webTokenFile);
    say(command, `Page: ${page.url}`);
    if (!isLoopbackHost(address.host)) {
      remark(
        command,
        "The page can be reached from outside, and neither it nor its token is encrypted",
      );
    }
    await endingSignal();
    await page.close();
  } finally {
    await transport.close();
  }
}

async function opened(transport: RenewingTransport, address: WebAddress, tokenFile?: string) {
  try {
    const { servePage } = await import("../web/index.ts");
    return await servePage(transport, { address, tokenFile });
  } catch (error) {
    throw new CommandFailure(`Cannot serve the page at ${urlHost(address)}: ${sentenceOf(error)}`);
  }
}

/** @throws CommandFailure when no lab runs */
async function labSocket(): Promise<string> {
  const { runFolder, runningLab } = await import("../lab/index.ts");
  const lab = runningLab(runFolder(process.env, process.getuid?.() ?? 0));
  if (lab !== undefined) return lab.socket;
  throw new CommandFailure("No lab is running: begin one with `uipvs lab start'", EXIT.usage);
}

function endingSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => resolve());
  });
}

function webAddress(text: string): WebAddress {
  try {
    return parseWebAddress(text);
  } catch (error) {
    throw new InvalidArgumentError(`${sentenceOf(error)}.`);
  }
}
