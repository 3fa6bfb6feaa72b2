/**
 * Puts the program `uipvsadm` into one file: dist/bundle/uipvsadm.cjs.
 *
 * Most of the time of a small command goes into the start of the program, and most of that into
 * finding and linking its modules. So the program is one CommonJS file, which Node starts faster than a
 * module; `npm run bench:front-end -- start` measures it. Names stay as they are, for stack traces.
 *
 * @module
 */
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUTPUT = "dist/bundle/uipvsadm.cjs";

const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: ["dist/src/ipvsadm/bin.js"],
  outfile: OUTPUT,
  bundle: true,
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
  metafile: true,
  logLevel: "warning",
});

// Packages that are in the file now are in it with their licences.
const packages = Object.keys(metafile.inputs).map(
  (file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1],
);
for (const name of new Set(packages)) {
  if (name === undefined) continue;
  const folder = join(ROOT, "node_modules", name);
  const licence = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  if (licence === undefined) throw new Error(`${name} comes without a licence`);
  const text = readFileSync(join(folder, licence), "utf8").replaceAll("*/", "* /");
  appendFileSync(join(ROOT, OUTPUT), `\n/*\nContains ${name}.\n\n${text.trim()}\n*/\n`);
}
