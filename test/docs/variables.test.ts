import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { DEFAULT_PROFILE } from "../../src/engine/profile.ts";
import { acceptedBy, defaultSysctls, readSysctl, SYSCTL_NAMES } from "../../src/engine/sysctl.ts";
import { ROOT } from "../support/files.ts";

/** What the page says of each variable. */
const ENTRIES = new Map(
  readFileSync(join(ROOT, "docs", "variables.md"), "utf8")
    .split(/^### /m)
    .slice(1)
    .map((entry) => {
      const [heading = "", ...lines] = entry.split("\n");
      return [heading.replaceAll("`", ""), lines.join("\n").split(/^## /m)[0]!.trim()] as const;
    }),
);

t.test("every variable is explained, and no other", async (t) => {
  t.same([...ENTRIES.keys()].sort(), [...SYSCTL_NAMES].sort());
  for (const [name, text] of ENTRIES) t.match(text, /\.\n\n[A-Z0-9].{20,}[.)]$/s, name);
});

t.test("defaults and ranges are those of the engine", async (t) => {
  const defaults = defaultSysctls();
  for (const name of SYSCTL_NAMES) {
    const text = ENTRIES.get(name) ?? "";
    t.match(text, `Accepts ${acceptedBy(name, DEFAULT_PROFILE.ticksPerSecond)}.\n`, name);
    // This one follows from the memory there is.
    if (name === "sync_qlen_max") t.match(text, `${readSysctl(defaults, name)} for 1 GiB`);
    else
      t.ok(text.startsWith(`Default \`${readSysctl(defaults, name).replace("\t", " ")}\`. `), name);
  }
});
