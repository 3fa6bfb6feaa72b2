import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { temporaryFolder } from "../daemon/support.ts";
import { startUipvs, uipvs } from "./support.ts";

const RUNNING = "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.2:80 -m -w 1\n";
const FILE = "# wanted\n-A -t 192.0.2.1:80 -s rr\n-A -f 7 -s wlc\n";

/** A director with rules, a file of other rules, and how to run commands. */
async function prepared(t: Test, file: string) {
  const folder = temporaryFolder(t);
  const env = { UIPVS_SOCKET: join(folder, "control.sock") };
  const path = join(folder, "wanted.rules");
  writeFileSync(path, file);
  await startUipvs(t, ["up", "--device", "memory"], { env }).printed("\n");
  const run = (words: readonly string[], input = "") => uipvs(words, { env, input });
  await run(["ipvsadm", "-R"], RUNNING);
  return { path, run };
}

t.test("diff shows what apply then does, and ends with 1, then 0", async (t) => {
  const { path, run } = await prepared(t, FILE);
  const lines = "+ -A -f 7 -s wlc\n- -d -t 192.0.2.1:80 -r 10.0.0.2:80\n";
  t.same(await run(["diff", path]), { status: 1, stdout: lines, stderr: "" });
  t.same(await run(["apply", path, "--dry-run"]), {
    status: 0,
    stdout: "+ -A -f 7 -s wlc\n",
    stderr: "",
  });
  t.same(await run(["apply", path, "--prune", "--dry-run"]), {
    status: 0,
    stdout: lines,
    stderr: "",
  });
  const json = await run(["diff", "-", "--json"], FILE);
  t.equal(json.status, 1);
  t.match(JSON.parse(json.stdout), {
    schema: "uipvs/diff/1",
    same: false,
    changes: [
      {
        change: "add",
        service: { fwmark: 7 },
        server: null,
        command: "-A -f 7 -s wlc",
        undo: ["-D -f 7"],
        place: 'line 3, "-A -f 7 -s wlc"',
      },
      {
        change: "remove",
        service: { address: "192.0.2.1", port: 80 },
        server: { address: "10.0.0.2", port: 80 },
        undo: ["-a -t 192.0.2.1:80 -r 10.0.0.2:80 -m -w 1"],
        place: null,
      },
    ],
  });
  t.same(await run(["apply", path, "--prune"]), { status: 0, stdout: "", stderr: "" });
  t.same(await run(["diff", path]), { status: 0, stdout: "", stderr: "" });
});

t.test("a listing as JSON is a file to apply", async (t) => {
  const { run } = await prepared(t, "");
  const { stdout: document } = await run(["ipvsadm", "-L", "--json", "-n"]);
  await run(["ipvsadm", "-C"]);
  t.same(await run(["apply", "-"], document), { status: 0, stdout: "", stderr: "" });
  t.equal((await run(["ipvsadm", "-S", "-n"])).stdout, RUNNING);
  t.equal((await run(["ipvsadm", "-L", "--json"])).stdout, document);
});

t.test("a part of a table is not pruned to", async (t) => {
  const { run } = await prepared(t, "");
  const { stdout } = await run(["ipvsadm", "-L", "-t", "192.0.2.1:80", "--json"]);
  t.match(await run(["apply", "-", "--prune"], stdout), {
    status: 1,
    stderr: /^uipvs: Cannot prune to "standard input": it holds but a part of a table/,
  });
  await run(["ipvsadm", "-A", "-f", "9"]);
  t.equal((await run(["diff", "-"], stdout)).status, 0, "nor are others a difference");
});

t.test("trouble has its sentence and its status", async (t) => {
  const { path, run } = await prepared(t, "-A -f 7\n-A -f 7\n");
  const refused = /wanted\.rules", line 2, "-A -f 7": Service already exists\n$/;
  t.match(await run(["diff", path]), { status: 2, stdout: "", stderr: refused });
  t.match(await run(["apply", path]), { status: 1, stdout: "", stderr: refused });
  t.match(await run(["apply", `${path}.none`]), {
    status: 1,
    stderr: /: No such file or directory\n$/,
  });
  t.match(await run(["diff"]), { status: 2, stderr: /missing required argument 'rules'/ });
  const elsewhere = ["--socket", `${path}.sock`];
  for (const command of ["diff", "apply"]) {
    t.match(await run([command, path, ...elsewhere]), {
      status: 2,
      stderr: /^uipvs: No director answers at /,
    });
  }
});

t.test("the help lists the exit statuses", async (t) => {
  for (const command of ["diff", "apply"]) {
    const { status, stdout } = await uipvs([command, "--help"]);
    t.equal(status, 0);
    t.match(stdout, /^Usage: uipvs (diff|apply) .*<rules>/);
    t.match(stdout, /Exit status:\n {2}0 {2}/);
  }
});
