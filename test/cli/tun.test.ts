import { once } from "node:events";
import { join } from "node:path";
import t from "tap";
import { temporaryFolder } from "../daemon/support.ts";
import { hostState, inNamespace, ip, runInNamespace } from "../support/namespace.ts";
import { lackOfDevice } from "../support/packages.ts";
import { LanHost } from "./lan-host.ts";
import { startUipvs, uipvs } from "./support.ts";

const VIRTUAL = "10.9.9.9";

/** A web server that says its name, and prints when it listens. */
const SERVER = `
  require("node:http").createServer((request, response) => response.end("real server"))
    .listen(8080, () => console.log("listening"));`;

/** A client that prints what the virtual service says, or why it could not be asked. */
const CLIENT = `
  require("node:http").get({ host: "${VIRTUAL}", timeout: 5000 }, (response) => {
    response.on("data", (chunk) => process.stdout.write(chunk));
  }).on("timeout", function () { this.destroy(new Error("timeout")); })
    .on("error", (error) => process.stdout.write(error.message));`;

const RULES = [
  ["-A", "-t", `${VIRTUAL}:80`, "-s", "rr"],
  ["-a", "-t", `${VIRTUAL}:80`, "-r", "10.2.0.2:8080", "-m"],
] as const;

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

  for (const device of ["ring", "tun", "raw", "cap", "auto"] as const) {
    t.test(
      `a client reaches a real server through a director, device ${device}`,
      { skip: lackOfDevice(device) },
      async (t) => {
        const before = hostState();
        const socket = join(temporaryFolder(t), "control.sock");
        const running = startUipvs(t, ["up", "--device", device, "--socket", socket]);
        const line = await running.printed("\n");
        const chosen =
          device === "auto" ? "ring: packets can be taken straight from its links" : device;
        t.equal(line, `Listening on ${socket}, device uipvs0 (${chosen})\n`);
        // What a command is about has arrived in the host when the command returns.
        for (const rule of RULES) {
          t.match(await uipvs(["ipvsadm", ...rule], { env: { UIPVS_SOCKET: socket } }), {
            status: 0,
          });
        }
        t.equal(await client.run(CLIENT), "real server");
        const { stdout } = await uipvs(["status", "--json", "--socket", socket]);
        t.match(JSON.parse(stdout), { services: 1, destinations: 1, connections: 1, drops: {} });
        t.ok(JSON.parse(stdout).packets.forward >= 10, stdout);
        t.match(await uipvs(["down", "--socket", socket]), { status: 0 });
        t.match(await running.ended, { status: 0, stderr: "" });
        t.equal(hostState(), before);
      },
    );
  }
}
