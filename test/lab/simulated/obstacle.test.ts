/**
 * Which labs hosts can be simulated for.
 */
import t from "tap";
import { allLabs } from "../../../src/lab/course/find-labs.ts";
import { obstacleTo } from "../../../src/lab/simulated/obstacle.ts";

t.test(
  "of the labs that come with the program, six can be simulated; each other says why not",
  async (t) => {
    const obstacles = allLabs({}).map((lab) => [lab.name, obstacleTo(lab)]);
    t.strictSame(Object.fromEntries(obstacles), {
      "first-service": undefined,
      scheduling: undefined,
      "weights-draining": undefined,
      persistence: undefined,
      "direct-routing": "it uses sysctl",
      "tunnel-mtu": 'host "router" has the kernel parameter net.ipv4.ip_forward',
      thresholds: undefined,
      "firewall-marks": "it uses iptables",
      timeouts: undefined,
      failover: 'one more director runs on host "director2"',
    });
  },
);

t.test("tunnels, directors, IPv6 and other uses of ip are obstacles", async (t) => {
  const [lab] = allLabs({});
  const { client } = lab!.plan.hosts;
  const withClient = (part: object) =>
    obstacleTo({ ...lab!, plan: { ...lab!.plan, hosts: { client: { ...client!, ...part } } } });
  t.equal(withClient({ tunnel: "tunl0" }), 'tunnels end on host "client"');
  t.equal(withClient({ director: true }), 'one more director runs on host "client"');
  t.equal(withClient({ loopback: ["2001:db8::1/128"] }), 'host "client" has IPv6');
  const setup = [{ on: "client", run: "ip neigh flush all" }];
  t.equal(obstacleTo({ ...lab!, plan: { ...lab!.plan, setup } }), 'it uses "ip neigh flush all"');
});
