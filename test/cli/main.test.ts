import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { ROOT } from "../support/files.ts";
import { declaredCommands } from "./declared-commands.ts";
import { uipvs } from "./support.ts";

t.test("--help lists the commands and ends well", async (t) => {
  const { status, stdout, stderr } = await uipvs(["--help"]);
  t.equal(status, 0);
  t.equal(stderr, "");
  for (const command of ["up", "down", "status", "ipvsadm"]) {
    t.match(stdout, new RegExp(`^  ${command} .*\\S`, "m"));
  }
});

t.test("--help of a command tells its exit statuses", async (t) => {
  for (const command of ["up", "down", "status"]) {
    const { status, stdout } = await uipvs([command, "--help"]);
    t.equal(status, 0);
    t.match(stdout, /^Usage: uipvs /);
    t.match(stdout, /Exit status:\n {2}0 {2}/);
  }
});

t.test("--help shows words, not how they are kept", async (t) => {
  const commands = await declaredCommands();
  t.ok(commands.length > 10);
  for (const command of commands) {
    t.notMatch(command.helpInformation(), /[{[]"|\[object|undefined/, command.name());
  }
});

t.test("--version prints the version of the package", async (t) => {
  const manifest = readFileSync(join(ROOT, "package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  t.same(await uipvs(["--version"]), { status: 0, stdout: `${version}\n`, stderr: "" });
});

t.test("what cannot be understood ends with status 2 and a sentence", async (t) => {
  const cases: readonly [words: readonly string[], sentence: RegExp][] = [
    [["bogus"], /^uipvs: unknown command 'bogus'/],
    [["--bogus"], /^uipvs: unknown option '--bogus'/],
    [["up", "--bogus"], /^uipvs: unknown option '--bogus'/],
    [["up", "--device", "modem"], /^uipvs: .*'modem' is invalid.*tun, raw, cap, memory/],
    [["up", "--profile", "2.4"], /^uipvs: .*'2\.4' is invalid.*6\.1\.192/],
    [["up", "extra"], /^uipvs: too many arguments/],
    [["status", "--socket"], /^uipvs: option '--socket <path>' argument missing/],
  ];
  for (const [words, sentence] of cases) {
    const { status, stdout, stderr } = await uipvs(words);
    t.equal(status, 2, words.join(" "));
    t.equal(stdout, "");
    t.match(stderr, sentence);
  }
});

t.test("without a command the help is an error", async (t) => {
  const { status, stdout, stderr } = await uipvs([]);
  t.equal(status, 2);
  t.equal(stdout, "");
  t.match(stderr, /^Usage: uipvs /);
});
