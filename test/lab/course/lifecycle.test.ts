/**
 * Labs that end in other ways than by their text, with the real command.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { startUipvs, uipvs } from "../../cli/support.ts";
import { ROOT } from "../../support/files.ts";
import { noLabsForRoot } from "../../support/lab-users.ts";
import { missing } from "../../support/programs.ts";
import { lacking } from "../../support/requirement.ts";

const skip = lacking(missing("bash") || missing("nft") || (await noLabsForRoot()));

/** A lab that is small and quickly built: a director and a client. */
const SMALL = `
title: { en: Small, zh: 小 }
summary: { en: Small, zh: 小 }
minutes: 1
hosts:
  client: { links: { eth0: { segment: lan, addresses: [192.168.1.10/24] } } }
  director: { links: { eth0: { segment: lan, addresses: [192.168.1.1/24] } } }
steps:
  - id: service
    title: { en: A service, zh: 服务 }
    checks:
      - { on: director, run: ipvsadm -L -n | grep -q 192.168.1.1:80, otherwise: { en: None yet, zh: 还没有 } }
    hints:
      - { en: Add one, zh: 添加一个 }
      - { en: "\`ipvsadm -A -t 192.168.1.1:80\`", zh: "\`ipvsadm -A -t 192.168.1.1:80\`" }
`;

/** A place of its own for a lab, and what commands need to find it. */
function place(t: Test) {
  const home = mkdtempSync(join(tmpdir(), "uipvs-labs-life-"));
  const [folder, source] = [join(home, "run"), join(home, "small")];
  const env = { UIPVS_LAB_FOLDER: folder, LC_ALL: "C.UTF-8", UIPVS_LABS: home };
  t.teardown(async () => {
    await uipvs(["lab", "stop"], { env });
    rmSync(home, { recursive: true, force: true });
  });
  writeSmall(source);
  const lab = (...words: string[]) => uipvs(["lab", ...words], { env });
  return { home, folder, source, env, lab };
}

function writeSmall(source: string): void {
  mkdirSync(source);
  writeFileSync(join(source, "lab.yaml"), SMALL);
  for (const language of ["en", "zh"]) {
    writeFileSync(join(source, `text.${language}.md`), "# Small\n\n```sh\nuipvs lab check\n```\n");
  }
}

/** Returns the command lines of processes that belong to the lab in a folder. */
function processesOf(folder: string): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
        if (!environment.includes(`UIPVS_LAB_FOLDER=${folder}`)) return [];
        return [readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ")];
      } catch {
        return [];
      }
    });
}

/** Waits until nothing of a lab is left, and returns what is after a while. */
async function left(folder: string): Promise<readonly string[]> {
  for (let turn = 0; turn < 500 && processesOf(folder).length > 0; turn++) await sleep(10);
  return processesOf(folder);
}

t.test("a lab is started, entered, checked, hinted at and stopped", { skip }, async (t) => {
  const { folder, lab, source } = place(t);
  t.match(await lab("check"), { status: 2, stderr: /^uipvs: No lab is running/ });
  t.match(await lab("start", "small"), { status: 0, stdout: /^Small\n\n {4}\$ uipvs lab check\n/ });
  t.match(await lab("list"), { stdout: /^small +Small {2}1 min {2}running$/m });

  const again = await lab("start", "first-service");
  t.match(again, {
    status: 1,
    stderr: 'Lab "small" is running: end it with `uipvs lab stop\' first',
  });

  t.match(await lab("check", "--lang", "zh"), {
    status: 1,
    stdout: /✗ 1 服务\n +还没有\n已完成 0\/1 步/,
  });
  t.match(await lab("hint"), { stdout: /^Hint 1 of 2: A service\nAdd one\n/ });
  t.match(await lab("hint"), {
    stdout: /^Hint 2 of 2: A service\nipvsadm -A -t 192\.168\.1\.1:80\n$/,
  });
  t.match(await lab("enter", "nobody"), { status: 1, stderr: /must be one of client, director/ });
  t.match(await lab("enter", "client", "--", "sh", "-c", "exit 7"), { status: 7, stderr: "" });
  t.match(await lab("enter", "client", "ip", "-4", "-br", "addr"), {
    stdout: /192\.168\.1\.10\/24/,
  });
  t.match(await lab("enter", "client", "command", "-v", "ipvsadm"), { status: 127 });
  const enter = await lab("enter", "director", "--", "ipvsadm", "-A", "-t", "192.168.1.1:80");
  t.match(enter, { status: 0, stderr: "" });
  const { stdout, status } = await lab("check", "--json");
  t.equal(status, 0);
  t.match(JSON.parse(stdout), {
    schema: "uipvs/lab/1",
    lab: "small",
    passed: 1,
    total: 1,
    steps: [{ id: "service", state: "passed", hintsShown: 2 }],
  });
  t.match(await lab("hint"), { stdout: "All steps are passed: no hint is left to give.\n" });

  t.match(await lab("reset"), { status: 0, stdout: /as it was at first/ });
  t.match(await lab("check"), { status: 1 }, "nothing is passed any more");
  t.match(await lab("stop"), { status: 0, stdout: 'Lab "small" is down; nothing is left of it\n' });
  t.notOk(existsSync(folder));
  t.strictSame(await left(folder), []);
  t.match(await lab("stop"), { status: 2 });
  t.match(await lab("start", source), { status: 0 }, "a lab by its path");
});

t.test("stop ends what a student has left running", { skip }, async (t) => {
  const { folder, env, lab } = place(t);
  await lab("start", "small");
  const shell = spawn(process.execPath, [join(ROOT, "bin", "uipvs.js"), "lab", "enter", "client"], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(shell, "close");
  shell.stdin.write("trap '' HUP; sleep 600 & echo here; while :; do sleep 0.1; done\n");
  await once(shell.stdout, "data");
  t.match(await lab("stop"), { status: 0 });
  t.same((await ended)[0], 128 + 9, "it would not go by itself");
  t.strictSame(await left(folder), []);
});

t.test("a killed keeper leaves a note, and stop or start clean up", { skip }, async (t) => {
  const { folder, lab } = place(t);
  await lab("start", "small");
  const kill = () => {
    const note = JSON.parse(readFileSync(join(folder, "lab.json"), "utf8")) as { pid: number };
    process.kill(note.pid, "SIGKILL");
  };
  kill();
  t.strictSame(await left(folder), [], "hosts end by themselves");
  t.match(await lab("check"), { status: 2, stderr: /No lab is running/ });
  t.match(await lab("start", "small"), { status: 0 });
  kill();
  t.match(await lab("stop"), { status: 0 });
  t.notOk(existsSync(folder));
});

t.test("an interrupted start takes everything down", { skip }, async (t) => {
  const { folder, env } = place(t);
  const start = startUipvs(t, ["lab", "start", "small"], { env });
  while (!existsSync(join(folder, "lab.json"))) await sleep(5);
  start.child.kill("SIGINT");
  t.match(await start.ended, { status: 1, stderr: /It was interrupted/ });
  t.strictSame(await left(folder), []);
  t.notOk(existsSync(folder));
});

t.test("what is missing is told in a sentence", { skip }, async (t) => {
  const { lab, source, folder } = place(t);
  writeFileSync(
    join(source, "lab.yaml"),
    SMALL.replace("minutes: 1", "minutes: 1\nneeds: [nosuch]"),
  );
  const sentence = 'uipvs: Cannot start lab "small" without the program nosuch\n';
  t.match(await lab("start", "small"), { status: 1, stderr: sentence });
  writeFileSync(
    join(source, "lab.yaml"),
    `${SMALL}setup:\n  - { on: client, run: "echo no such thing >&2; exit 3" }\n`,
  );
  const refused = 'Cannot start lab "small": Cannot set up host "client" with "echo no such thing';
  const { status, stderr } = await lab("start", "small");
  t.equal(status, 1);
  t.match(stderr, refused);
  t.notOk(existsSync(folder));
  t.strictSame(await left(folder), []);
});

t.test("the machine is as before", { skip }, async (t) => {
  const { env } = place(t);
  const state =
    "ip rule; ip route show table all; ip -o link; nft list ruleset; sysctl -a 2>/dev/null | grep ^net.ipv4.[ci]";
  const program = `${process.execPath} ${join(ROOT, "bin", "uipvs.js")} lab`;
  const script = `ip link set lo up; before=$(${state}); ${program} start small >/dev/null || exit 1
    ${program} stop >/dev/null || exit 2; after=$(${state}); [ "$before" = "$after" ]`;
  const child = spawn("unshare", ["--net", "sh", "-c", script], {
    env: { ...process.env, ...env },
    stdio: "inherit",
  });
  t.equal((await once(child, "close"))[0], 0);
});
