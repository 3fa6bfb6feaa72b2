/**
 * The option `--backend` of the programs: whom a run commands.
 *
 * It belongs to the program, not to a command: it may stand anywhere, before the command as well, and a
 * line of a restore cannot have it. So it is taken out before the words are read as ipvsadm reads them.
 *
 * @module
 */
import {
  type BackendChoice,
  type BackendName,
  backendName,
  usualBackend,
} from "../control/backend-choice.ts";

/** The option as it is written. */
export const BACKEND_OPTION = "--backend";

/** A command line without the option, and what it said. */
export interface BackendOption {
  readonly words: readonly string[];
  /** Absent where the option was not given. */
  readonly name?: BackendName;
}

/**
 * Takes `--backend NAME` or `--backend=NAME` out of the words; of several, the last counts.
 *
 * @throws SyntaxError for a name that is none, or missing
 */
export function takeBackendOption(argv: readonly string[]): BackendOption {
  const words: string[] = [];
  let name: BackendName | undefined;
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    if (word === "--") {
      words.push(...argv.slice(at));
      break;
    }
    if (word === BACKEND_OPTION) name = backendName(argv[++at] ?? "", BACKEND_OPTION);
    else if (word.startsWith(`${BACKEND_OPTION}=`))
      name = backendName(word.slice(BACKEND_OPTION.length + 1), BACKEND_OPTION);
    else words.push(word);
  }
  return name === undefined ? { words } : { words, name };
}

/**
 * Returns whom a command line is for, and the rest of its words.
 *
 * @param socket returns the path of the director's control socket
 * @throws SyntaxError when the option, or UIPVS_BACKEND without it, names no backend
 */
export function chooseBackend(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  socket: () => string,
): { readonly words: readonly string[]; readonly choice: BackendChoice } {
  const { words, name = usualBackend(env) } = takeBackendOption(argv);
  return { words, choice: name === "kernel" ? { name } : { name, socket: socket() } };
}
