/**
 * The tcpdump program as a second opinion on capture files, where the host has it.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { lacking } from "./requirement.ts";

/** User to stay, as tcpdump started by root would become one that may not read the file. */
const AS_WHO = process.getuid?.() === 0 ? ["-Z", "root"] : [];

/** How to run tcpdump, and why not. */
export const tcpdump = {
  /** `false` when it can run, else what is missing. */
  lacking: lacking(
    spawnSync("tcpdump", ["--version"]).status === 0 ? false : "tcpdump is not on this host's PATH",
  ),

  /** Returns the arguments for `execFileSync` of a run whose output is text. */
  command(
    args: readonly string[],
  ): [
    file: string,
    args: string[],
    options: { encoding: "utf8"; stdio: ["ignore", "pipe", "ignore"] },
  ] {
    return [
      "tcpdump",
      [...AS_WHO, ...args],
      { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
    ];
  },
} as const;
