/**
 * The files of the page, as `npm run build` has made them (tools/bundle.js).
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const TYPES: readonly (readonly [path: string, file: string, type: string])[] = [
  ["/", "index.html", "text/html; charset=utf-8"],
  ["/page.js", "page.js", "text/javascript; charset=utf-8"],
  ["/page.css", "page.css", "text/css; charset=utf-8"],
  ["/icon.svg", "icon.svg", "image/svg+xml"],
];

/** A file, whole. */
export interface PageFile {
  /** Path in the URL. */
  readonly path: string;
  readonly type: string;
  readonly body: string;
}

/**
 * Returns all files of the page.
 *
 * @throws Error when they have not been built
 */
export function pageFiles(): readonly PageFile[] {
  const root = dirname(createRequire(import.meta.url).resolve("uipvs/package.json"));
  return TYPES.map(([path, file, type]) => {
    try {
      return { path, type, body: readFileSync(join(root, "dist", "web", file), "utf8") };
    } catch (cause) {
      throw new Error(`Cannot serve the page: dist/web/${file} is missing (npm run build)`, {
        cause,
      });
    }
  });
}
