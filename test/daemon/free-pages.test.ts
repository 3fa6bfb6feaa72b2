import { existsSync } from "node:fs";
import { freemem } from "node:os";
import t from "tap";
import { freePages } from "../../src/daemon/free-pages.ts";
import { lacking } from "../support/requirement.ts";

t.test(
  "free pages are what the system says, no fewer than are free and no more than there are",
  { skip: lacking(!existsSync("/proc/meminfo") && "/proc/meminfo") },
  async (t) => {
    const pages = freePages();
    t.ok(pages > 0 && Number.isInteger(pages), String(pages));
    // Memory that is available includes what can be reclaimed, which is no free page.
    t.ok(pages * 4096 <= freemem() * 2, "within what Node sees");
  },
);
