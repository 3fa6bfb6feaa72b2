/**
 * What the sub-commands of `uipvs` declare, without running one.
 *
 * @module
 */
import { Command } from "commander";
import { SUB_COMMANDS } from "../../src/cli/main.ts";

/** Returns every sub-command, with its options. */
export async function declaredCommands(): Promise<readonly Command[]> {
  const program = new Command().enablePositionalOptions();
  for (const load of Object.values(SUB_COMMANDS)) (await load()).register(program);
  return program.commands;
}
