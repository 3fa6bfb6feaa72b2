/**
 * The layers, enforced: a file imports from its own layer or one below, schedulers and devices never from
 * each other's kind, and the pure layers from nothing that touches the world.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import t from "tap";
import { ROOT } from "./support/files.ts";

interface Room {
  /** Folder, from the root of the project. */
  readonly folder: string;
  readonly layer: number;
  /** Whether it knows no clock, chance, process or I/O. */
  readonly pure: boolean;
}

/** The first that fits counts. */
const ROOMS: readonly Room[] = [
  { folder: "src/base/", layer: 0, pure: true },
  { folder: "src/net/", layer: 1, pure: true },
  { folder: "src/wire/", layer: 1, pure: true },
  { folder: "src/engine/", layer: 2, pure: true },
  { folder: "schedulers/", layer: 3, pure: true },
  { folder: "src/host/", layer: 3, pure: true },
  { folder: "dataplane/", layer: 3, pure: false },
  { folder: "src/control/", layer: 4, pure: false },
  { folder: "src/index.ts", layer: 5, pure: false },
  { folder: "src/", layer: 5, pure: false },
  { folder: "bench/", layer: 5, pure: false },
  // Benchmarks measure against the plain scans that the tests hold the schedulers to.
  { folder: "test/schedulers/plain/", layer: 5, pure: false },
];

/** Packages a pure file may use: address texts are parsed at the edges of `src/net/`. */
const PURE_PACKAGES: Readonly<Record<string, readonly string[]>> = { "src/net/": ["ipaddr.js"] };

/** What a pure file may not name. */
const IMPURE =
  /\b(Date\.now|new Date|performance\.now|Math\.random|process\.)|(?<![.\w])(setTimeout|setInterval)\(/;

const IMPORT = /(?:from|import)\s*\(?\s*["']([^"']+)["']/g;

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

const FILES = ["src", "schedulers", "dataplane", "bench"].flatMap(sources);

function roomOf(file: string): Room {
  const room = ROOMS.find(({ folder }) => file.startsWith(folder));
  if (room === undefined) throw new Error(`${file} is in no layer`);
  return room;
}

/** Text without comments, so that prose about `process.` is no offence. */
function code(file: string): string {
  return readFileSync(join(ROOT, file), "utf8").replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, "");
}

function imports(file: string): string[] {
  return [...code(file).matchAll(IMPORT)].map((match) => match[1]!);
}

/** Returns the project's file an import names, or `undefined` for a package. */
function target(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return relative(ROOT, resolve(ROOT, dirname(file), specifier));
}

t.test("no file imports from a layer above its own", async (t) => {
  t.ok(FILES.length > 50, `${FILES.length} files read`);
  for (const file of FILES) {
    for (const specifier of imports(file)) {
      const imported = target(file, specifier);
      if (imported === undefined) continue;
      const [own, other] = [roomOf(file), roomOf(imported)];
      if (other.layer > own.layer) {
        t.fail(`${file} (layer ${own.layer}) imports ${imported} (layer ${other.layer})`);
      }
    }
  }
});

t.test("schedulers, devices and the small host do not know each other", async (t) => {
  const apart = ["schedulers/", "dataplane/", "src/host/"];
  for (const file of FILES) {
    for (const specifier of imports(file)) {
      const imported = target(file, specifier);
      if (imported === undefined) continue;
      const [own, other] = [file, imported].map((path) =>
        apart.find((room) => path.startsWith(room)),
      );
      if (own !== undefined && other !== undefined && own !== other) {
        t.fail(`${file} imports ${imported}`);
      }
    }
  }
  t.pass("looked at every import");
});

t.test("a scheduler imports no other scheduler", async (t) => {
  const names = new Set(
    FILES.filter((file) => /^schedulers\/[a-z]+\.ts$/.test(file) && exportsScheduler(file)),
  );
  t.ok(names.size >= 14, `${names.size} schedulers found`);
  for (const file of names) {
    for (const specifier of imports(file)) {
      const imported = target(file, specifier);
      if (imported !== undefined && names.has(imported)) t.fail(`${file} imports ${imported}`);
    }
  }
});

t.test("the pure layers touch neither time, chance, process nor I/O", async (t) => {
  for (const file of FILES) {
    const room = roomOf(file);
    if (!room.pure) continue;
    const allowed = PURE_PACKAGES[room.folder] ?? [];
    for (const specifier of imports(file)) {
      if (!specifier.startsWith(".") && !allowed.includes(specifier)) {
        t.fail(`${file} imports ${specifier}`);
      }
    }
    const impure = IMPURE.exec(code(file));
    if (impure !== null) t.fail(`${file} names ${impure[0]}`);
  }
  t.pass("looked at every pure file");
});

t.test("only dataplane/sys/ calls the operating system directly", async (t) => {
  for (const file of FILES) {
    if (file.startsWith("dataplane/sys/")) continue;
    if (imports(file).includes("koffi")) t.fail(`${file} imports koffi`);
  }
  t.pass("looked at every file");
});

function exportsScheduler(file: string): boolean {
  return /export const \w+: SchedulerModule/.test(code(file));
}
