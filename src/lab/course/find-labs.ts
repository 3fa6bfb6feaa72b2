/**
 * Where labs are found: those that come with the program, and a teacher's own.
 *
 * `$UIPVS_LABS` names folders of labs, parted by colons. A lab there comes before one of the same name that
 * comes with the program. Folders whose names begin with `_` hold no lab: `_template` is what new ones begin as.
 *
 * @module
 */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { LabError } from "./lab-error.ts";
import { isLabFolder, type Lab, readLab } from "./lab-folder.ts";

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Variable that names folders of labs. */
export const LABS_VARIABLE = "UIPVS_LABS";

/** Folder of the labs that come with the program. */
export const OWN_LABS = join(
  dirname(createRequire(import.meta.url).resolve("uipvs/package.json")),
  "labs",
);

/** Folder new labs are copied from. */
export const TEMPLATE = join(OWN_LABS, "_template");

/**
 * Reads all labs, in the order they ask for.
 *
 * @throws LabError for the first that cannot be read
 */
export function allLabs(env: Environment): readonly Lab[] {
  const found = new Map<string, Lab>();
  for (const folder of labFolders(env)) {
    const lab = readLab(folder);
    if (!found.has(lab.name)) found.set(lab.name, lab);
  }
  return [...found.values()].sort(
    (one, other) => one.plan.order - other.plan.order || one.name.localeCompare(other.name, "en"),
  );
}

/**
 * Reads a lab by its name, or by the path of its folder, which has a slash in it.
 *
 * @throws LabError when there is none, or it cannot be read
 */
export function findLab(name: string, env: Environment): Lab {
  const folders = labFolders(env);
  const folder = name.includes("/")
    ? isLabFolder(name) && name
    : folders.find((each) => each.endsWith(`/${name}`));
  if (folder) return readLab(folder);
  const names = [...new Set(folders.map((each) => each.slice(each.lastIndexOf("/") + 1)))];
  const known = name.includes("/") ? "no lab.yaml is there" : `must be one of ${names.join(", ")}`;
  throw new LabError(`Cannot find lab "${name}": ${known}`);
}

function labFolders(env: Environment): readonly string[] {
  const places = (env[LABS_VARIABLE] ?? "").split(delimiter).filter((place) => place !== "");
  return [...places, OWN_LABS].flatMap(foldersIn);
}

function foldersIn(place: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(place);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new LabError(`Cannot look for labs in "${place}": ${code}`);
  }
  return names
    .filter((name) => !name.startsWith("_"))
    .sort()
    .map((name) => join(place, name))
    .filter(isLabFolder);
}
