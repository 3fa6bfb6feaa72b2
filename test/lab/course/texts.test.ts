/**
 * Every lab, done by its text: each command as it is printed, in English as root; those that ask most of a host
 * in Chinese without privileges as well, and those that can be in Chinese on simulated hosts. The linter holds the
 * commands of both languages to each other.
 */
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { findLab, listLabs } from "../../../src/lab/index.ts";
import { obstacleTo } from "../../../src/lab/simulated/obstacle.ts";
import { execute } from "../../../src/lab/system-command.ts";
import { ROOT } from "../../support/files.ts";
import type { Report } from "../../support/follow-lab.ts";
import {
  noLabsForRoot,
  noLabsForUsers,
  UNPRIVILEGED_USER,
  WITHOUT_PRIVILEGE,
  type Words,
} from "../../support/lab-users.ts";
import { missing } from "../../support/programs.ts";
import { lacking } from "../../support/requirement.ts";
import { WITHOUT_HOOKS } from "../../support/without-hooks.ts";

const PROGRAM = join(ROOT, "dist", "test", "support", "follow-lab.js");
const TIMEOUT = 240_000;

const LABS = listLabs({}).map(({ name }) => name);
/** Labs with each method of forwarding, with firewall marks and with two directors. */
const WITHOUT_PRIVILEGES = [
  "first-service",
  "direct-routing",
  "tunnel-mtu",
  "firewall-marks",
  "failover",
];
const missingPrograms = missing("curl") || missing("iptables") || missing("bash");

t.jobs = 3;

t.equal(LABS.length, 10, "ten labs come with the program");

const NO_WORDS: Words = [];

/** How labs are done. */
interface Way {
  readonly language: "en" | "zh";
  readonly labs: readonly string[];
  readonly who: string;
  readonly words: Words;
  readonly kind: "namespaces" | "user-namespace" | "simulated";
  readonly lack: string | false;
}

const ways: readonly Way[] = [
  {
    language: "zh",
    labs: WITHOUT_PRIVILEGES,
    who: "a user without privileges",
    words: WITHOUT_PRIVILEGE,
    kind: "user-namespace",
    lack: missingPrograms || (await noLabsForUsers()),
  },
  {
    language: "en",
    labs: LABS,
    who: "root",
    words: NO_WORDS,
    kind: "namespaces",
    lack: missingPrograms || (await noLabsForRoot()),
  },
  {
    language: "zh",
    labs: LABS.filter((name) => obstacleTo(findLab(name, {})) === undefined),
    who: "anybody, on simulated hosts",
    words: NO_WORDS,
    kind: "simulated",
    lack: missing("bash"),
  },
];

for (const { language, labs, who, words, kind, lack } of ways) {
  for (const lab of labs) {
    const title = `${lab}, followed in ${language} as ${who}`;
    t.test(title, { skip: lacking(lack), buffered: true }, async (t) => {
      const home = homeOf(t, words);
      const folder = join(home, "lab");
      const { status, stdout, stderr } = await execute(
        [...words, ...WITHOUT_HOOKS, process.execPath, PROGRAM, folder, lab, language, kind],
        {
          timeout: TIMEOUT,
          env: { TMPDIR: home, HOME: home, LC_ALL: "C.UTF-8" },
        },
      );
      t.equal(status, 0, stderr);
      const report = JSON.parse(stdout) as Report;
      t.equal(report.kind, kind);
      t.strictSame(report.differences, [], "everything is printed as the text has it");
      const steps = Array.from({ length: report.steps + 1 }, (_, index) => index);
      t.strictSame(
        report.passed,
        [...steps, report.steps],
        "a step is passed by what is done for it",
        { said: report.transcript.filter(([prompt]) => prompt === "$# uipvs lab check") },
      );
      if (lab === "direct-routing") wrongHostAnswers(t, report);
      t.notOk(existsSync(folder), "no folder is left");
      t.strictSame(readdirSync(home), [], "no file is left");
      t.strictSame(processesWith(home), [], "no process is left");
    });
  }
}

/** The ARP problem is a real one: before it is solved, the client takes a real server for the director. */
function wrongHostAnswers(t: Test, { transcript }: Report): void {
  const answers = transcript.filter(([prompt]) => prompt === "client# ip neigh show 192.168.1.100");
  const macs = answers.map(([, printed]) => /lladdr (\S+)/.exec(printed)?.[1]);
  t.match(macs[0], /^02:00:00:00:00:0[23]$/, "before arp_ignore");
  t.match(macs[1], /^02:00:00:00:00:0[23]$/, "before arp_announce");
  t.equal(macs[2], "02:00:00:00:00:01", "after both");
}

/** Makes a folder for everything a student leaves, his own. */
function homeOf(t: Test, words: Words): string {
  const home = mkdtempSync(join(tmpdir(), "uipvs-labs-test-"));
  if (words.length > 0) chownSync(home, UNPRIVILEGED_USER, UNPRIVILEGED_USER);
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** Returns the command lines of processes whose environment has `text` in it. */
function processesWith(text: string): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, "latin1").includes(text)) return [];
        return [readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ")];
      } catch {
        return [];
      }
    });
}
