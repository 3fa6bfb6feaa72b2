/**
 * Hosts in memory: what they send each other, and what they say where nobody answers.
 */
import t from "tap";
import { ManualClock } from "../../../src/base/clock.ts";
import { labSchema } from "../../../src/lab/course/lab-schema.ts";
import type { SimulatedHost } from "../../../src/lab/simulated/host.ts";
import { SimulatedNetwork } from "../../../src/lab/simulated/network.ts";

const HOSTS = labSchema.shape.hosts.parse({
  client: {
    links: { eth0: { segment: "outside", addresses: ["192.168.1.10/24", "192.168.1.11/24"] } },
    routes: ["default via 192.168.1.1"],
  },
  router: {
    links: {
      eth0: { segment: "outside", addresses: ["192.168.1.1/24"] },
      eth1: { segment: "inside", addresses: ["172.16.16.1/24"] },
    },
  },
  web1: {
    links: { eth0: { segment: "inside", addresses: ["172.16.16.2/24"] } },
    routes: ["default via 172.16.16.1"],
    web: [80],
  },
});

function network(): { readonly client: SimulatedHost; readonly web: SimulatedHost } {
  const made = new SimulatedNetwork(HOSTS, new ManualClock(0));
  return { client: made.host("client")!, web: made.host("web1")! };
}

/** Opens a connection, asks for a page, and returns all that happens. */
function fetch(client: SimulatedHost, to: string, port: number, from?: string): readonly string[] {
  const events: string[] = [];
  const connection = client.connect(to, port, from, {
    opened: () => events.push("opened"),
    received: (text) => events.push(text.split("\r\n").at(-1)!.trim()),
    ended: () => events.push("ended"),
    failed: (reason) => events.push(reason),
  });
  if (typeof connection === "string") return [connection];
  connection.open();
  connection.write("GET / HTTP/1.1\r\nHost: web1\r\n\r\n");
  connection.close();
  return events;
}

t.test(
  "a page comes from another network, and tells the address the client sent from",
  async (t) => {
    const { client } = network();
    const page = /^real server web1, client 192\.168\.1\.10:\d+$/;
    t.match(fetch(client, "172.16.16.2", 80), ["opened", page]);
    t.match(fetch(client, "172.16.16.2", 80, "192.168.1.11"), [
      "opened",
      /client 192\.168\.1\.11:/,
    ]);
  },
);

t.test("who finds nobody is told why", async (t) => {
  const { client, web } = network();
  t.strictSame(fetch(client, "172.16.16.2", 81), ["Connection refused"], "no listener");
  t.strictSame(fetch(client, "172.16.16.9", 80), [], "no such host: silence");
  t.strictSame(fetch(client, "10.0.0.1", 80), ["No route to host"], "the router knows no way");
  t.strictSame(fetch(client, "172.16.16.2", 80, "10.0.0.9"), ["Cannot assign requested address"]);
  web.ip(["route", "del", "default"]);
  t.strictSame(fetch(client, "172.16.16.2", 80), [], "answers find no way back");
  t.strictSame(fetch(web, "192.168.1.10", 80), ["Network is unreachable"]);
});

t.test("routes are listed as ip(8) lists them, and go with their interface", async (t) => {
  const { web } = network();
  const network16 = "172.16.16.0/24 dev eth0 proto kernel scope link src 172.16.16.2 \n";
  const both = `default via 172.16.16.1 dev eth0 \n${network16}`;
  t.strictSame(web.ip(["route"]), { status: 0, stdout: both, stderr: "" });
  t.match(web.ip(["link", "set", "eth0", "down"]), { status: 0 });
  t.match(web.ip(["route", "show"]), { stdout: "" });
  web.ip(["link", "set", "eth0", "up"]);
  t.match(web.ip(["route"]), { stdout: network16 });
  web.ip(["route", "add", "default", "via", "172.16.16.1"]);
  t.match(web.ip(["route"]), { stdout: both });
  t.match(web.ip(["route", "add", "default", "via", "172.16.16.1"]), {
    status: 2,
    stderr: "RTNETLINK answers: File exists\n",
  });
  t.match(web.ip(["tunnel", "add"]), { status: 1, stderr: /^A simulated host cannot do that: / });
});
