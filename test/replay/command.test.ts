import { existsSync, linkSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import t from "tap";
import { register } from "../../src/cli/replay.ts";
import { LINK_TYPE } from "../../src/wire/link.ts";
import { recordsIn, writeCapture } from "../support/capture.ts";
import { tcp } from "../support/packet.ts";

const RULES = "-A -t 10.0.0.100:80 -s rr\n-a -t 10.0.0.100:80 -r 10.0.1.1:80 -g\n";
const SYN = tcp({ from: "10.1.2.3:40000", to: "10.0.0.100:80", flags: "S" });
const LINE =
  '{"n":1,"time":"0.000000005","verdict":"forward","reason":"request","service":"TCP 10.0.0.100:80","destination":"10.0.1.1:80","method":"direct-route","connection":"new"}\n';

/** Runs the sub-command and returns what it wrote; it throws as the sub-command does. */
async function run(...words: readonly string[]): Promise<{ out: string; err: string }> {
  const written = { out: "", err: "" };
  const program = new Command("uipvs").exitOverride().configureOutput({
    writeOut: (text) => {
      written.out += text;
    },
    writeErr: (text) => {
      written.err += text;
    },
  });
  register(program);
  await program.parseAsync(["replay", ...words], { from: "user" });
  return written;
}

function files(folder: string) {
  const paths = {
    rules: join(folder, "rules"),
    input: join(folder, "in.pcap"),
    out: join(folder, "out.pcap"),
    decisions: join(folder, "decisions.jsonl"),
  };
  writeFileSync(paths.rules, RULES);
  writeCapture(paths.input, LINK_TYPE.raw, [{ time: 5n, data: SYN }]);
  return { ...paths, words: ["--rules", paths.rules, "--in", paths.input] };
}

t.test("replay writes a capture and decisions, and tells a summary", async (t) => {
  const { words, out, decisions } = files(t.testdir());
  const written = await run(...words, "--out", out, "--decisions", decisions);
  t.same(written, { out: "Replayed 1 packet: 1 request\n", err: "" });
  t.equal(readFileSync(decisions, "utf8"), LINE);
  t.match(recordsIn(out), [{ time: 5n, linkType: LINK_TYPE.raw }]);
});

t.test("with --decisions -, the standard output is decisions alone", async (t) => {
  const { words } = files(t.testdir());
  const written = await run(...words, "--decisions", "-");
  t.same(written, { out: LINE, err: "uipvs: Replayed 1 packet: 1 request\n" });
});

t.test("broken rules and captures are refused before anything is written", async (t) => {
  const { words, rules, input, out, decisions } = files(t.testdir());
  const outputs = ["--out", out, "--decisions", decisions];
  writeFileSync(rules, "-A -t 10.0.0.100:80 -s rr\n-a -t 10.0.0.100:80 -r nonsense:x -m\n");
  await t.rejects(run(...words, ...outputs), {
    name: "CommandFailure",
    exitCode: 2,
    message: /line 2, .*nonsense:x/,
  });
  writeFileSync(rules, RULES);
  writeFileSync(input, "no capture");
  await t.rejects(run(...words, ...outputs), {
    exitCode: 2,
    message: /in\.pcap": at offset 0, found the bytes 6e 6f 20 63/,
  });
  t.notOk(existsSync(out));
  t.notOk(existsSync(decisions));
});

t.test("a file that cannot be read or written is a failure", async (t) => {
  const folder = t.testdir();
  const { words } = files(folder);
  await t.rejects(run("--rules", join(folder, "none"), ...words.slice(2)), {
    exitCode: 1,
    message: /ENOENT/,
  });
  await t.rejects(run(...words, "--out", join(folder, "none", "out.pcap")), { code: "ENOENT" });
});

t.test("no file is written that is read, or twice", async (t) => {
  const folder = t.testdir();
  const { words, rules, input, out } = files(folder);
  const alias = join(folder, "alias");
  linkSync(input, alias);
  const before = readFileSync(input);
  await t.rejects(run(...words, "--out", alias), {
    exitCode: 2,
    message: `Cannot use "${alias}" for --out: it is the file of --in`,
  });
  await t.rejects(run(...words, "--decisions", rules), {
    message: /for --decisions: .* of --rules$/,
  });
  await t.rejects(run(...words, "--out", out, "--decisions", `${folder}/./out.pcap`), {
    message: /for --decisions: .* of --out$/,
  });
  t.same(readFileSync(input), before);
});

t.test("--profile takes the releases there are", async (t) => {
  const { words } = files(t.testdir());
  t.match(await run(...words, "--profile", "6.1.176"), { out: /^Replayed 1 packet/ });
  await t.rejects(run(...words, "--profile", "2.4"), { code: "commander.invalidArgument" });
  await t.rejects(run("--in", "x"), { code: "commander.missingMandatoryOptionValue" });
});
