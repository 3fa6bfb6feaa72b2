/**
 * Traces and captures of a director that moves real packets, on a thread of its own.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { temporaryFolder } from "../daemon/support.ts";
import { inNamespace, ip, runInNamespace } from "../support/namespace.ts";
import { missing } from "../support/programs.ts";
import { lacking } from "../support/requirement.ts";
import { LanHost } from "./lan-host.ts";
import { startUipvs, uipvs } from "./support.ts";

const VIRTUAL = "10.9.9.9";

const SERVER = `
  require("node:http").createServer((request, response) => response.end("real server"))
    .listen(8080, () => console.log("listening"));`;

const CLIENT = `
  require("node:http").get({ host: "${VIRTUAL}", timeout: 5000, agent: false }, (response) => {
    response.on("data", (chunk) => process.stdout.write(chunk));
  }).on("timeout", function () { this.destroy(new Error("timeout")); })
    .on("error", (error) => process.stdout.write(error.message));`;

/** Asks a port nobody serves. */
const STRANGER = `
  require("node:net").connect(81, "${VIRTUAL}").on("error", (error) => console.log(error.code));`;

const RULES = `-A -t ${VIRTUAL}:80 -s rr
-a -t ${VIRTUAL}:80 -r 10.2.0.2:8080 -m
`;

interface Told {
  readonly schema: string;
  readonly packet: { readonly flags: string; readonly source: { readonly address: string } };
  readonly steps: readonly { readonly step: string }[];
  readonly outcome: {
    readonly reason: string;
    readonly connection: string;
    readonly server: { readonly address: string; readonly port: number } | null;
  };
}

if (!inNamespace()) runInNamespace(t, import.meta.url);
else {
  ip("link set lo up");
  const client = await LanHost.make("toclient", "10.1.0");
  const server = await LanHost.make("toserver", "10.2.0");
  t.teardown(() => {
    client.close();
    server.close();
  });
  await once(server.start(SERVER).stdout!, "data");

  /** Starts a director and returns how to ask it. */
  const begin = async (t: Test, words: readonly string[] = []) => {
    const folder = temporaryFolder(t);
    const env = { UIPVS_SOCKET: join(folder, "control.sock") };
    const rules = join(folder, "rules");
    writeFileSync(rules, RULES);
    const running = startUipvs(t, ["up", "--rules", rules, ...words], { env });
    await running.printed("\n");
    return { env, running, ask: (...line: readonly string[]) => uipvs(line, { env }) };
  };

  t.test("a trace tells of each packet of a connection, with every step", async (t) => {
    const { env } = await begin(t);
    const trace = startUipvs(t, ["trace", "--json", "--client", "10.1.0.0/24"], { env });
    const line = startUipvs(t, ["trace", "-v", "--service", `${VIRTUAL}:80`, "--count", "2"], {
      env,
    });
    const none = startUipvs(t, ["trace", "--server", "10.2.0.9"], { env });
    // Nothing shows when a trace has begun but what it tells.
    for (const following of [trace, line]) {
      let begun = false;
      const telling = following.printed("\n").then(() => {
        begun = true;
      });
      while (!begun) {
        t.equal(await client.run(CLIENT), "real server");
        await Promise.race([telling, sleep(200)]);
      }
    }
    t.equal(await client.run(CLIENT), "real server");
    const { status, stdout } = await line.ended;
    t.equal(status, 0);
    // It may have begun in the midst of a connection, with what the server answers.
    t.match(stdout, /^\d\d:\d\d:\d\d\.\d{3} TCP 10\.\S+ > 10\.\S+ \S+: .*10\.2\.0\.2:8080/m);
    t.match(stdout, "docs/behaviour.md#");
    await trace.printed('"reason":"reply"');
    trace.child.kill("SIGINT");
    none.child.kill("SIGINT");
    t.match(await none.ended, { status: 0, stdout: "", stderr: "" });
    const whole = await trace.ended;
    t.match(whole, { status: 0, stderr: "" });
    const records = whole.stdout
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text) as Told);
    const first = records.find(({ packet }) => packet.flags === "SYN");
    t.match(first, {
      schema: "uipvs/trace/1",
      outcome: {
        reason: "request",
        connection: "new",
        server: { address: "10.2.0.2", port: 8080 },
      },
    });
    t.same(
      first?.steps.map(({ step }) => step),
      ["connection", "beginning", "service", "scheduler", "forwarding"],
    );
    t.ok(records.some(({ outcome }) => outcome.reason === "reply"));
  });

  t.test(
    "captures hold what came in and what went out",
    { skip: lacking(missing("tshark")) },
    async (t) => {
      const folder = temporaryFolder(t);
      const [whole, part] = [join(folder, "whole.pcap"), join(folder, "part.pcap")];
      const { running, ask } = await begin(t, ["--pcap", whole]);
      t.match(await ask("status"), { stdout: `Capture:      ${whole}\n` });
      t.match(await ask("pcap", part), {
        status: 1,
        stderr: `uipvs: Packets are being captured already, into "${whole}"\n`,
      });
      t.equal(await client.run(CLIENT), "real server");
      const ended = await ask("pcap", "--stop");
      t.match(ended, { status: 0, stdout: /^\d+ packets in .*whole\.pcap\n$/ });
      const fields = tshark(whole, "tcp.flags.syn == 1");
      t.match(fields[0], /^10\.1\.0\.2 10\.9\.9\.9 \d+ 80$/, "the request as it came");
      t.match(fields[1], /^10\.1\.0\.2 10\.2\.0\.2 \d+ 8080$/, "and as it left");
      t.match(fields[2], /^10\.2\.0\.2 10\.1\.0\.2 8080 \d+$/, "the reply as it came");
      t.match(fields[3], /^10\.9\.9\.9 10\.1\.0\.2 80 \d+$/, "and as it left");
      const count = Number(ended.stdout.split(" ")[0]);
      t.equal(tshark(whole).length, count);

      t.match(await ask("pcap", "--stop"), { status: 1, stderr: /No packets are being captured/ });
      t.match(await ask("pcap", join(folder, "none", "x.pcap")), { status: 1, stderr: /ENOENT/ });
      t.match(await ask("pcap", part), { status: 0, stdout: `Capturing into ${part}\n` });
      await client.run(STRANGER);
      t.equal(await client.run(CLIENT), "real server");
      running.child.kill("SIGTERM");
      t.match(await running.ended, { status: 0 });
      t.ok(existsSync(part));
      t.ok(tshark(part, "tcp.flags.syn == 1").length >= 4, "ended with the director, whole");
      t.equal(tshark(whole).length, count, "the first has not grown");
    },
  );

  t.test("a capture that cannot be written on ends, and packets go on", async (t) => {
    const { running, ask } = await begin(t);
    t.match(await ask("pcap", "/dev/full"), { status: 0 });
    t.equal(await client.run(CLIENT), "real server");
    t.match(await ask("pcap", "--stop"), { status: 1, stderr: /No packets are being captured/ });
    running.child.kill("SIGTERM");
    t.match(await running.ended, { status: 0, stderr: /capture "\/dev\/full" has ended.*ENOSPC/ });
  });
}

/** Returns source, destination and ports of the packets in a capture, a line each. */
function tshark(path: string, filter = "tcp"): readonly string[] {
  const fields = ["ip.src", "ip.dst", "tcp.srcport", "tcp.dstport"].flatMap((field) => [
    "-e",
    field,
  ]);
  const words = ["-n", "-r", path, "-Y", filter, "-T", "fields", "-E", "separator= ", ...fields];
  t.equal(spawnSync("tshark", ["-n", "-r", path]).status, 0, "tshark reads all of it");
  return execFileSync("tshark", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
    .split("\n")
    .filter((line) => line !== "");
}
