/**
 * `uipvs lab`: lessons with hosts of their own, on which a student types real commands.
 *
 * @module
 */
import type { Command } from "commander";
import type { JsonOptions, LanguageOptions, ListOptions, StartOptions } from "./lab-actions.ts";
import { addLanguageOption } from "./lab-language.ts";

const HELP = `
A lab has hosts of its own: network namespaces, for root or in a user namespace of yours; where
there are none, simulated ones, for labs that can do with those. They stay until \`uipvs lab stop', also when the terminal is closed. One lab runs at a time.

Example:
  uipvs lab list
  uipvs lab start first-service
  uipvs lab enter director                    a shell on a host; ipvsadm there is ours
  uipvs lab enter client -- curl http://192.168.1.100/
  uipvs lab check

Exit status:
  0  done; of check, that all steps are passed
  1  it failed; of check, that steps are left
  2  no lab runs, there is none of that name, or the command line is wrong
  of enter, that of the command`;

/** What the commands do, loaded when one is called: labs take a good deal of the program. */
type Actions = typeof import("./lab-actions.ts");

/** Adds `lab` to the program. */
export function register(program: Command): void {
  const lab = program
    .command("lab")
    .summary("learn LVS on hosts of your own")
    .description("Do labs: lessons with hosts of their own, on which you type real commands.")
    .addHelpText("after", HELP);
  const add = (name: string, description: string) => lab.command(name).description(description);

  const list = add("list", "List the labs there are.")
    .option("--json", "as JSON")
    .option("--names", "only their names")
    .action((options: ListOptions) => acting((actions) => actions.showList(list, options)));
  const start = add("start", "Build the hosts of a lab and show its text.")
    .argument("<lab>", "its name, or the path of its folder")
    .option("--web [addr]", "serve the page of its director, with the lab on it")
    .option("--simulated", "simulate the hosts, as where there are no namespaces")
    .action((name: string, options: StartOptions) =>
      acting((actions) => actions.startNamed(start, name, options)),
    );
  const text = add("text", "Show the text of the running lab again.").action(
    (options: LanguageOptions) => acting((actions) => actions.showText(text, options)),
  );
  add("enter", "Enter a host: a shell there, or a command.")
    .argument("<host>", "name of the host")
    .argument("[words...]", "a command to run instead of a shell")
    .passThroughOptions()
    .action((host: string, words: readonly string[]) =>
      acting((actions) => actions.enterHost(host, words)),
    );
  const check = add("check", "Look at the steps, up to the first that is not passed.")
    .option("--json", "as JSON, for grading")
    .action((options: JsonOptions) => acting((actions) => actions.checkSteps(check, options)));
  const hint = add(
    "hint",
    "Give a hint about the first step that is not passed; again for more.",
  ).action((options: LanguageOptions) => acting((actions) => actions.giveHint(hint, options)));
  const reset = add("reset", "Begin the running lab anew.").action((options: LanguageOptions) =>
    acting((actions) => actions.resetLab(reset, options)),
  );
  const stop = add("stop", "End the running lab, or clean up after a killed one.").action(
    (options: LanguageOptions) => acting((actions) => actions.stopRunning(stop, options)),
  );
  for (const command of [list, start, text, check, hint, reset, stop]) addLanguageOption(command);

  const lint = add("lint", "Say what is wrong with labs of your own.")
    .argument("<folder...>", "folders of labs")
    .option("--json", "as JSON")
    .action((folders: readonly string[], options: JsonOptions) =>
      acting((actions) => actions.lintFolders(lint, folders, options)),
    );
  const create = add("new", "Make a folder for a new lab, with the files to begin with.")
    .argument("<folder>", "where; its last part is the name of the lab")
    .action((path: string) => acting((actions) => actions.makeLab(create, path)));
}

async function acting(act: (actions: Actions) => void | Promise<void>): Promise<void> {
  const actions = await import("./lab-actions.ts");
  await actions.guarded(() => act(actions));
}
