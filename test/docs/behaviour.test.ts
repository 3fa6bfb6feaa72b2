import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { schedulers } from "../../schedulers/index.ts";
import { RULES, schedulerRule } from "../../src/engine/explain/rules.ts";
import { ROOT } from "../support/files.ts";

/** Headings of the page as links name them, with the text below each. */
const SECTIONS = new Map(
  readFileSync(join(ROOT, "docs", "behaviour.md"), "utf8")
    .split(/^##+ /m)
    .slice(1)
    .map((section) => {
      const [heading = "", ...lines] = section.split("\n");
      return [heading.toLowerCase().replaceAll(" ", "-"), lines.join("\n")] as const;
    }),
);

const cited = [...Object.values(RULES), ...[...schedulers.keys()].map(schedulerRule)];

t.test(
  "every rule explanations name is a heading with a text, and there is no other",
  async (t) => {
    const headings = cited.map((rule) => rule.replace(/^docs\/behaviour\.md#/, ""));
    t.same([...SECTIONS.keys()].sort(), [...new Set(headings)].sort());
    for (const [heading, text] of SECTIONS) t.match(text, /[a-z].*[.:]\n/s, heading);
  },
);
