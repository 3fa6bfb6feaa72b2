/**
 * User-mode Linux: a Linux kernel that is an ordinary process of this host, and sees the host's files.
 *
 * Debian has one in the package user-mode-linux, with ip_vs and its schedulers (but twos) as modules.
 *
 * Source: linux, Documentation/virt/uml/user_mode_linux_howto_v2.rst; arch/um.
 *
 * @module
 */
import { accessSync, constants, statfsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Name of Debian's program. */
const PROGRAM = "linux.uml";
/** Where Debian keeps the modules; `RELEASE` stands for the kernel's. */
export const UML_MODULES = "/usr/lib/uml/modules/RELEASE";

/** Memory of a guest, in MB: Node needs a quarter of it. What is not used costs nothing. */
const MEMORY = 512;
/** Where memory files live in memory, if there is room. */
const SHARED_MEMORY = "/dev/shm";

/**
 * Returns the path of a user-mode Linux.
 *
 * @param kernel path that was asked for; without it Debian's program is looked for
 * @param usual folders to look into besides those of the PATH
 * @throws Error with what to install, or what is wrong with the path
 */
export function findUml(
  kernel: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
  usual: readonly string[] = ["/usr/bin"],
): string {
  if (kernel !== undefined) {
    if (isExecutable(kernel)) return kernel;
    throw new Error(`Cannot boot "${kernel}": there is no such file that can be executed`);
  }
  const folders = [...(env.PATH ?? "").split(delimiter).filter((each) => each !== ""), ...usual];
  const found = folders.map((folder) => join(folder, PROGRAM)).find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    `Cannot boot a kernel: there is no program ${PROGRAM}; install the package user-mode-linux, or name ` +
      "another user-mode Linux with --kernel PATH",
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Where a guest's things are. */
export interface UmlPlace {
  /** Folder for what belongs to this guest only; its script `init` is run in the guest. */
  readonly folder: string;
  /** Further words for the kernel. */
  readonly words?: readonly string[] | undefined;
}

/**
 * Returns the words of a kernel's command line: the host's files read-only, its messages on descriptor 1,
 * its second terminal on descriptor 3.
 */
export function umlWords({ folder, words = [] }: UmlPlace): readonly string[] {
  return [
    `mem=${MEMORY}M`,
    "umid=guest",
    `uml_dir=${folder}/`,
    "rootfstype=hostfs",
    "rootflags=/",
    "ro",
    "quiet",
    "panic=-1",
    `init=${folder}/init`,
    "con=null",
    "con0=null,fd:1",
    "con1=fd:3",
    "ssl=null",
    ...words,
  ];
}

/** Returns the environment of a kernel: it writes its memory file, and what is its own, where it may. */
export function umlEnvironment(folder: string): Readonly<Record<string, string>> {
  return {
    HOME: folder,
    TMPDIR: hasRoom(SHARED_MEMORY) ? SHARED_MEMORY : folder,
    PATH: "/usr/bin:/bin",
  };
}

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    accessSync(folder, constants.W_OK);
    return bavail * bsize >= MEMORY * 2 ** 20;
  } catch {
    return false;
  }
}
