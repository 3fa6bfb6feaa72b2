#!/usr/bin/env node
import { existsSync } from "node:fs";

const program = new URL("../dist/src/cli/main.js", import.meta.url);
if (existsSync(program)) {
  const { main } = await import(program);
  await main(process.argv.slice(2));
} else {
  console.error(
    "uipvs: it has not been built: run `npm ci' or `npm run build' where it was cloned to",
  );
  process.exitCode = 1;
}
