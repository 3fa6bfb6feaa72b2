/**
 * The running lab on the page: its first check fails, is mended on the director, and turns green.
 */
import { join } from "node:path";
import t from "tap";
import { startUipvs, uipvs } from "../cli/support.ts";
import { temporaryFolder } from "../daemon/support.ts";
import { lackOf } from "../support/namespace.ts";
import { missing } from "../support/programs.ts";
import { lacking } from "../support/requirement.ts";
import { openPage, startBrowser } from "./browser.ts";

const skip = lacking(missing("chromium") || (lackOf() ?? false));

t.test("a lab's check turns green once its step is done", { skip }, async (t) => {
  const env = { UIPVS_LAB_FOLDER: join(temporaryFolder(t), "lab") };
  t.match(await uipvs(["lab", "start", "first-service"], { env }), { status: 0 });
  t.teardown(() => uipvs(["lab", "stop"], { env }));
  const web = startUipvs(t, ["web", "0", "--lab"], { env });
  const url = /Page: (\S+)/.exec(await web.printed("Page: "))![1]!;
  const browser = await startBrowser(t);
  const { page, faults, foreign } = await openPage(browser, url);
  await page.getByRole("link", { name: "Lab" }).click();
  await page.locator(".prose").first().waitFor();
  const step = page.locator('[data-step-id="service"]');
  t.equal(await step.getAttribute("data-state"), "open");
  await page.getByRole("button", { name: "Check" }).click();
  await page.locator('[data-step-id="service"][data-state="failed"]').waitFor();
  t.match(await step.textContent(), /The director has no service/);
  await step.getByRole("button", { name: "Hint" }).click();
  await step.getByText("adds a service").waitFor();
  const order = ["ipvsadm", "-A", "-t", "192.168.1.100:80", "-s", "rr"];
  t.match(await uipvs(["lab", "enter", "director", "--", ...order], { env }), { status: 0 });
  await page.getByRole("button", { name: "Check" }).click();
  await page.locator('[data-step-id="service"][data-state="passed"]').waitFor();
  t.match(await step.textContent(), /done/);
  t.same([faults, foreign], [[], []]);
});

t.test("a page goes on by itself when its lab is reset", { skip }, async (t) => {
  const env = { UIPVS_LAB_FOLDER: join(temporaryFolder(t), "lab"), LC_ALL: "C.UTF-8" };
  const started = await uipvs(["lab", "start", "first-service", "--web", "0"], { env });
  t.teardown(() => uipvs(["lab", "stop"], { env }));
  const [url = ""] = /http:\/\/127\S+/.exec(started.stdout) ?? [];
  const browser = await startBrowser(t);
  const { page } = await openPage(browser, `${url}#/lab`);
  const order = ["ipvsadm", "-A", "-t", "192.168.1.100:80", "-s", "rr"];
  t.match(await uipvs(["lab", "enter", "director", "--", ...order], { env }), { status: 0 });
  await page.getByRole("button", { name: "Check" }).click();
  await page.locator('[data-step-id="service"][data-state="passed"]').waitFor();
  const again = await uipvs(["lab", "reset"], { env });
  t.match(again, { status: 0, stdout: url });
  await page.locator('[data-step-id="service"][data-state="open"]').waitFor();
  await page.locator(".link-live").waitFor();
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByText("No services yet").waitFor();
});
