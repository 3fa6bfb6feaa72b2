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
import { chooseBackend } from "./backend-option.ts";
import { STATUS_FATAL } from "./failure.ts";
import { run } from "./main.ts";
import { systemWorld } from "./system-world.ts";

/** Exit status of a program whose reader went away, as a shell reports SIGPIPE. */
const STATUS_BROKEN_PIPE = 141;

const [, path = "uipvsadm", ...argv] = process.argv;
const [, name = "", script] = /^(.*?)(-save|-restore)?$/.exec(basename(path, ".js")) ?? [];

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(STATUS_BROKEN_PIPE);
});

// No `await` here: the program is bundled into a file of CommonJS (tools/bundle.js).
void runProgram().then((status) => {
  process.exitCode = status;
});

async function runProgram(): Promise<number> {
  const chosen = chosenBackend();
  if (typeof chosen === "string") {
    process.stderr.write(`${name}: ${chosen}\n`);
    return STATUS_FATAL;
  }
  const { words, choice } = chosen;
  const world = systemWorld(name, choice);
  if (script === undefined) return run(words, world);
  const { runRestore, runSave } = await import("./scripts.ts");
  return script === "-save" ? runSave(words, world) : runRestore(world);
}

/** Returns whom this run is for and what it is to do, or what is wrong with how it was named. */
function chosenBackend(): ReturnType<typeof chooseBackend> | string {
  const socket = () => controlSocketPath(process.env, process.geteuid?.() ?? 0);
  try {
    return chooseBackend(argv, process.env, socket);
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}
