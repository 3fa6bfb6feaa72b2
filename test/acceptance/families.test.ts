import t, { type Test } from "tap";
import { lackOfDevice } from "../support/packages.ts";
import {
  type Addresses,
  DualLaboratory,
  end,
  GUE_PORT,
  rulesOf,
  SERVERS,
  V4,
  V6,
} from "./dual-laboratory.ts";
import { HostCapture, hardwareAddress } from "./host-capture.ts";
import { DEVICES } from "./laboratory.ts";
import { lackOfLaboratory } from "./requirements.ts";

const REQUESTS = 6;

/** How the packets of a service reach the real servers. */
interface Way {
  readonly name: string;
  readonly options: string;
  readonly service: Addresses;
  readonly servers: Addresses;
  /** What a request is at the real server, by tshark's names. */
  readonly layers: RegExp;
  /** Payload of the datagrams it is in, in hexadecimal. */
  readonly payload?: RegExp;
}

const FAMILIES = [V4, V6];

const WAYS: readonly Way[] = [
  ...FAMILIES.map((own) => way("NAT", own, own, "-m", /:ip(v6)?:tcp(:http)?$/)),
  ...FAMILIES.map((own) => way("DR", own, own, "-g", /:ip(v6)?:tcp(:http)?$/)),
  way("TUN", V4, V4, "-i", /:ip:ip:tcp(:http)?$/),
  way("TUN", V6, V6, "-i", /:ipv6:ipv6:tcp(:http)?$/),
  way("TUN", V4, V6, "-i", /:ipv6:ip:tcp(:http)?$/),
  way("TUN", V6, V4, "-i", /:ip:ipv6:tcp(:http)?$/),
  way("GRE", V4, V4, "-i --tun-type gre", /:ip:gre:ip:tcp(:http)?$/),
  way("GRE with checksum", V6, V4, "-i --tun-type gre --tun-csum", /:ip:gre:ipv6:tcp(:http)?$/),
  way("GRE", V6, V6, "-i --tun-type gre", /:ipv6:gre:ipv6:tcp(:http)?$/),
  // The program knows no GUE: its header is a version of 0, the protocol of the packet behind, and no more.
  gue("GUE", V4, "", /:ip:udp:data$/, /^0004000045/),
  gue("GUE with checksum", V6, "--tun-csum", /:ipv6:udp:data$/, /^0029000060/),
];

function way(
  kind: string,
  service: Addresses,
  servers: Addresses,
  options: string,
  layers: RegExp,
): Way {
  const inner = service === servers ? "" : ` to IPv${servers.family} real servers`;
  return { name: `${kind}, IPv${service.family}${inner}`, options, service, servers, layers };
}

function gue(kind: string, own: Addresses, option: string, layers: RegExp, payload: RegExp): Way {
  const options = `-i --tun-type gue --tun-port ${GUE_PORT} ${option}`;
  return { ...way(kind, own, own, options, layers), payload };
}

const skip = await lackOfLaboratory("curl", "tcpdump", "tshark", "nft");

for (const device of DEVICES) {
  t.test(
    `web clients of both families and a ${device} director`,
    { skip: skip || lackOfDevice(device) },
    async (t) => {
      const lab = await DualLaboratory.build(t, device);
      const director = await hardwareAddress(lab.host("director"), "eth1");

      for (const { name, options, service, servers, layers, payload = /^/ } of WAYS) {
        t.test(`${name}: each real server has its turn`, async (t) => {
          await lab.arrange(t, options !== "-m", rulesOf("-t", service, 80, servers, 80, options));
          // Reports of what groups a host is in are ICMPv6 behind another header.
          const filter = `ether src ${director} and (ip or ip6) and not icmp6 and not ether multicast`;
          const capture = await HostCapture.start(t, lab.host("web2"), "eth0", filter);
          await answeredInTurn(t, lab, service.virtual, service.client);
          const requests = await capture.stop(GUE_PORT);
          t.ok(requests.length >= REQUESTS, "requests arrive");
          const odd = requests.filter(
            (packet) => !layers.test(packet.layers) || !payload.test(packet.payload),
          );
          t.strictSame(odd, [], "all of them as they should");
          // By a ring, who receives a packet completes its checksum, but not that of one in a tunnel.
          const isLeft = device === "ring" && !options.startsWith("-i");
          const wrong = requests.filter(({ checksum, ipChecksum }) =>
            `${isLeft ? "" : checksum},${ipChecksum}`.includes("0"),
          );
          t.strictSame(wrong, [], "with right checksums");
        });
      }

      t.test("NAT, IPv6, by firewall mark", async (t) => {
        const address = "2001:db8:77::1";
        const table = `table ip6 marks { chain pre { type filter hook prerouting priority mangle;
      ip6 daddr ${address} tcp dport 80 meta mark set 7; }; }`;
        await lab.host("director").mustRun(["nft", table]);
        const servers = V6.servers.map((server) => `-a -f 7 -6 -r ${end(server, 80)} -m`);
        await lab.arrange(t, false, ["-A -f 7 -6 -s rr", ...servers]);
        await answeredInTurn(t, lab, address, V6.client);
      });

      t.test("the director has lost nothing", async (t) => {
        t.strictSame(await lab.drops(), {});
      });
    },
  );
}

async function answeredInTurn(t: Test, lab: DualLaboratory, address: string, client: string) {
  const url = `http://${end(address, 80)}/?[1-${REQUESTS}]`;
  const words = ["curl", "-sS", "-m", "10", "-H", "connection: close", "-w", "\n"];
  // Without -g for the address, brackets would be ranges: so the address goes elsewhere.
  const resolved = ["--resolve", `service:80:${address}`, url.replace(end(address, 80), "service")];
  const { stdout, stderr } = await lab.host("client").run([...words, ...resolved]);
  t.equal(stderr, "");
  const turn = [...SERVERS].reverse();
  t.strictSame(
    stdout.trim().split("\n"),
    Array.from({ length: REQUESTS }, (_, index) => `${turn[index % turn.length]} ${client}`),
    "each server in its turn",
    { connections: await lab.connections() },
  );
}
