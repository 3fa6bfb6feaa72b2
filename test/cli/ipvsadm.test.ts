import { join } from "node:path";
import t, { type Test } from "tap";
import { temporaryFolder } from "../daemon/support.ts";
import { startUipvs, uipvs } from "./support.ts";

/** The environment of a director without packets that serves. */
async function director(t: Test): Promise<{ readonly UIPVS_SOCKET: string }> {
  const UIPVS_SOCKET = join(temporaryFolder(t), "control.sock");
  await startUipvs(t, ["up", "--device", "memory", "--socket", UIPVS_SOCKET]).printed("\n");
  return { UIPVS_SOCKET };
}

t.test("words behind ipvsadm are its own, options of uipvs included", async (t) => {
  const env = await director(t);
  const run = (...words: string[]) => uipvs(["ipvsadm", ...words], { env });
  t.same(await run("-A", "-t", "192.0.2.1:80", "-s", "rr"), { status: 0, stdout: "", stderr: "" });
  t.match((await run("--list", "-n")).stdout, "TCP  192.0.2.1:80 rr");
  t.match((await run("-h")).stdout, /^ipvsadm v1\./);
  t.match((await run("--version")).stdout, /^ipvsadm v1\./);
  t.match(await run("--", "-L"), { status: 255, stdout: "" }, "a double dash is passed on");
});

t.test("the exit status and the sentences are ipvsadm's", async (t) => {
  const env = await director(t);
  const { status, stdout, stderr } = await uipvs(["ipvsadm", "-D", "-t", "192.0.2.1:80"], { env });
  t.equal(status, 255);
  t.equal(stdout, "");
  t.equal(stderr, "No such service\n");
});

t.test("what is saved can be restored", async (t) => {
  const env = await director(t);
  const rules = "-A -t 192.0.2.1:80 -s wlc\n-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 5\n";
  t.match(await uipvs(["ipvsadm", "-R"], { env, input: rules }), { status: 0, stderr: "" });
  t.equal((await uipvs(["ipvsadm", "-S", "-n"], { env })).stdout, rules);
});

t.test("without a director ipvsadm says so", async (t) => {
  const UIPVS_SOCKET = join(temporaryFolder(t), "control.sock");
  const { status, stderr } = await uipvs(["ipvsadm", "-L"], { env: { UIPVS_SOCKET } });
  t.equal(status, 2);
  t.match(stderr, `No director answers at ${UIPVS_SOCKET}: `);
});
