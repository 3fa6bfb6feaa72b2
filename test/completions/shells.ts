/**
 * Asks a shell how it would complete a line, by its own completion functions.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../support/files.ts";

const FILES = join(ROOT, "completions");

/** Environment variables besides those of this process. */
type Environment = Readonly<Record<string, string | undefined>>;

/** One shell. */
export interface CompletingShell {
  readonly name: "bash" | "zsh";
  /** Returns what could stand in the place of the last word of each line. */
  complete(lines: readonly string[], env?: Environment): Promise<readonly (readonly string[])[]>;
}

/** Between the answers to two lines; between two answers to one there is a newline. */
const SEPARATOR = "\u0001";

/** What readline does, apart from cutting words at colons, with the function registered. */
const BASH = `
  source "$0"
  COMP_WORDBREAKS=\${UIPVS_WORDBREAKS-$' \\t\\n='}
  for line; do
    COMP_LINE=$line COMP_POINT=\${#line} COMPREPLY=()
    read -ra call <<<"$(complete -p "$(basename "\${line%% *}")")"
    "\${call[2]}"
    printf '%s\\n' "\${COMPREPLY[@]}"
    printf '\\1'
  done`;

/** The parts of zsh's completion system the function uses, so that it offers to standard output. */
const ZSH = `
  compadd() {
    while [[ $1 == -* ]]; do
      case $1 in
        -a) shift; set -- "\${(P@)1}"; break ;;
        -S) shift 2 ;;
        *) shift; break ;;
      esac
    done
    for candidate; do
      [[ $candidate == "$PREFIX"* ]] && print -r -- "$candidate"
    done
  }
  compset() { PREFIX=\${PREFIX#*=} }
  _files() { print -rl -- $~PREFIX*(N) }
  for line; do
    words=("\${(@s: :)line}") CURRENT=$#words service=\${words[1]:t} PREFIX=$words[-1]
    source "$0"
    printf '\\1'
  done`;

/** The shells there are completions for. */
export const SHELLS: readonly CompletingShell[] = [
  {
    name: "bash",
    complete: (lines, env) => ask(["bash", "-c", BASH, join(FILES, "uipvs.bash"), ...lines], env),
  },
  {
    name: "zsh",
    complete: (lines, env) => ask(["zsh", "-f", "-c", ZSH, join(FILES, "_uipvs"), ...lines], env),
  },
];

function ask(
  [shell = "", ...words]: readonly string[],
  env: Environment = {},
): Promise<readonly (readonly string[])[]> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, ...env } };
    execFile(shell, words, options, (_, stdout, stderr) => {
      if (stderr !== "") reject(new Error(`${shell} said: ${stderr}`));
      const answers = stdout.split(SEPARATOR).slice(0, -1);
      resolve(answers.map((answer) => answer.split("\n").filter(Boolean)));
    });
  });
}
