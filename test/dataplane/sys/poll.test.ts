import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import t from "tap";
import { openLibc } from "../../../dataplane/sys/libc.ts";
import { Waiter, wake } from "../../../dataplane/sys/poll.ts";
import { lacking } from "../../support/requirement.ts";

const MODULES = new URL("../../../dataplane/sys/", import.meta.url);
const skip = lacking(process.platform === "linux" ? false : "it needs Linux");

t.test("openLibc() says what it needs when koffi is missing", { skip }, (t) => {
  const missing = () => {
    throw new Error("Cannot find module 'koffi'");
  };
  t.throws(() => openLibc("Cannot open a TUN device", missing), {
    message: "Cannot open a TUN device: needs the optional dependency koffi (npm install koffi)",
  });
  t.end();
});

t.test("wait() returns when nothing happens in time", { skip }, (t) => {
  const waiter = new Waiter([]);
  t.equal(waiter.wait(0), false);
  t.equal(waiter.wait(0.5), false);
  waiter.close();
  waiter.close();
  t.end();
});

t.test("wake() is heard once, however often it rang, and by a later wait", { skip }, (t) => {
  const waiter = new Waiter([]);
  wake(waiter.wakeFd);
  wake(waiter.wakeFd);
  t.equal(waiter.wait(-1), true);
  t.equal(waiter.wait(0), false);
  waiter.close();
  t.end();
});

t.test("wait() tells which descriptor can be read", { skip }, (t) => {
  const other = new Waiter([]);
  const third = new Waiter([]);
  const waiter = new Waiter([other.wakeFd]);
  waiter.watch([other.wakeFd, third.wakeFd]);
  wake(third.wakeFd);
  t.equal(waiter.wait(-1), true);
  t.strictSame([waiter.ready(0), waiter.ready(1)], [false, true]);
  for (const one of [other, third, waiter]) one.close();
  t.end();
});

t.test("wake() ends the wait of another thread", { skip }, async (t) => {
  const worker = new Worker(
    `import { parentPort } from "node:worker_threads";
     import { Waiter } from ${JSON.stringify(new URL("poll.js", MODULES).href)};
     const waiter = new Waiter([]);
     parentPort.postMessage(waiter.wakeFd);
     parentPort.postMessage(waiter.wait(-1));
     waiter.close();`,
    { eval: true },
  );
  const heard: unknown[] = [];
  await new Promise((ended) => {
    worker.on("message", (message) => {
      heard.push(message);
      if (heard.length === 1) wake(Number(message));
    });
    worker.on("exit", ended);
  });
  t.equal(heard[1], true);
});

t.test("openTun() and RawSocket say which privilege they lack", async (t) => {
  const script = `
    const { openTun } = await import(${JSON.stringify(new URL("tun.js", MODULES).href)});
    const { RawSocket } = await import(${JSON.stringify(new URL("raw-socket.js", MODULES).href)});
    for (const open of [() => openTun("uipvstest0"), () => new RawSocket(4)]) {
      try { open(); console.log("opened"); } catch (error) { console.log(error.code, error.message); }
    }`;
  const words = ["--bounding-set=-all", process.execPath, "--input-type=module", "-e", script];
  const run = promisify(execFile)("setpriv", words);
  const lines = await run.then(
    ({ stdout }) => stdout.trim().split("\n"),
    () => undefined,
  );
  if (lines === undefined) {
    t.pass("refusals", {
      skip: lacking("it needs Linux, and setpriv (util-linux) with the right to use it"),
    });
    return;
  }
  t.match(
    lines[0],
    /^(EPERM|EACCES|ENOENT) Cannot open TUN interface "uipvstest0": (needs the capability CAP_NET_ADMIN|\/dev\/net\/tun )/,
  );
  t.equal(
    lines[1],
    "EPERM Cannot open a raw IPv4 socket: needs the capability CAP_NET_RAW in this network namespace (EPERM)",
  );
  t.ok(fileURLToPath(MODULES).endsWith("/dataplane/sys/"));
});
