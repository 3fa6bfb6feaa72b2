import { spawn } from "node:child_process";
import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { temporaryFolder } from "../daemon/support.ts";
import { ROOT } from "../support/files.ts";
import { missing } from "../support/programs.ts";
import { lacking } from "../support/requirement.ts";
import { startUipvs, uipvs } from "./support.ts";

/** Starts a director without packets and returns its socket. */
async function director(t: Test): Promise<string> {
  const socket = join(temporaryFolder(t), "control.sock");
  await startUipvs(t, ["up", "--device", "memory", "--socket", socket]).printed("\n");
  return socket;
}

/** An environment whose temporary files go to a folder of their own. */
function surroundings(t: Test) {
  const TMPDIR = temporaryFolder(t);
  const env = { TMPDIR, SHELL: "/bin/sh", UIPVS_SOCKET: undefined };
  return { env, leftBehind: () => readdirSync(TMPDIR) };
}

t.test("in the shell, ipvsadm and its scripts command the director named", async (t) => {
  const socket = await director(t);
  const { env, leftBehind } = surroundings(t);
  const rules = "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.2:8080 -m -w 1\n";
  const script = `
    printf '%s' "$1" | ipvsadm-restore && ipvsadm-save -n && echo "$0 $UIPVS_SOCKET"
    ipvsadm -n
    uipvs status --json | grep -c '"services": 1'`;
  const words = ["shell", "--socket", socket, "-c", script, "name", rules];
  const { stdout, stderr, status } = await uipvs(words, { env });
  t.equal(stdout, `${rules}name ${socket}\n1\n`);
  t.equal(stderr, "Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n");
  t.equal(status, 0);
  t.same(leftBehind(), []);
});

t.test("the exit status is the shell's, and nothing is left behind", async (t) => {
  const { env, leftBehind } = surroundings(t);
  const run = (...words: string[]) => uipvs(["shell", ...words], { env });
  t.same(await run("-c", "exit 42"), { status: 42, stdout: "", stderr: "" });
  t.match(await run("-c", "kill -KILL $$"), { status: 128 + 9, stderr: "" });
  t.match(await run("-c", 'ls -A "$TMPDIR"'), { stdout: /^uipvs-shell-\w+\n$/ });
  t.same(leftBehind(), []);
});

t.test("words are a script and its arguments, options included", async (t) => {
  const { env } = surroundings(t);
  const script = join(temporaryFolder(t), "script");
  writeFileSync(script, 'echo "$@"; command -v ipvsadm\n');
  const { stdout, status } = await uipvs(["shell", script, "-c", "--socket", "x"], { env });
  t.match(stdout, /^-c --socket x\n\/.*\/uipvs-shell-\w+\/bin\/ipvsadm\n$/);
  t.equal(status, 0);
});

t.test("without words the shell reads its standard input", async (t) => {
  const { env } = surroundings(t);
  const around = { env, input: "echo $UIPVS_SOCKET\nexit 3\n" };
  const { stdout, stderr, status } = await uipvs(["shell", "--socket", "some.sock"], around);
  t.equal(stdout, `${join(process.cwd(), "some.sock")}\n`);
  t.equal(stderr, "", "a remark is for a terminal");
  t.equal(status, 3);
});

t.test("signals go to the shell", async (t) => {
  const { env, leftBehind } = surroundings(t);
  for (const signal of ["SIGTERM", "SIGHUP", "SIGINT", "SIGUSR1"] as const) {
    const script = `trap 'echo ${signal}; exit 7' ${signal.slice(3)}
      echo ready; while :; do sleep 0.05; done`;
    const running = startUipvs(t, ["shell", "-c", script], { env });
    await running.printed("ready\n");
    running.child.kill(signal);
    t.match(await running.ended, { stdout: `ready\n${signal}\n`, status: 7 });
  }
  t.same(leftBehind(), []);
});

t.test("a shell that cannot be started is a sentence", async (t) => {
  const { env, leftBehind } = surroundings(t);
  const { stderr, status } = await uipvs(["shell"], { env: { ...env, SHELL: "/nonexistent" } });
  t.equal(stderr, 'uipvs: Cannot start the shell "/nonexistent": No such file or directory\n');
  t.equal(status, 127);
  t.same(leftBehind(), []);
});

t.test("without a PATH, and with one that lacks Node, programs are found", async (t) => {
  const { env } = surroundings(t);
  for (const PATH of [undefined, "", "/usr/bin:/bin"]) {
    const words = ["shell", "-c", "ipvsadm -v && ls /dev/null"];
    const { stdout, stderr } = await uipvs(words, { env: { ...env, PATH } });
    t.match(stdout, /^ipvsadm v1\.31 .*\n\/dev\/null\n$/);
    // Nobody has to answer for the version.
    t.equal(stderr, "");
  }
});

t.test(
  "on a terminal, one line says what is different",
  { skip: lacking(missing("script")) },
  async (t) => {
    const { env } = surroundings(t);
    const uipvsProgram = join(ROOT, "bin", "uipvs.js");
    // The shell of a terminal that is gone at once: all it does is end.
    const shell = join(temporaryFolder(t), "shell");
    writeFileSync(shell, "#!/bin/sh\nexit 5\n");
    chmodSync(shell, 0o755);
    // script(1) runs its line by $SHELL.
    const line = `SHELL=${shell} ${process.execPath} ${uipvsProgram} shell --socket /run/some.sock`;
    const child = spawn("script", ["-qec", line, "/dev/null"], {
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
    });
    const status = await new Promise((resolve) => child.on("close", resolve));
    t.equal(said, "uipvs: in this shell, ipvsadm commands the director at /run/some.sock\r\n");
    t.equal(status, 5);
  },
);
