/**
 * Puts programs of hundreds of modules into one file each, or few.
 *
 * - The program `uipvsadm`: dist/bundle/uipvsadm.cjs. Most of the time of a small command goes into the
 *   start of the program, and most of that into finding and linking its modules. So the program is one
 *   CommonJS file, which Node starts faster than a module; `npm run bench:control -- start` measures it.
 *   Names stay as they are, for stack traces.
 * - The program `uipvs`: dist/bundle/uipvs, with a thread and the programs it starts. It is too large to be
 *   read whole for each command, so it is in pieces: what several need, and what one needs alone.
 * - The page of `uipvs up --web`: dist/web, one script and one style sheet, which load nothing else.
 *
 * @module
 */
import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PROGRAM = "dist/bundle/uipvsadm.cjs";
const PIECES = "dist/bundle/uipvs";
const PAGE = "dist/web";

/** Files that are run by name, from beside what runs them. */
const ENTRIES = {
  "dist/src/cli/main.js": [],
  "dist/src/daemon/worker.js": ["dist/src/daemon/worker-engine.js"],
  "dist/src/lab/course/keeper.js": ["dist/src/lab/course/start-lab.js"],
  "dist/src/lab/decapsulator.js": ["dist/src/lab/host-program.js"],
  "dist/src/lab/demo/inside.js": ["dist/src/lab/demo/run.js"],
  "dist/src/lab/web-client.js": ["dist/src/lab/host-program.js"],
  "dist/src/lab/web-server.js": ["dist/src/lab/host-program.js"],
};
const MOVED = new Set(Object.values(ENTRIES).flat());

const common = { absWorkingDir: ROOT, bundle: true, metafile: true, logLevel: "warning" };

/** Modules that look for files from where they are find them as before, but for those that moved with them. */
const whereabouts = {
  name: "whereabouts",
  setup({ onLoad }) {
    onLoad({ filter: /[/]dist[/](src|dataplane|schedulers)[/].*[.]js$/ }, async ({ path }) => {
      const contents = await readFile(path, "utf8");
      const known = MOVED.has(relative(ROOT, path));
      const from = JSON.stringify(relative(join(ROOT, PIECES), path));
      const url = known ? "import.meta.url" : `new URL(${from}, import.meta.url).href`;
      return { contents: contents.replaceAll("import.meta.url", url), loader: "js" };
    });
  },
};

// Their names tell their contents: those of another build would stay.
rmSync(join(ROOT, PIECES), { recursive: true, force: true });

const builds = await Promise.all([
  build({
    ...common,
    entryPoints: ["dist/src/ipvsadm/bin.js"],
    outfile: PROGRAM,
    platform: "node",
    target: "node20",
    format: "cjs",
    minifySyntax: true,
    minifyWhitespace: true,
    // Loaded by commands that look up names, and by none else.
    external: ["lru-cache"],
    // The way to the kernel looks for its library from where it is itself.
    banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
    define: { "import.meta.url": "importMetaUrl" },
  }),
  build({
    ...common,
    entryPoints: Object.keys(ENTRIES),
    entryNames: "[name]",
    outdir: PIECES,
    platform: "node",
    target: "node20",
    format: "esm",
    splitting: true,
    minifySyntax: true,
    minifyWhitespace: true,
    // Loaded by few commands, the first if it is installed.
    external: ["echarts", "lru-cache"],
    plugins: [whereabouts],
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
  }),
  build({
    ...common,
    entryPoints: { page: "src/web/page/main.tsx" },
    outdir: PAGE,
    platform: "browser",
    target: ["chrome123", "firefox120", "safari17.5"],
    format: "esm",
    minify: true,
    tsconfig: "src/web/page/tsconfig.json",
  }),
]);
for (const file of ["index.html", "icon.svg"]) {
  cpSync(join(ROOT, "src/web/page", file), join(ROOT, PAGE, file));
}
for (const { metafile } of builds) {
  for (const [output, { inputs }] of Object.entries(metafile.outputs)) {
    if (/[.]c?js$/.test(output)) appendLicences(output, inputs);
  }
}

/** Packages that are in a file now are in it with their licences. */
function appendLicences(output, inputs) {
  const packages = Object.keys(inputs).map(
    (file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1],
  );
  for (const name of new Set(packages)) {
    if (name === undefined) continue;
    const folder = join(ROOT, "node_modules", name);
    const licence = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
    if (licence === undefined) throw new Error(`${name} comes without a licence`);
    const text = readFileSync(join(folder, licence), "utf8").replaceAll("*/", "* /");
    appendFileSync(join(ROOT, output), `\n/*\nContains ${name}.\n\n${text.trim()}\n*/\n`);
  }
}
