/**
 * Debian's chromium, driven by playwright-core.
 *
 * @module
 */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { Test } from "tap";

const PROGRAM = "/usr/bin/chromium";

/** Nothing of the browser's own goes out, nor needs a sandbox where all run as root. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts a browser that ends with the test. */
export async function startBrowser(t: Test): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: PROGRAM, args: FLAGS });
  t.teardown(() => browser.close());
  return browser;
}

/** What went on in a page that should not have. */
export interface Watched {
  readonly page: Page;
  /** Errors of scripts, and of the console. */
  readonly faults: readonly string[];
  /** Requests to anybody but the page's own server. */
  readonly foreign: readonly string[];
}

/** Opens a page, and takes note of what goes wrong in it. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({
    locale: "en-US",
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  const faults: string[] = [];
  const foreign: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(url).origin)) foreign.push(request.url());
  });
  await page.goto(url);
  return { page, faults, foreign };
}
