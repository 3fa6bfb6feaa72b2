import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { uipvs } from "../cli/support.ts";
import { noKernel } from "./support.ts";

const skip = noKernel;

const SAME = "topo std\nipvsadm -A -t 10.0.0.100:80 -s rr\ntcp 10.1.1.1:2000 10.0.0.100:80 S\n";
/** The emulator has no such file, every kernel has. */
const DIFFERENT = "topo std\ncat /proc/sys/kernel/ostype\n";
const LONG = "topo std\nsleep 3\n";

t.test("files are compared, and the status says whether they are alike", { skip }, async (t) => {
  const folder = t.testdir({ "a.scn": SAME, "b.scn": DIFFERENT, "c.scn": LONG });
  const [a, b, c] = ["a.scn", "b.scn", "c.scn"].map((name) => join(folder, name));
  const keep = join(folder, "kept", "here");
  const { status, stdout, stderr } = await uipvs([
    ...["parity", "--max-sleep", "2", "--keep", keep],
    ...[a, b, c].map(String),
  ]);
  t.equal(status, 1);
  t.equal(stderr, "");
  const [first, second, ...others] = stdout.split("\n");
  t.equal(first, `same     ${a}`);
  t.equal(second, `differs  ${b}`);
  t.equal(others[0], `${b}:2: cat /proc/sys/kernel/ostype`);
  t.same(others.slice(3, 6), [
    "  -   Linux",
    "  +   errno: ENOENT",
    `skipped  ${c}: it sleeps 3 s, more than 2`,
  ]);
  t.match(others[6], /^1 same, 1 differ, 1 skipped; kernel 6\.\d+\.\d+/);
  t.same(readdirSync(keep), ["b.scn"]);
  const kept = readFileSync(join(keep, "b.scn"), "utf8");
  t.ok(kept.startsWith(DIFFERENT));
  t.match(
    kept.slice(DIFFERENT.length),
    /^# Kernel [\d.]+ \(-\).*:\n# .*b\.scn:2: cat.*\n(# .*\n)*$/,
  );
});

t.test("as JSON, for random scenarios too", { skip }, async (t) => {
  const file = join(t.testdir({ "b.scn": DIFFERENT }), "b.scn");
  const { status, stdout } = await uipvs(["parity", "--json", file, "--fuzz", "2", "--seed", "77"]);
  t.equal(status, 1);
  const { kernel, profile, ...rest } = JSON.parse(stdout);
  t.match(kernel, /^6\./);
  t.type(profile, "string");
  t.same(rest, {
    fuzz: { count: 2, seed: 77 },
    same: 2,
    differs: 1,
    skipped: 0,
    scenarios: [
      {
        file,
        result: "differs",
        differences: [
          {
            line: 2,
            statement: "cat /proc/sys/kernel/ostype",
            kernel: "cat\n  path: /proc/sys/kernel/ostype\n  Linux",
            emulator: "cat\n  path: /proc/sys/kernel/ostype\n  errno: ENOENT",
          },
        ],
      },
    ],
  });
});

t.test("the seed of random scenarios is told where it was not given", { skip }, async (t) => {
  const { status, stdout, stderr } = await uipvs(["parity", "--fuzz", "1"]);
  t.match(stderr, /^uipvs: the first seed is \d+\n$/);
  t.match(stdout, /^1 same, 0 differ, 0 skipped; kernel /);
  t.equal(status, 0);
});

t.test("what cannot be compared has status 2 and a sentence", async (t) => {
  const folder = t.testdir({ "a.scn": SAME, "wrong.scn": "topo std\ntcp nobody\n" });
  const a = join(folder, "a.scn");
  const wrong = join(folder, "wrong.scn");
  const says = async (words: readonly string[], stderr: RegExp | string, env = {}) => {
    t.match(await uipvs(["parity", ...words], { env }), { status: 2, stdout: "", stderr });
  };
  await says([], /^uipvs: There is nothing to compare: name files, or use --fuzz\n$/);
  await says([join(folder, "none.scn")], /^uipvs: Cannot read ".*none\.scn": No such file or dir/);
  await says([wrong], `uipvs: ${wrong}:2:5: expected ADDRESS:PORT`);
  await says([a, "--kernel", "/nowhere"], /^uipvs: Cannot boot "\/nowhere": there is no such file/);
  await says(["--fuzz", "many"], /--fuzz.*Must be a whole number, 1–1000000/);
});

t.test("where everything is skipped, nothing could be compared", { skip }, async (t) => {
  const folder = t.testdir({ "c.scn": LONG });
  writeFileSync(join(folder, "d.scn"), "topo std\ntun t0\n");
  const files = ["c.scn", "d.scn"].map((name) => join(folder, name));
  const { status, stderr } = await uipvs(["parity", "--max-sleep", "2", ...files]);
  t.equal(status, 2);
  t.equal(stderr, "uipvs: Nothing could be compared\n");
});
