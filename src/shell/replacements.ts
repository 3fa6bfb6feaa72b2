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
import { dirname, join } from "node:path";

/** What is found under which name; paths are those inside the package. */
const LINKS: Readonly<Record<string, string>> = {
  "bin/ipvsadm": "bin/uipvsadm.js",
  "bin/ipvsadm-save": "bin/uipvsadm-save.js",
  "bin/ipvsadm-restore": "bin/uipvsadm-restore.js",
  "bin/uipvs": "bin/uipvs.js",
  "share/bash-completion/completions/ipvsadm": "completions/uipvs.bash",
  "share/bash-completion/completions/uipvs": "completions/uipvs.bash",
};

/** The folder, there until it is removed. */
export class Replacements {
  readonly #root: string;

  /**
   * Makes the folder below the system's one for temporary files, open to this user only.
   *
   * @throws the system's error when it cannot be made
   */
  constructor() {
    this.#root = mkdtempSync(join(tmpdir(), "uipvs-shell-"));
    const packageFolder = dirname(createRequire(import.meta.url).resolve("uipvs/package.json"));
    for (const [name, target] of Object.entries(LINKS)) {
      const link = join(this.#root, name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(packageFolder, target), link);
    }
  }

  /** Where the programs are. */
  get programs(): string {
    return join(this.#root, "bin");
  }

  /** What belongs to them, as one of the folders of XDG_DATA_DIRS. */
  get data(): string {
    return join(this.#root, "share");
  }

  /** Removes the folder; the programs then are what they were. */
  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}
