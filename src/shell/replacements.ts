/**
 * A folder of programs that stand in for ipvsadm and its scripts, to be put in front of a PATH.
 *
 * Links are enough, as the program acts by the name it is called by. Beside the programs lie their
 * completions, where bash-completion looks for those of a command that is completed.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";

/** What is found under which name; paths are those inside the package. */
const LINKS: Readonly<Record<string, string>> = {
  "bin/ipvsadm": "bin/uipvsadm.js",
  "bin/ipvsadm-save": "bin/uipvsadm-save.js",
  "bin/ipvsadm-restore": "bin/uipvsadm-restore.js",
  "bin/uipvs": "bin/uipvs.js",
  "share/bash-completion/completions/ipvsadm": "completions/uipvs.bash",
  "share/bash-completion/completions/uipvs": "completions/uipvs.bash",
};

/** Names of programs that can stand in for something. */
export type ProgramName = "ipvsadm" | "ipvsadm-save" | "ipvsadm-restore" | "uipvs";

/** Where programs are looked for without a PATH, as a login sets it. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** Where data are looked for without XDG_DATA_DIRS. Source: XDG Base Directory Specification. */
const DEFAULT_DATA_PATH = "/usr/local/share:/usr/share";

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The folder, there until it is removed. */
export class Replacements {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /**
   * Makes the folder below the system's one for temporary files, open to this user only.
   *
   * @throws the system's error when it cannot be made
   */
  static make(): Replacements {
    const root = mkdtempSync(join(tmpdir(), "uipvs-shell-"));
    return Replacements.makeIn(root, () => true);
  }

  /**
   * Makes the folder at a path, with the programs that are wanted.
   *
   * @throws the system's error when it cannot be made
   */
  static makeIn(root: string, wanted: (name: ProgramName) => boolean): Replacements {
    const packageFolder = dirname(createRequire(import.meta.url).resolve("uipvs/package.json"));
    for (const [name, target] of Object.entries(LINKS)) {
      if (!wanted(basename(name) as ProgramName)) continue;
      const link = join(root, name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(packageFolder, target), link);
    }
    return new Replacements(root);
  }

  /** Returns the folder that was made at a path. */
  static at(root: string): Replacements {
    return new Replacements(root);
  }

  /** Where the programs are. */
  get programs(): string {
    return join(this.#root, "bin");
  }

  /** Returns the variables that make a program find them. */
  variables(env: Environment): Readonly<Record<string, string>> {
    // Behind the others: what the system has to say about a command goes first.
    const data = [env.XDG_DATA_DIRS || DEFAULT_DATA_PATH, join(this.#root, "share")];
    return { PATH: searchPath(this.programs, env), XDG_DATA_DIRS: data.join(delimiter) };
  }

  /** Removes the folder; the programs then are what they were. */
  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}

/** Returns the PATH with a folder in front, and Node's own at its end where it lacks that. */
function searchPath(programs: string, { PATH }: Environment): string {
  const folders = (PATH || DEFAULT_PATH).split(delimiter);
  // The programs are found by `env node`.
  const own = dirname(process.execPath);
  return [programs, ...folders, ...(folders.includes(own) ? [] : [own])].join(delimiter);
}
