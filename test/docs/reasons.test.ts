import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { REASONS } from "../../src/engine/verdict.ts";
import { ROOT } from "../support/files.ts";

const PAGE = readFileSync(join(ROOT, "docs", "reasons.md"), "utf8");

/** Reasons with what is said about each, in the order of the page. */
const ENTRIES = PAGE.split(/^### /m)
  .slice(1)
  .map((entry) => {
    const [heading = "", ...lines] = entry.split("\n");
    return {
      reason: heading.replaceAll("`", ""),
      text: lines.join("\n").split(/^## /m)[0]!.trim(),
    };
  });

t.test("every reason is explained, in the order of the engine's list", async (t) => {
  t.same(
    ENTRIES.map(({ reason }) => reason),
    REASONS,
  );
});

t.test("every explanation is a sentence or more", async (t) => {
  for (const { reason, text } of ENTRIES) t.match(text, /^[A-Z].{20,}\.$/s, reason);
});
