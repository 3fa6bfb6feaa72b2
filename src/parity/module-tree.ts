/**
 * Kernel modules and what they need, as depmod(8) wrote it down.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { loadModule } from "../../dataplane/sys/kernel-module.ts";

/** Names modules have in `modules.dep`, by their name in the kernel. */
type Files = ReadonlyMap<string, readonly string[]>;

/** The modules below a folder such as `/lib/modules/6.1.0`. */
export class ModuleTree {
  readonly #folder: string;
  readonly #files: Files;
  readonly #insert: (path: string) => void;
  readonly #loaded = new Set<string>();

  private constructor(folder: string, files: Files, insert: (path: string) => void) {
    this.#folder = folder;
    this.#files = files;
    this.#insert = insert;
  }

  /**
   * Returns the modules of the first of the folders that has any; none at all where there is none.
   *
   * @param insert loads one file into the kernel; for tests
   */
  static open(folders: readonly string[], insert = loadModule): ModuleTree {
    for (const folder of folders) {
      try {
        const text = readFileSync(join(folder, "modules.dep"), "utf8");
        return new ModuleTree(folder, parse(text), insert);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
    }
    return new ModuleTree("", new Map(), insert);
  }

  /** Whether there is a module. */
  has(name: string): boolean {
    return this.#files.has(name);
  }

  /** Returns the paths of modules and of those they need, each once, in the order they are to be loaded in. */
  filesFor(names: readonly string[]): readonly string[] {
    const files = names.flatMap((name) => this.#files.get(name) ?? []);
    return [...new Set(files)].map((file) => join(this.#folder, file));
  }

  /**
   * Loads a module and before it those it needs.
   *
   * @returns `false` for one that is not there, which may be built into the kernel
   * @throws SystemError when the kernel refuses it
   */
  load(name: string): boolean {
    const files = this.#files.get(name);
    if (files === undefined) return false;
    for (const file of files) {
      if (this.#loaded.has(file)) continue;
      this.#insert(join(this.#folder, file));
      this.#loaded.add(file);
    }
    return true;
  }
}

/** Returns, for each module, the files to load in this order: its own is the last. */
function parse(text: string): Files {
  const files = new Map<string, readonly string[]>();
  for (const line of text.split("\n")) {
    const [file = "", needed = ""] = line.split(":");
    if (!file.endsWith(".ko")) continue;
    // The file lists what is nearest first.
    const before = needed.split(" ").filter((each) => each !== "");
    files.set(basename(file, ".ko").replaceAll("-", "_"), [...before.reverse(), file]);
  }
  return files;
}
