import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { temporaryFolder } from "../daemon/support.ts";
import { hostState, inNamespace, ip, runInNamespace } from "../support/namespace.ts";
import { lacking } from "../support/requirement.ts";
import { startUipvs, uipvs } from "./support.ts";

const RULES = [
  ["-A", "-t", "10.9.9.9:80", "-s", "rr"],
  ["-a", "-t", "10.9.9.9:80", "-r", "10.2.0.2:8080", "-m"],
] as const;

if (!inNamespace()) runInNamespace(t, import.meta.url);
else {
  ip("link set lo up");

  t.test("an idle director answers at once, and ends on a signal", async (t) => {
    const { socket, running } = await serving(t);
    t.match(await uipvs(["status", "--socket", socket]), { status: 0 });
    running.child.kill("SIGTERM");
    t.match(await running.ended, { status: 0, stderr: "" });
  });

  t.test("down restores the host after a director was killed", async (t) => {
    const before = hostState();
    const { socket, running } = await serving(t, RULES);
    t.not(hostState(), before);
    running.child.kill("SIGKILL");
    await running.ended;
    const { status, stdout } = await uipvs(["down", "--socket", socket]);
    t.equal(status, 0);
    t.match(stdout, /^Undone: ip rule del .*10\.9\.9\.9/m);
    t.match(stdout, /^Undone: sysctl -w net\/ipv4\/ip_forward=0$/m);
    t.equal(hostState(), before);
    t.same(
      readdirSync(join(socket, "..")).filter((name) => name !== "rules"),
      [],
    );
  });

  t.test("down leaves the rules of a director that lives alone", async (t) => {
    const dead = await serving(t, RULES);
    dead.running.child.kill("SIGKILL");
    await dead.running.ended;
    const living = await serving(t, RULES);
    const during = hostState();
    const { status, stderr } = await uipvs(["down", "--socket", dead.socket]);
    t.equal(status, 1);
    t.match(stderr, /while another director works with "uipvs0"/);
    t.equal(hostState(), during);
    t.match(await uipvs(["down", "--socket", living.socket]), { status: 0 });
    t.match(await uipvs(["down", "--socket", dead.socket]), { status: 0 });
  });

  t.test("a director whose interface is deleted ends, and restores the host", async (t) => {
    const before = hostState();
    const { socket, running } = await serving(t, RULES);
    ip("link delete uipvs0");
    const { status, stderr } = await running.ended;
    t.equal(status, 1);
    t.match(stderr, /^uipvs: The director ended by itself: .*uipvs0.*deleted/);
    t.equal(hostState(), before);
    t.same(
      readdirSync(join(socket, "..")).filter((name) => name !== "rules"),
      [],
    );
  });

  t.test("down refuses to clean up from another network namespace", async (t) => {
    const { socket, running } = await serving(t, RULES);
    running.child.kill("SIGKILL");
    await running.ended;
    const { status, stderr } = await uipvs(["down", "--socket", socket], {
      through: ["unshare", "-n"],
    });
    t.equal(status, 1);
    t.match(stderr, /run the command in that namespace/);
    t.match(await uipvs(["down", "--socket", socket]), { status: 0 });
  });

  t.test("what was changed in a namespace that is gone needs no undoing", async (t) => {
    const socket = join(temporaryFolder(t), "control.sock");
    const words = ["up", "--socket", socket];
    const running = startUipvs(t, words, { through: ["unshare", "-n"] });
    await running.printed("\n");
    running.child.kill("SIGKILL");
    await running.ended;
    const { status, stdout } = await uipvs(["down", "--socket", socket]);
    t.equal(status, 0);
    t.match(stdout, /had changed is gone with its network namespace\n/);
    t.same(readdirSync(join(socket, "..")), []);
  });

  t.test("up -v says every change", async (t) => {
    const { running } = await serving(t, RULES, ["-v"]);
    running.child.kill("SIGINT");
    const { stderr } = await running.ended;
    t.match(stderr, /^uipvs: ip tuntap add dev uipvs0 mode tun$/m);
    t.match(stderr, /^uipvs: ip rule add .*10\.9\.9\.9/m);
    t.match(stderr, /^uipvs: ip rule del .*10\.9\.9\.9/m);
    t.match(stderr, /^uipvs: sysctl -w net\/ipv4\/ip_forward=0$/m);
  });

  t.test("a second director in the namespace is refused, and disturbs nothing", async (t) => {
    await serving(t, RULES);
    const before = hostState();
    const socket = join(temporaryFolder(t), "control.sock");
    const { status, stderr } = await uipvs(["up", "--socket", socket]);
    t.equal(status, 1);
    t.match(stderr, "uipvs0");
    t.same(readdirSync(join(socket, "..")), []);
    t.equal(hostState(), before);
  });

  t.test("up without privilege is refused, and names what is lacking", async (t) => {
    const through = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];
    if (spawnSync(through[0]!, [...through.slice(1), "true"]).status !== 0) {
      t.pass("no privilege dropped", {
        skip: lacking("it needs the program setpriv (util-linux)"),
      });
      return;
    }
    const socket = join(temporaryFolder(t), "control.sock");
    const { status, stdout, stderr } = await uipvs(["up", "--socket", socket], { through });
    t.equal(status, 1);
    t.equal(stdout, "");
    t.match(stderr, /^uipvs: Cannot .*CAP_NET_/);
    t.same(readdirSync(join(socket, "..")), []);
  });
}

/** A director with these rules that serves; it is ended with the test. */
async function serving(
  t: Test,
  rules: readonly (readonly string[])[] = [],
  words: readonly string[] = [],
) {
  const folder = temporaryFolder(t);
  const socket = join(folder, "control.sock");
  const file = join(folder, "rules");
  writeFileSync(file, rules.map((rule) => `${rule.join(" ")}\n`).join(""));
  const running = startUipvs(t, ["up", "--socket", socket, "--rules", file, ...words]);
  t.teardown(() => uipvs(["down", "--socket", socket]));
  await running.printed("\n");
  return { socket, running };
}
