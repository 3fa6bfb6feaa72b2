/**
 * The program: runs one command line of this process in the real world.
 *
 * What it does depends on the name it was called by, so that links named `ipvsadm`, `ipvsadm-save` and
 * `ipvsadm-restore` stand in for the originals.
 *
 * @module
 */
import { basename } from "node:path";
import { controlSocketPath } from "../control/socket-path.ts";
import { run } from "./main.ts";
import { systemWorld } from "./system-world.ts";
import type { World } from "./world.ts";

/** Exit status of a program whose reader went away, as a shell reports SIGPIPE. */
const STATUS_BROKEN_PIPE = 141;

const [, path = "uipvsadm", ...argv] = process.argv;
const [, name = "", script] = /^(.*?)(-save|-restore)?$/.exec(basename(path, ".js")) ?? [];
const world = systemWorld(name, controlSocketPath(process.env, process.geteuid?.() ?? 0));

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(STATUS_BROKEN_PIPE);
});

// No `await` here: the program is bundled into a file of CommonJS (tools/bundle.js).
void runProgram(world).then((status) => {
  process.exitCode = status;
});

async function runProgram(world: World): Promise<number> {
  if (script === undefined) return run(argv, world);
  const { runRestore, runSave } = await import("./scripts.ts");
  return script === "-save" ? runSave(argv, world) : runRestore(world);
}
