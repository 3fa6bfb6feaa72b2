#!/usr/bin/env node
const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");

const program = join(__dirname, "../dist/bundle/uipvs/main.js");
if (existsSync(program)) {
  import(pathToFileURL(program)).then(({ main }) => main(process.argv.slice(2)));
} else {
  console.error(
    "uipvs: it has not been built: run `npm ci' or `npm run build' where it was cloned to",
  );
  process.exitCode = 1;
}
