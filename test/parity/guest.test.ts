import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { bootBed } from "../../src/parity/guest-bed.ts";
import { initScript } from "../../src/parity/init-script.ts";
import { startUipvs } from "../cli/support.ts";
import { lacking } from "../support/requirement.ts";
import { noKernel } from "./support.ts";

/** A folder of the test's own for temporary files, of which the guests' are some. */
function ownTemporaryFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "uipvs-guest-test-"));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  t.teardown(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** A program that stands in for a kernel. */
function program(folder: string, script: string): string {
  const path = join(folder, "kernel");
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** Numbers of the processes that have `text` in their command line. */
function processesWith(text: string): readonly string[] {
  return readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, "utf8").includes(text);
    } catch {
      return false;
    }
  });
}

t.test("the guest becomes the program it is for", async (t) => {
  const script = initScript({
    mountShared: "mount it",
    node: "/o'n/node",
    program: ["/p q", "$x"],
  });
  t.match(script, /\nexec '\/o'\\''n\/node' '\/p q' '\$x'\n$/);
});

const skip = lacking(process.platform === "linux" ? false : "it needs Linux");

t.test("a kernel that ends tells its last words, and leaves nothing", { skip }, async (t) => {
  const folder = ownTemporaryFolder(t);
  const kernel = program(folder, "echo Kernel panic: no luck >&2; exit 1");
  await t.rejects(bootBed({ kernel }), {
    message: "The guest is gone: it ended by itself; its last words: Kernel panic: no luck",
  });
  t.same(readdirSync(folder), ["kernel"]);
});

t.test("a kernel that does not come up is ended, and all it started", { skip }, async (t) => {
  const folder = ownTemporaryFolder(t);
  const kernel = program(folder, "sleep 1000 & exec sleep 1000");
  await t.rejects(bootBed({ kernel, bootTimeout: 300 }), {
    message: "The guest is gone: it was not ready within 0.3 s",
  });
  t.same(readdirSync(folder), ["kernel"]);
  t.same(processesWith(folder), []);
});

t.test("a command that is told to end takes its kernel along", { skip }, async (t) => {
  const folder = ownTemporaryFolder(t);
  const kernel = program(folder, "exec sleep 1000");
  for (const [signal, status] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    const { child, ended } = startUipvs(t, ["parity", "--kernel", kernel, "--fuzz", "1"], {
      env: { TMPDIR: folder },
    });
    // The kernel's messages have a file once it is about to be started.
    const guest = () => readdirSync(folder).find((name) => name.startsWith("uipvs-guest-"));
    const started = () => readdirSync(join(folder, guest() ?? "")).includes("messages");
    for (let waited = 0; waited < 300 && !started(); waited++) await delay(100);
    t.ok(started(), "there is a guest");
    child.kill(signal);
    t.equal((await ended).status, status, signal);
    t.same(readdirSync(folder), ["kernel"]);
    t.same(processesWith(folder), []);
  }
});

t.test("what a kernel leaves running is ended with it", { skip }, async (t) => {
  const folder = ownTemporaryFolder(t);
  await t.rejects(bootBed({ kernel: program(folder, "sleep 1000 & exit 0") }), /ended by itself/);
  t.same(readdirSync(folder), ["kernel"]);
});

t.test("a guest whose host is killed ends by itself", { skip: noKernel }, async (t) => {
  const folder = ownTemporaryFolder(t);
  const module = new URL("../../src/parity/guest-bed.js", import.meta.url);
  const script = `import { bootBed } from ${JSON.stringify(fileURLToPath(module))};
    await bootBed(); console.log("ready"); setInterval(() => {}, 1000);`;
  const host = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(host.stdout, "data");
  t.ok(processesWith(folder).length > 0, "there is a guest");
  host.kill("SIGKILL");
  await once(host, "close");
  for (let waited = 0; waited < 100 && processesWith(folder).length > 0; waited++) await delay(100);
  t.same(processesWith(folder), []);
});
