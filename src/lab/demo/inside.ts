/**
 * The demo inside a user namespace: a program that run.ts starts there, with a channel to it.
 *
 *     unshare --user --map-root-user -- node inside.js [--keep]
 *
 * @module
 */

import { sentenceOf } from "../../base/sentence.ts";
import { screenOf } from "./draw.ts";
import { STATUS_DIFFERENT, tellInNamespaces } from "./run.ts";

// A reader that has seen enough, such as head(1), is no failure of ours.
process.stdout.on("error", () => {});
const options = { keep: process.argv.includes("--keep"), simulate: false };
try {
  process.exitCode = await tellInNamespaces(options, screenOf(process.stdout, process.env));
} catch (error) {
  process.stderr.write(`uipvs: ${sentenceOf(error)}\n`);
  process.exitCode = STATUS_DIFFERENT;
}
// The channel alone would keep the process alive.
if (process.connected) process.disconnect();
