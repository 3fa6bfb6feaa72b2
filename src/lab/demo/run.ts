/**
 * The demo: finds out what the machine allows, builds a laboratory, tells the story, takes it down.
 *
 * Where namespaces need a user namespace, the whole demo runs once more inside one, as inside.ts.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Milliseconds } from "../../base/clock.ts";
import { findGround, IN_USER_NAMESPACE } from "../ground.ts";
import type { Screen } from "./draw.ts";
import { Interruption } from "./interruption.ts";
import type { Laboratory } from "./laboratory.ts";
import { NamespaceLaboratory } from "./namespaces.ts";
import { SimulatedLaboratory } from "./simulated.ts";
import { STORY } from "./story.ts";
import { tellStory } from "./tell.ts";

/** Exit status of a story that went as expected. */
export const STATUS_EXPECTED = 0;
/** Exit status of a story in which something differed, or that could not be told to its end. */
export const STATUS_DIFFERENT = 1;

/** How to run the demo. */
export interface DemoOptions {
  /** Leaves the laboratory up until it is interrupted. */
  readonly keep: boolean;
  /** Uses memory devices and simulated hosts even where namespaces can be had. */
  readonly simulate: boolean;
}

/** Time between two requests: fast enough not to bore, slow enough to watch. */
const PACE: Milliseconds = 60;

/**
 * Runs the demo and returns its exit status.
 *
 * @throws Error when the laboratory fails in the middle of the story; nothing is left then
 */
export async function runDemo(options: DemoOptions, screen: Screen): Promise<number> {
  if (options.simulate) return tellSimulated(options, screen);
  const ground = await findGround();
  if (ground.kind === "user-namespace") return runInUserNamespace(options);
  if (ground.kind === "direct") return tellInNamespaces(options, screen);
  screen.write(`No network namespaces here (${ground.reason}), so everything is simulated.\n`);
  return tellSimulated(options, screen);
}

/** Tells the story on memory devices. */
async function tellSimulated(options: DemoOptions, screen: Screen): Promise<number> {
  const status = await tell(new SimulatedLaboratory(), screen);
  if (options.keep) screen.write("There is nothing to keep of a simulated laboratory.\n");
  return status;
}

/**
 * Tells the story in namespaces, and takes everything down at its end or at an interruption.
 *
 * @throws Error when the laboratory fails; nothing is left then
 */
export async function tellInNamespaces(options: DemoOptions, screen: Screen): Promise<number> {
  const interruption = new Interruption();
  const building = NamespaceLaboratory.build();
  // After an interruption the story runs into a closed laboratory, and is not to be heard.
  const audible: Screen = {
    fancy: screen.fancy,
    write: (text) => {
      if (!interruption.happened) screen.write(text);
    },
  };
  let told: number | undefined;
  const telling = building.then(async (laboratory) => {
    told = await tell(laboratory, audible);
    if (!options.keep) return told;
    const lines = ["The laboratory is up. To enter a host:", ...laboratory.directions()];
    audible.write(`\n${lines.join("\n")}\nCtrl-C takes it down.\n`);
    return interruption.status;
  });
  telling.catch(() => {});
  try {
    const status = await Promise.race([telling, interruption.status]);
    // What was kept after the story is taken down by an interruption, which is no failure then.
    return told ?? status;
  } finally {
    interruption.ignore();
    const laboratory = await building.catch(() => undefined);
    await laboratory?.close();
    if (interruption.happened) screen.write("\nEverything has been taken down.\n");
  }
}

async function tell(laboratory: Laboratory, screen: Screen): Promise<number> {
  const start = performance.now();
  screen.write(`${laboratory.description}\n`);
  const differences = await tellStory(STORY, laboratory, screen, { pace: PACE });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (differences.length === 0) {
    screen.write(`\nAll ${STORY.length} chapters went as expected, in ${seconds} s.\n`);
    return STATUS_EXPECTED;
  }
  screen.write(`\nThis differed from what was expected:\n  ${differences.join("\n  ")}\n`);
  return STATUS_DIFFERENT;
}

/** Runs the demo once more as the root of a user namespace, and returns its exit status. */
async function runInUserNamespace(options: DemoOptions): Promise<number> {
  const inside = fileURLToPath(new URL(`./inside${extname(import.meta.url)}`, import.meta.url));
  const [program = "", ...words] = [...IN_USER_NAMESPACE, process.execPath, inside];
  if (options.keep) words.push("--keep");
  // The channel is its lifeline: should this process be killed, it closes, and the other cleans up.
  const child = spawn(program, words, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of Interruption.SIGNALS) process.on(signal, forward);
  const [code] = await once(child, "exit");
  for (const signal of Interruption.SIGNALS) process.off(signal, forward);
  return typeof code === "number" ? code : STATUS_DIFFERENT;
}
