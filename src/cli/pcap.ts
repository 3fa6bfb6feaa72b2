/**
 * `uipvs pcap`: has a running director capture its packets.
 *
 * @module
 */
import { resolve } from "node:path";
import type { Command } from "commander";
import { following } from "./director.ts";
import { addSocketOption, chosenSocket } from "./socket-option.ts";
import { CommandFailure, EXIT, say } from "./terminal.ts";

const HELP = `
The director writes what comes in and what goes out, as raw IP, to a file that tcpdump,
tshark and uipvs replay read. It makes the file, or empties it, with its own rights. Should
it not be able to write on, the capture ends and the packets go on.

Example:
  uipvs pcap /tmp/director.pcap
  uipvs pcap --stop
  tshark -n -r /tmp/director.pcap

Exit status:
  0  packets are captured; with --stop, no more
  1  the director refuses
  2  no director answers, or the command line is wrong`;

/** Adds `pcap` to the program. */
export function register(program: Command): void {
  const command = program
    .command("pcap")
    .summary("capture what comes in and what goes out")
    .description("Have a running director capture its packets, until told to stop.")
    .argument("[file]", "where to write them")
    .option("--stop", "end the capture")
    .addHelpText("after", HELP)
    .action(async (file: string | undefined, options: { stop?: true; socket?: string }) => {
      if ((file === undefined) !== (options.stop === true)) {
        throw new CommandFailure("Either a file or --stop is wanted", EXIT.usage);
      }
      const line = await following(chosenSocket(options.socket), async (director) => {
        if (file === undefined) {
          const { path, packets } = await director.stopCapture();
          return `${packets} packets in ${path}`;
        }
        const path = resolve(file);
        await director.startCapture(path);
        return `Capturing into ${path}`;
      });
      say(command, line);
    });
  addSocketOption(command);
}
