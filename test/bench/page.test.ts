/** The page of a benchmark in a real browser: nothing is cut, nothing overlaps, nothing is asked for. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import t, { type Test } from "tap";
import { missing } from "../support/programs.ts";
import { lacking } from "../support/requirement.ts";
import { bench } from "./support.ts";

const CHROMIUM = "/usr/bin/chromium";
const SCREENS = [
  { name: "a desktop, light", width: 1280, colorScheme: "light" },
  { name: "a phone, dark", width: 390, colorScheme: "dark" },
] as const;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface ChartBoxes {
  readonly chart: string;
  readonly box: Box;
  readonly texts: readonly { readonly text: string; readonly box: Box }[];
}

/** Boxes of all texts of the charts that are seen, and of their charts. */
function textBoxes(page: Page): Promise<readonly ChartBoxes[]> {
  return page.evaluate(`[...document.querySelectorAll("figure svg")]
    .filter((svg) => svg.getBoundingClientRect().width > 0)
    .map((svg) => ({
      chart: svg.closest("figure").querySelector("h3").textContent,
      box: svg.getBoundingClientRect().toJSON(),
      texts: [...svg.querySelectorAll("text")].map((text) => ({
        text: text.textContent,
        box: text.getBoundingClientRect().toJSON(),
      })),
    }))`);
}

/** Whether two boxes share more than a pixel in both directions. */
function overlap(a: Box, b: Box): boolean {
  const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  // Boxes are as high as the font's tallest letters.
  return wide > 1 && high > 4;
}

async function looksRight(t: Test, browser: Browser, file: string): Promise<void> {
  for (const { name, width, colorScheme } of SCREENS) {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    t.same(asked, [pathToFileURL(file).href], `${name}: asks for nothing else`);
    t.equal(await page.evaluate("document.documentElement.scrollWidth"), width, `${name}: fits`);
    const charts = await textBoxes(page);
    t.ok(charts.length > 3, `${name}: ${charts.length} charts`);
    for (const { chart, box, texts } of charts) {
      t.not(chart, "", "every chart has a title");
      const cut = texts.filter(
        (each) => each.box.left < box.left - 1 || each.box.right > box.right + 1,
      );
      t.same(
        cut.map(({ text }) => text),
        [],
        `${name}: nothing is cut in "${chart}"`,
      );
      const clashes = texts.flatMap((one, at) =>
        texts
          .slice(at + 1)
          .filter((other) => overlap(one.box, other.box))
          .map((other) => `${one.text}/${other.text}`),
      );
      t.same(clashes, [], `${name}: nothing overlaps in "${chart}"`);
    }
    await page.close();
  }
}

t.test(
  "pages of a comparison and of a sweep",
  { skip: lacking(missing("chromium")) },
  async (t) => {
    const folder = t.testdir();
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    t.teardown(() => browser.close());
    const small = ["--connections", "3000", "--set", "disruptionClients=500"];
    const compared = join(folder, "compared.html");
    await bench("web", ...small, "--compare", "all", "--html", compared);
    await looksRight(t, browser, compared);
    const swept = join(folder, "swept.html");
    await bench(
      "web",
      ...small,
      "--compare",
      "all",
      "--no-timing",
      "--sweep",
      "arrivals.rate=500,900,1300",
      "--html",
      swept,
    );
    await looksRight(t, browser, swept);
    const failover = join(folder, "failover.html");
    await bench(
      "failover",
      "--connections",
      "1100",
      "--no-timing",
      "--html",
      failover,
      "--set",
      "churn.0.at=1.0005",
    );
    const page = await browser.newPage();
    await page.goto(pathToFileURL(failover).href);
    t.equal(await page.title(), "failover: schedulers compared");
    const text = await page.locator("main").innerText();
    t.match(text, /Connections that break, by cause/);
    t.match(text, /Published, and here/);
    t.match(text, /Fewest connections break with mh synchronised=false sloppy_tcp=1/);
    t.match(text, /sloppy_tcp:/, "the workload, as a file would have it");
    const background = (scheme: "light" | "dark") =>
      page
        .emulateMedia({ colorScheme: scheme })
        .then(() => page.evaluate<string>("getComputedStyle(document.body).backgroundColor"));
    t.not(await background("light"), await background("dark"));
    writeFileSync(
      join(folder, "hostile.yaml"),
      'name: "<script>alert(1)</script>"\nconnections: 10\narrivals: { kind: regular, rate: 1 }\nclients: { kind: uniform, count: 5 }\ndurations: { kind: fixed }\nservers: [{ count: 2 }]\n',
    );
    const hostile = join(folder, "hostile.html");
    await bench(join(folder, "hostile.yaml"), "--html", hostile);
    await page.goto(pathToFileURL(hostile).href);
    t.equal(await page.locator("script").count(), 0, "a name is a text");
  },
);
