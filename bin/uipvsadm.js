#!/usr/bin/env node
try {
  require("../dist/bundle/uipvsadm.cjs");
} catch (error) {
  if (error.code !== "MODULE_NOT_FOUND" || error.requireStack?.[0] !== __filename) throw error;
  console.error(
    "uipvsadm: it has not been built: run `npm ci' or `npm run build' where it was cloned to",
  );
  process.exitCode = 1;
}
