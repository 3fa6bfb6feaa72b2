/**
 * The page of a live director in a real browser, under real traffic.
 */
import { once } from "node:events";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import t from "tap";
import { inNamespace, runInNamespace } from "../support/namespace.ts";
import { missing } from "../support/programs.ts";
import { lacking } from "../support/requirement.ts";
import { openPage, startBrowser } from "./browser.ts";
import { Stage, VIRTUAL } from "./stage.ts";

const MANY = 100_000;
const PHONE = { viewport: { width: 390, height: 844 } };

const skip = lacking(missing("chromium") || missing("python3"));

if (skip !== false) t.pass("needs a browser", { skip });
else if (!inNamespace()) runInNamespace(t, import.meta.url);
else {
  const stage = await Stage.build(t);
  const browser = await startBrowser(t);
  const { page, faults, foreign } = await openPage(browser, stage.url);

  t.test("the token leaves the address bar, and is not needed again", async (t) => {
    await page.waitForSelector('[data-service="tcp 10.9.9.9:80"]');
    t.notMatch(page.url(), /token/);
    await page.reload();
    await page.waitForSelector('[data-service="tcp 10.9.9.9:80"]');
  });

  t.test("rates move under traffic, and connections are counted", async (t) => {
    const figure = page.locator('[data-figure="connections"] .figure-value');
    await figure.filter({ hasText: /^0$/ }).waitFor();
    const asking = await stage.traffic();
    await figure.filter({ hasText: /^[1-9]/ }).waitFor();
    t.ok(Number(await figure.textContent()) > 0, "connections a second");
    await page.locator(".t-moving").first().waitFor({ state: "attached" });
    t.ok((await page.locator('[data-chart="connections"] canvas').count()) > 0, "a chart is drawn");
    asking.kill("SIGKILL");
  });

  t.test("a weight that is typed, and a server that is drained, are the director's", async (t) => {
    const row = page.locator('[data-service="tcp 10.9.9.9:80"] [data-server="10.3.0.2:8080"]');
    await row.getByRole("textbox").fill("7");
    await row.getByRole("textbox").press("Enter");
    await page.waitForSelector(".toast-done");
    t.match(await stage.ipvsadm("-S", "-n"), /-r 10\.3\.0\.2:8080 -m -w 7/);
    await row.getByRole("button", { name: "Drain" }).click();
    await row.locator(".pill-draining, .pill-drained").waitFor();
    t.match(await stage.ipvsadm("-S", "-n"), /-r 10\.3\.0\.2:8080 -m -w 0/);
    await row.getByRole("button", { name: "Restore" }).click();
    await row.locator(".pill-up").waitFor();
    t.match(await stage.ipvsadm("-S", "-n"), /-r 10\.3\.0\.2:8080 -m -w 7/);
  });

  t.test("services and servers are added and removed; what is refused is told", async (t) => {
    await page.getByRole("button", { name: "Add service" }).click();
    await page.getByRole("dialog").getByLabel("Address:port").fill("10.9.9.9:443");
    await page.getByRole("dialog").getByRole("button", { name: "Add", exact: true }).click();
    const card = page.locator('[data-service="tcp 10.9.9.9:443"]');
    await card.waitFor();
    await card.getByRole("button", { name: "Add server" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Address:port").fill("no address");
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    const refusal = dialog.getByRole("alert");
    await refusal.waitFor();
    t.match(await refusal.textContent(), /no address/);
    await dialog.getByLabel("Address:port").fill("10.2.0.2:8443");
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await card.locator('[data-server="10.2.0.2:8443"]').waitFor();
    t.match(
      await stage.ipvsadm("-S", "-n"),
      /-A -t 10\.9\.9\.9:443 -s wlc\n-a .* -r 10\.2\.0\.2:8443 -m/,
    );
    page.once("dialog", (question) => void question.accept());
    await card.getByRole("button", { name: "Delete service" }).click();
    await card.waitFor({ state: "detached" });
    t.notMatch(await stage.ipvsadm("-S", "-n"), /:443/);
  });

  t.test("the table filters and sorts a hundred thousand connections", async (t) => {
    await stage.manyConnections(MANY);
    await page.getByRole("link", { name: "Connections" }).click();
    const count = page.locator("[data-count]");
    await count.filter({ hasText: /^1\d\d,\d\d\d connections$/ }).waitFor({ timeout: 60_000 });
    const row = page.locator('[data-row="0"]');
    await row.waitFor();
    const drawn = await page.locator("[data-row]").count();
    t.ok(drawn < 100, `${drawn} rows are drawn`);
    await page.getByRole("searchbox").fill("10.50.0.7 udp");
    await count.filter({ hasText: /^\d{3} of 1\d\d,\d\d\d$/ }).waitFor();
    t.match(await row.textContent(), /10\.50\.0\.7/);
    await page.getByRole("searchbox").fill("");
    const sorted = page.waitForResponse((answer) => answer.url().includes("sort=client"));
    await page.getByRole("button", { name: "Client" }).click();
    await sorted;
    await page.locator('[aria-sort="ascending"]').waitFor();
    // Those of the traffic before, unless they are over.
    await row.filter({ hasText: /10\.1\.0\.2|10\.50\.0\.0/ }).waitFor();
    // To the end, by the keyboard alone.
    await row.focus();
    await page.keyboard.press("End");
    const last = page.locator("[data-row]:focus", { hasText: "10.51.0.249" });
    await last.waitFor();
    t.ok(Number(await last.getAttribute("data-row")) >= MANY);
  });

  t.test("an explanation opens for a connection, and for a client that is typed in", async (t) => {
    await page.keyboard.press("Enter");
    await page.waitForSelector('[data-step="connection"]');
    t.match(await page.locator('[data-step="connection"]').textContent(), /one that exists/);
    t.equal(await page.locator("[data-verdict]").getAttribute("data-verdict"), "forward");
    await page.locator('input[name="client"]').fill("203.0.113.7");
    await page.locator('input[name="service"]').fill(`${VIRTUAL}:80`);
    await page.getByLabel("Protocol").selectOption("tcp");
    await page.getByRole("button", { name: "Explain" }).click();
    await page.waitForSelector('[data-standing="chosen"]');
    t.equal(await page.locator("[data-standing]").count(), 3, "every server is a candidate");
    await page.locator('input[name="client"]').fill("nobody");
    await page.getByRole("button", { name: "Explain" }).click();
    t.match(await page.locator(".notice-bad").textContent(), /Cannot parse address "nobody"/);
  });

  t.test("the playground reacts to a weight", async (t) => {
    await page.getByRole("link", { name: "Playground" }).click();
    const share = page.locator('[data-play="0"] [data-share]');
    const moved = page.locator('[data-result="moved"] .figure-value');
    t.equal(await share.textContent(), "25.0 %");
    t.equal(await moved.textContent(), "0.0 %");
    await page.getByRole("textbox", { name: "Weight, Real server 1" }).fill("5");
    await page.keyboard.press("Enter");
    await share.filter({ hasText: /^62\.0 %$/ }).waitFor();
    t.not(await moved.textContent(), "0.0 %");
    await page.getByRole("combobox", { name: /^Scheduler/ }).selectOption("rr");
    await share.filter({ hasText: /^33\.3 %$/ }).waitFor();
  });

  t.test("theme and language are switched, and nothing is wider than a phone", async (t) => {
    await page.getByRole("button", { name: "Theme: system" }).click();
    t.equal(await page.evaluate("document.documentElement.dataset.theme"), "light");
    await page.getByRole("button", { name: "中文" }).click();
    await page.getByRole("link", { name: "概览" }).waitFor();
    const phone = await openPage(browser, stage.url, PHONE);
    for (const place of ["overview", "connections", "journey", "playground", "lab"]) {
      await phone.page.evaluate(`location.hash = "#/${place}"`);
      await phone.page.locator("h1").first().waitFor({ state: "attached" });
      const width = await phone.page.evaluate("document.documentElement.scrollWidth");
      t.equal(width, PHONE.viewport.width, place);
    }
    t.same(phone.faults, []);
  });

  t.test("no script failed, and nothing was asked of anybody else", async (t) => {
    // A change that was refused is told in the console, too.
    t.same(
      faults.filter((fault) => !/status of 400/.test(fault)),
      [],
    );
    t.same(foreign, []);
  });

  t.test("a wrong token is refused, and the right one taken", async (t) => {
    const wrong = await browser.newContext();
    const refused = await wrong.newPage();
    const answer = await refused.goto(`${stage.origin}/?token=wrong`);
    t.equal(answer?.status(), 403);
    await refused.goto(stage.origin);
    await refused.getByRole("heading", { name: "This page needs its token" }).waitFor();
    await refused.getByRole("textbox").fill("wrong-token-of-some-length");
    await refused.getByRole("button", { name: "Open" }).click();
    await refused.getByText("not the token of this director").waitFor();
    await refused.getByRole("textbox").fill(stage.url);
    await refused.getByRole("button", { name: "Open" }).click();
    await refused.waitForSelector('[data-service="tcp 10.9.9.9:80"]');
    await wrong.close();
  });

  t.test("a page of another origin gets nothing, even with the token", async (t) => {
    const before = await stage.ipvsadm("-S", "-n");
    const site = createServer((_request, response) => {
      response.setHeader("Content-Type", "text/html");
      response.end(foreignPage(stage.origin, stage.token));
    });
    site.listen(0, "127.0.0.1");
    await once(site, "listening");
    t.teardown(() => site.close());
    const other = await page.context().newPage();
    await other.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
    await other.locator("output", { hasText: "done" }).waitFor();
    t.equal(await other.locator("output").textContent(), "done refused refused refused");
    t.equal(await stage.ipvsadm("-S", "-n"), before, "nothing was changed");
    await other.close();
  });

  t.test("a foreign origin, site or name is refused by the server itself", async (t) => {
    const paths = ["/", "/api/live", "/api/history?column=active&series=total", "/metrics"];
    for (const path of paths) {
      const origin = await stage.get(path, { headers: { Origin: "http://evil.example" } });
      t.equal(origin.status, 403, path);
      t.match(await origin.json(), { code: "origin" });
      const site = await stage.get(path, { headers: { "Sec-Fetch-Site": "same-site" } });
      t.equal(site.status, 403, path);
    }
    t.match(await byName(stage, "evil.example"), { code: "host" });
    t.match(await byName(stage, "localhost"), { times: Array });
  });
}

/** A page that tries to read, to command with the header, and to command without asking first. */
function foreignPage(origin: string, token: string): string {
  const change = JSON.stringify({ action: "delete-service", service: `tcp ${VIRTUAL}:80` });
  return `<output></output><script type="module">
    const ask = (path, init) => fetch("${origin}" + path + "?token=${token}", init)
      .then(({ type }) => type, () => "refused");
    const body = ${JSON.stringify(change)};
    const outcomes = [
      await ask("/metrics"),
      await ask("/api/change", { method: "POST", body, headers: { "Content-Type": "application/json" } }),
      await ask("/api/change", { method: "POST", body, mode: "no-cors" }),
    ];
    document.querySelector("output").textContent = "done " + outcomes.join(" ");
  </script>`;
}

/** Asks the server as if it were called by a name, as a name does that has been moved to its address. */
async function byName(stage: Stage, name: string): Promise<unknown> {
  const { port } = new URL(stage.origin);
  const answer = await new Promise<string>((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port,
      path: "/api/history?column=active&series=total",
      headers: { Host: `${name}:${port}`, Authorization: `Bearer ${stage.token}` },
    };
    get(options, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
    }).on("error", reject);
  });
  return JSON.parse(answer);
}
