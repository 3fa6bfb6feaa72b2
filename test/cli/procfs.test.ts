import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { STATUS_FILES } from "../../src/control/backend.ts";
import { directorServices } from "../../src/control/director-services.ts";
import { temporaryFolder } from "../daemon/support.ts";
import { busyWire, serve } from "../procfs/support.ts";
import { startUipvs, uipvs } from "./support.ts";

/** Waits until a condition holds that another process brings about. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

function directory(t: Test): { readonly path: string; readonly net: string } {
  const path = join(temporaryFolder(t), "proc");
  mkdirSync(path);
  return { path, net: join(path, "net") };
}

t.test("procfs writes every file a kernel has, to the byte", async (t) => {
  const { director } = busyWire();
  const socket = await serve(t, director);
  const { path, net } = directory(t);
  t.same(await uipvs(["procfs", path, "--socket", socket]), { status: 0, stdout: "", stderr: "" });
  t.same(readdirSync(path), ["net"]);
  t.same(readdirSync(net).sort(), [...STATUS_FILES].sort());
  const statusFile = directorServices(director).statusFile ?? (() => undefined);
  for (const name of STATUS_FILES) {
    const wanted = [...(statusFile(name) ?? [])].join("");
    t.equal(readFileSync(join(net, name), "utf8"), wanted, name);
    t.match(wanted, /^[ A-Za-z].*\n/, name);
  }
  t.match(readFileSync(join(net, "ip_vs_stats"), "utf8"), /\n {7}4 {8}5 {8}1 /);
  t.match(readFileSync(join(net, "ip_vs"), "utf8"), "persistent 90000 FFFFFFFF\n");
});

t.test("procfs writes the files asked for, in the ticks asked for", async (t) => {
  const socket = await serve(t, busyWire().director);
  const { path, net } = directory(t);
  const words = ["procfs", "--hz", "100", path, "ip_vs", "ip_vs_app", "--socket", socket];
  t.match(await uipvs(words), { status: 0, stderr: "" });
  t.same(readdirSync(net).sort(), ["ip_vs", "ip_vs_app"]);
  t.match(readFileSync(join(net, "ip_vs"), "utf8"), "persistent 36000 FFFFFFFF\n");
});

t.test("procfs --watch keeps the files fresh, and removes them when told to end", async (t) => {
  const wire = busyWire();
  const socket = await serve(t, wire.director);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const { path, net } = directory(t);
    const words = ["procfs", "--watch", "0.1", path, "ip_vs", "ip_vs_stats", "--socket", socket];
    const running = startUipvs(t, words);
    const text = () => readFileSync(join(net, "ip_vs"), "utf8");
    await until(() => existsSync(join(net, "ip_vs_stats")));
    t.match(text(), /rr {2}persistent/);
    const port = signal === "SIGINT" ? 81 : 82;
    wire.service("tcp", port);
    await until(() => text().includes(`:00${port.toString(16).toUpperCase()} `));
    running.child.kill(signal);
    t.same(await running.ended, { status: 0, stdout: "", stderr: "" });
    t.same(readdirSync(path), []);
  }
});

t.test("while no director answers there are no files to take for the present", async (t) => {
  const { path, net } = directory(t);
  const socket = join(temporaryFolder(t), "control.sock");
  const up = ["up", "--device", "memory", "--socket", socket];
  const director = startUipvs(t, up);
  await director.printed("\n");
  const running = startUipvs(t, ["procfs", "--watch", "0.1", path, "--socket", socket]);
  const present = () => existsSync(join(net, "ip_vs_stats_percpu"));
  await until(present);
  director.child.kill("SIGTERM");
  await director.ended;
  await until(() => !existsSync(net));
  await startUipvs(t, up).printed("\n");
  await until(present);
  running.child.kill("SIGTERM");
  t.same(await running.ended, {
    status: 0,
    stdout: "",
    stderr:
      `uipvs: No director answers at ${socket}: there are no files until one does\n` +
      `uipvs: A director answers at ${socket}: the files are back\n`,
  });
});

t.test("procfs refuses what it cannot do, and says why", async (t) => {
  const socket = await serve(t, busyWire().director);
  const { path } = directory(t);
  const nobody = join(path, "none.sock");
  const cases: readonly [words: readonly string[], status: number, sentence: string][] = [
    [
      ["/nonexistent"],
      1,
      'Cannot write to the directory "/nonexistent": no such file or directory',
    ],
    [["/proc/version"], 1, 'Cannot write to the directory "/proc/version": it is not a directory'],
    [["/proc"], 1, 'Cannot write to the directory "/proc": '],
    [[path, "--socket", nobody], 2, `No director answers at ${nobody}: No such file or directory`],
    [[path, "--socket", nobody, "--watch", "1"], 2, `No director answers at ${nobody}`],
    [[path, "ip_vs", "ip_vsx"], 2, "Must be ip_vs, ip_vs_app, ip_vs_conn"],
    [[path, "--hz", "0"], 2, "Must be a whole number, 1–10000"],
    [[path, "--watch", "often"], 2, "Must be 0.1–86400 seconds"],
    [[], 2, "missing required argument 'dir'"],
  ];
  await Promise.all(
    cases.map(async ([words, status, sentence]) => {
      const outcome = await uipvs(["procfs", "--socket", socket, ...words]);
      t.equal(outcome.status, status, words.join(" "));
      t.match(outcome.stderr, `uipvs: `);
      t.match(outcome.stderr, sentence);
    }),
  );
  t.same(readdirSync(path), []);
});
