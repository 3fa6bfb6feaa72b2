import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { Parser } from "tap-parser";
import { startUipvs, uipvs } from "./support.ts";

const PASSES = `ipvsadm -A -t 10.0.0.100:80 -s rr
ipvsadm -a -t 10.0.0.100:80 -r 192.168.10.11:80 -m
client 203.0.113.7 gets 10.0.0.100:80
expect forwarded to 192.168.10.11
`;
const FAILS = `${PASSES}expect forwarded to 192.168.10.12
$ ipvsadm -Ln
  | nothing
`;
const SKIPPED = "skip test only a kernel knows\nexpect one server\n";

/** Makes a folder with these files. */
function folder(t: Test, files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), "uipvs-test-"));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  mkdirSync(join(path, "below"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

t.test("scenarios that pass end in 0, one that fails in 1 and says where", async (t) => {
  const path = folder(t, {
    "a.lvs": PASSES,
    "below/b.lvs": PASSES,
    "_part.lvs": "bogus\n",
    "c.txt": "bogus\n",
  });
  const passed = await uipvs(["test", path]);
  t.match(passed, { status: 0, stderr: "" });
  t.match(passed.stdout, /^ok {2}.*a\.lvs\nok {2}.*below\/b\.lvs\n2 passed; 4 expectations in /);

  const file = join(path, "f.lvs");
  writeFileSync(file, FAILS);
  const failed = await uipvs(["test", file, join(path, "a.lvs")]);
  t.match(failed, { status: 1, stderr: "" });
  t.match(failed.stdout, `${file}:5: expected forwarded to 192.168.10.12, but forwarded by nat`);
  t.match(failed.stdout, `${file}:6: the output differs`);
  t.match(failed.stdout, / {4}- \| nothing\n {4}\+ \| IP Virtual Server/);
  t.match(failed.stdout, /1 passed, 1 failed;/);
});

t.test("what cannot be read or carried out ends in 2, with file, line and column", async (t) => {
  const path = folder(t, {
    "a.lvs": PASSES,
    "b.lvs": "let X = 1\n  bogus\n",
    "c.lvs": "iproute tunnel add\n",
  });
  const { status, stdout } = await uipvs(["test", path]);
  t.equal(status, 2);
  t.match(stdout, /BROKEN {2}.*b\.lvs: .*b\.lvs:2:3: expected a line that starts with/);
  t.match(stdout, /BROKEN {2}.*c\.lvs: .*c\.lvs:1:1: expected a command the bed knows/);
  t.match(stdout, "1 passed, 2 broken");
  for (const [words, sentence] of [
    [[join(path, "none.lvs")], /Cannot read ".*none\.lvs": No such file or directory/],
    [[join(path, "below")], /There is no scenario \(NAME\.lvs\) in/],
    [[path, "--seed", "x"], /must be a whole number/],
    [[path, "--tap", "--json"], /cannot be used with/],
    [[], /missing required argument/],
  ] as const) {
    const outcome = await uipvs(["test", ...words]);
    t.equal(outcome.status, 2, words.join(" "));
    t.match(outcome.stderr, sentence);
  }
});

t.test("results come as TAP, as JSON and as JUnit XML", async (t) => {
  const path = folder(t, { "a.lvs": PASSES, "f.lvs": FAILS, "s.lvs": SKIPPED });
  const xml = join(path, "junit.xml");
  const [tap, json] = await Promise.all([
    uipvs(["test", "--tap", path]),
    uipvs(["test", "--json", "--junit", xml, path]),
  ]);
  t.equal(tap.status, 1);
  const points = Parser.parse(tap.stdout).flatMap(([event, point]) =>
    event === "assert" ? [point] : [],
  );
  t.match(points, [
    { ok: true, name: join(path, "a.lvs") },
    { ok: false, diag: { failures: [{ at: `${join(path, "f.lvs")}:5` }, { diff: /- nothing/ }] } },
    { ok: true, skip: "only a kernel knows" },
  ]);
  t.match(JSON.parse(json.stdout), [
    { outcome: "passed", judged: 2 },
    { outcome: "failed", failures: [{ place: { line: 5 } }, { place: { line: 6 } }] },
    { outcome: "skipped", reason: "only a kernel knows" },
  ]);
  const report = readFileSync(xml, "utf8");
  t.match(report, '<testsuites tests="3" failures="1" errors="0" skipped="1">');
  t.match(
    report,
    /<failure message="expected forwarded to 192\.168\.10\.12, but [^"]*" type="expectation">/,
  );
  t.match(report, "- | nothing");
});

t.test("--update records outputs that differ, and only those", async (t) => {
  const path = folder(t, {
    "u.lvs":
      "let VIP = 10.0.0.100\nipvsadm -A -t $VIP:80 -s rr\n$ ipvsadm -Sn\n$ ipvsadm -Ln\n  | ...\n  | TCP  $VIP:80 rr\n",
  });
  const file = join(path, "u.lvs");
  const before = readFileSync(file, "utf8");
  t.match(await uipvs(["test", file]), { status: 1 });
  t.equal(readFileSync(file, "utf8"), before, "without it the file is left alone");
  const updated = await uipvs(["test", "--update", file]);
  t.match(updated, { status: 0, stdout: /^ok {2}.*u\.lvs, 1 output recorded\n/ });
  t.equal(
    readFileSync(file, "utf8"),
    before.replace("-Sn\n", "-Sn\n  | -A -t 10.0.0.100:80 -s rr\n"),
  );
  t.match(await uipvs(["test", file]), { status: 0 });
});

t.test("--seed and --profile decide who comes, and where to", async (t) => {
  const path = folder(t, {
    "s.lvs": `${PASSES}$ clients 203.0.113.0/24 get 10.0.0.100:80 x3\n$ tcp 203.0.113.9:1 10.0.0.100:80 S\n`,
    "p.lvs": `${PASSES}ipvsadm -e -t 10.0.0.100:80 -r 192.168.10.11:80 -m -x 1\nclient 203.0.113.7 gets 10.0.0.100:80\n`,
  });
  const [newer, older] = await Promise.all(
    ["6.1.192", "6.1.176"].map((release) =>
      uipvs(["test", join(path, "p.lvs"), "--profile", release]),
    ),
  );
  t.equal(newer?.status, 1, "a threshold given later counts at once");
  t.equal(older?.status, 0, "before, it counted from the next connection on");
  const [one, same] = await Promise.all(
    [1, 1].map((seed) => uipvs(["test", "--json", "--seed", String(seed), join(path, "s.lvs")])),
  );
  const told = (text: string) => text.replaceAll(/"duration": [\d.]+/g, "");
  t.equal(told(one!.stdout), told(same!.stdout));
});

t.test("--watch runs again when a file changes", async (t) => {
  const path = folder(t, {
    "w.lvs": "include _part.lvs\nexpect no connections\n",
    "_part.lvs": "ipvsadm -C\n",
  });
  const running = startUipvs(t, ["test", "--watch", join(path, "w.lvs")]);
  await running.printed("waiting for changes");
  writeFileSync(join(path, "_part.lvs"), "bogus\n");
  const said = await running.printed("BROKEN");
  t.match(said, /_part\.lvs:1:1: expected a line that starts with/);
});
