import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { temporaryFolder } from "../daemon/support.ts";
import { hostState, inNamespace, ip, runInNamespace } from "../support/namespace.ts";
import { noLibpcap } from "../support/packages.ts";
import { LanHost } from "./lan-host.ts";
import { startUipvs, uipvs } from "./support.ts";

/** A web server that answers with more than fits in one packet of any size, and prints when it listens. */
const SERVER = `
  require("node:http").createServer((request, response) => response.end(Buffer.alloc(3_000_000, "real ")))
    .listen(8080, "::", () => console.log("listening"));`;

/** A client that prints the length and the first words of what a service says, or why it cannot be asked. */
const client = (host: string, port: number) => `
  require("node:http").get({ host: "${host}", port: ${port}, timeout: 5000 }, (response) => {
    const said = [];
    response.on("data", (chunk) => said.push(chunk));
    response.on("end", () => {
      const text = Buffer.concat(said).toString();
      process.stdout.write(text.length + " " + text.replaceAll("real ", ""));
    });
  }).on("timeout", function () { this.destroy(new Error("timeout")); })
    .on("error", (error) => process.stdout.write(error.message));`;

/** A client that sends a datagram to a service, and prints what it is told of it. */
const datagram = (host: string, port: number) => `
  const socket = require("node:dgram").createSocket("udp4");
  socket.on("error", ({ code }) => { process.stdout.write(code); socket.close(); });
  socket.connect(${port}, "${host}", () => socket.send("anybody?"));
  setTimeout(() => process.exit(), 20_000).unref();`;

/** Words that have a program start without the right to change anything of the network. */
const UNPRIVILEGED = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"];

const SERVICES = [
  ["-A", "-t", "10.1.0.100:80", "-s", "rr"],
  ["-a", "-t", "10.1.0.100:80", "-r", "10.2.0.2:8080", "-m"],
  ["-A", "-t", "10.1.0.100:8080", "-s", "rr"],
  ["-a", "-t", "10.1.0.100:8080", "-r", "10.1.0.3:8080", "-g"],
  ["-A", "-t", "[2001:db8:1::100]:80", "-s", "rr"],
  ["-a", "-t", "[2001:db8:1::100]:80", "-r", "[2001:db8:2::2]:8080", "-m"],
] as const;

/** Asked in this order: masquerading, direct routing, masquerading of IPv6. */
const ASKED = [
  ["10.1.0.100", 80],
  ["10.1.0.100", 8080],
  ["2001:db8:1::100", 80],
] as const;

if (!inNamespace()) runInNamespace(t, import.meta.url);
else {
  ip("link set lo up");
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "0");
  ip("link add br0 type bridge");
  ip("link set br0 addrgenmode none up");
  const hosts = {
    client: await LanHost.make("toclient", "10.1.0"),
    masqueraded: await LanHost.make("tofirst", "10.2.0"),
    direct: await LanHost.make("tosecond", "10.1.0", 3),
  };
  t.teardown(() => {
    for (const host of Object.values(hosts)) host.close();
  });
  for (const link of ["toclient", "tofirst", "tosecond"]) {
    ip(`address flush dev ${link}`);
    ip(`link set ${link} master br0`);
  }
  for (const address of ["10.1.0.1/24", "10.2.0.1/24"]) ip(`address add ${address} dev br0`);
  for (const network of [1, 2]) ip(`address add 2001:db8:${network}::1/64 dev br0 nodad`);
  const ends = [
    [hosts.client, 1],
    [hosts.masqueraded, 2],
  ] as const;
  for (const [host, network] of ends) {
    host.ip(`address add 2001:db8:${network}::2/64 dev eth0 nodad`);
    host.ip(`route add default via 2001:db8:${network}::1`);
  }
  // Nobody is to take it for who has the virtual address.
  const quiet = ["arp_ignore", "arp_announce"].map(
    (name, index) =>
      `require("node:fs").writeFileSync("/proc/sys/net/ipv4/conf/all/${name}", "${index + 1}");`,
  );
  await hosts.direct.run(quiet.join(""));
  hosts.direct.ip("address add 10.1.0.100/32 dev lo");
  for (const host of [hosts.masqueraded, hosts.direct]) {
    await once(host.start(SERVER).stdout!, "data");
  }

  t.test(
    "without CAP_NET_ADMIN, packets are taken beside a host of which nothing is changed",
    { skip: noLibpcap() },
    async (t) => {
      const before = hostState();
      const socket = join(temporaryFolder(t), "control.sock");
      const running = startUipvs(t, ["up", "--socket", socket], { through: UNPRIVILEGED });
      const reason = "this process lacks the capability CAP_NET_ADMIN, which ring and tun need";
      t.equal(await running.printed("\n"), `Listening on ${socket}, device cap (cap: ${reason})\n`);
      for (const rule of SERVICES) {
        t.match(await uipvs(["ipvsadm", ...rule], { env: { UIPVS_SOCKET: socket } }), {
          status: 0,
        });
      }
      t.equal(hostState(), before);
      for (const [host, port] of ASKED) {
        t.equal(await hosts.client.run(client(host, port)), "3000000 ", `${host} port ${port}`);
      }
      const { stdout } = await uipvs(["status", "--json", "--socket", socket]);
      t.match(JSON.parse(stdout), { connections: ASKED.length, drops: {} });

      // Nobody is there at the real server, which says so by ICMP.
      for (const rule of [
        ["-A", "-u", "10.1.0.100:53", "-s", "rr"],
        ["-a", "-u", "10.1.0.100:53", "-r", "10.2.0.2:53", "-m"],
      ]) {
        t.match(await uipvs(["ipvsadm", ...rule], { env: { UIPVS_SOCKET: socket } }), {
          status: 0,
        });
      }
      t.equal(await hosts.client.run(datagram("10.1.0.100", 53)), "ECONNREFUSED");

      const own = ["ipvsadm", "-A", "-t", "10.1.0.1:80", "-s", "rr"];
      t.match(await uipvs(own, { env: { UIPVS_SOCKET: socket } }), { status: 0 });
      const told = await uipvs(["status", "--json", "--socket", socket]);
      t.match(JSON.parse(told.stdout).fault, /this host has 10\.1\.0\.1 itself/);

      t.match(await uipvs(["down", "--socket", socket]), { status: 0 });
      const { status, stderr } = await running.ended;
      t.equal(status, 0);
      t.match(
        stderr,
        /Cannot open TUN interface "uipvs0": .*; so packets are taken beside the host/,
      );
    },
  );

  t.test("a link may go down, come up and vanish", { skip: noLibpcap() }, async (t) => {
    const socket = join(temporaryFolder(t), "control.sock");
    const running = startUipvs(t, ["up", "--device", "cap", "--hold", "--socket", socket]);
    await running.printed("\n");
    for (const rule of SERVICES) {
      t.match(await uipvs(["ipvsadm", ...rule], { env: { UIPVS_SOCKET: socket } }), { status: 0 });
    }
    ip("link add passing type veth peer name other");
    ip("link set passing up");
    ip("link set other up");
    t.equal(await hosts.client.run(client("10.1.0.100", 80)), "3000000 ");
    ip("link delete passing");
    ip("link set br0 down");
    ip("link set br0 up");
    t.equal(await hosts.client.run(client("10.1.0.100", 8080)), "3000000 ");
    t.match(await uipvs(["down", "--socket", socket]), { status: 0 });
    t.match(await running.ended, { status: 0, stderr: "" });
  });
}
