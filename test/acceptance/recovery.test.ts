import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import { VIRTUAL } from "../../src/lab/demo/laboratory.ts";
import { startProgram } from "../../src/lab/host-program.ts";
import type { HostProgram, NamespaceHost } from "../../src/lab/namespace-host.ts";
import { lackOfDevice } from "../support/packages.ts";
import { DEVICES, laboratory, rulesOf, UIPVS } from "./laboratory.ts";
import { lackOfLaboratory } from "./requirements.ts";

/** Prints all a running director may change of its host. */
const SHOW_STATE = [
  "ip rule",
  "ip -6 rule",
  "ip route show table all",
  "ip -6 route show table all",
  "ip address",
  "nft list ruleset",
  // Some, such as stable_secret, cannot be read before they are set.
  "cd /proc/sys/net; grep -r . ipv4/ip_forward ipv4/ip_early_demux ipv4/conf ipv6/conf 2>/dev/null || true",
].join("\n");

const SERVICE = `-t ${VIRTUAL.address}:${VIRTUAL.port}`;

const skip = await lackOfLaboratory("curl", "nft");

for (const device of DEVICES) {
  t.test(
    `a ${device} director killed under traffic leaves nothing after \`uipvs down\``,
    { skip: skip || lackOfDevice(device) },
    async (t) => {
      const lab = await laboratory(t);
      const host = lab.host("director");
      // The laboratory has it on already; a director that finds it off has more to put back.
      await host.setSysctls({ "net/ipv4/ip_forward": 0 });
      await addressesAreSettled(host);
      const before = await stateOf(host);

      const rules = join(host.folder, "rules");
      const marked = rulesOf("-f 7", "-s rr", VIRTUAL.port, "-m");
      writeFileSync(rules, rulesOf(SERVICE, "-s rr", VIRTUAL.port, "-m") + marked);
      const words = [...UIPVS, "up", "--device", device, "--socket", lab.socket, "--rules", rules];
      const director = await startProgram(host, words, "guarded");
      const during = await stateOf(host);
      t.match(during, /to 192\.168\.1\.100 .*lookup/);

      const line = `for i in $(seq 1000); do curl -sS -m 2 http://${VIRTUAL.address}/ || sleep 0.1; done`;
      // It says something once it is answered.
      const traffic = await startProgram(lab.host("client"), ["sh", "-c", line], "guarded");
      await kill(director);
      t.not(await stateOf(host), before, "rules and settings outlive it");
      const down = await host.run([...UIPVS, "down", "--socket", lab.socket]);
      t.match(down, { status: 0, stderr: "" });
      t.equal(await stateOf(host), before);
      t.equal(traffic.exitCode, null, "the client has not given up");
    },
  );
}

/** Kills a program with all its processes, and waits for their end. */
async function kill(program: HostProgram): Promise<void> {
  const closed = once(program, "close");
  process.kill(-program.pid!, "SIGKILL");
  await closed;
}

async function stateOf(host: NamespaceHost): Promise<string> {
  return host.mustRun(["sh", "-e", "-c", SHOW_STATE]);
}

/** Waits until IPv6 addresses are no longer tentative: routes to them appear then. */
async function addressesAreSettled(host: NamespaceHost): Promise<void> {
  for (let look = 0; look < 50; look++) {
    if ((await host.mustRun(["ip", "-6", "address", "show", "tentative"])) === "") return;
    await pause(100);
  }
  throw new Error("IPv6 addresses are still tentative after 5 s");
}
