/** Services of rules files in workloads. */
import { join } from "node:path";
import t from "tap";
import { configuredService } from "../../src/bench/configured-service.ts";
import { withService } from "../../src/bench/configured-workload.ts";
import { Simulation } from "../../src/bench/simulation.ts";
import { checkWorkload, parseWorkload } from "../../src/bench/workload-file.ts";
import { bench, fixture } from "./support.ts";

const WORKLOAD = parseWorkload(
  `name: small
connections: 600
arrivals: { kind: regular, rate: 10 }
clients: { kind: uniform, count: 1000 }
durations: { kind: fixed, mean: 1 }
servers:
  - { count: 3, cores: 10 }
  - { count: 3, weight: 2, cores: 20 }
churn:
  - { at: 10, action: drain, server: 2 }
  - { at: 20, action: return, server: 5 }
  - { at: 30, action: reweight, server: 5, weight: 1 }
`,
  "small.yaml",
);

const RULES = `-A -t 10.0.0.100:80 -s wrr -p 300 -M 255.255.255.0
-a -t 10.0.0.100:80 -r 10.0.1.1:80 -g -w 1 -x 50 -y 20
-a -t 10.0.0.100:80 -r 10.0.1.2:80 -g -w 3
-A -u 10.0.0.100:80 -s sh -b sh-port
-a -u 10.0.0.100:80 -r 10.0.1.1:53 -g
-A -t [2001:db8::1]:80 -s rr
-a -t [2001:db8::1]:80 -r [2001:db8::11]:80 -g
-a -t [2001:db8::1]:80 -r [2001:db8::12]:80 -g
-A -f 7 -s rr
-a -f 7 -r 10.0.1.1:0 -g
-a -f 7 -r 10.0.1.2:0 -g
-A --sctp-service 10.0.0.100:80 -s rr
-a --sctp-service 10.0.0.100:80 -r 10.0.1.1:80 -g
`;

t.test("scheduler, servers, weights, thresholds and persistence are the file's", async (t) => {
  const path = join(t.testdir({ rules: RULES }), "rules");
  const remarks: string[] = [];
  const raw = withService(WORKLOAD, await configuredService(path, "tcp 10.0.0.100:80"), (text) =>
    remarks.push(text),
  );
  t.same(remarks, []);
  const workload = checkWorkload(raw);
  t.match(workload, {
    protocol: "tcp",
    schedulers: ["wrr"],
    service: { address: "10.0.0.100", port: 80 },
    persistence: { timeout: 300, netmask: 24 },
    // Three times ten and three times twenty cores, shared out by weight.
    servers: [
      {
        address: "10.0.1.1",
        port: 80,
        weight: 1,
        upperThreshold: 50,
        lowerThreshold: 20,
        cores: 22.5,
      },
      { address: "10.0.1.2", port: 80, weight: 3, cores: 67.5 },
    ],
    // Servers 2 and 5 of six are 0 and 1 of two; half of weight 2 is half of weight 3, rounded.
    churn: [{ server: 0 }, { server: 1 }, { server: 1, weight: 2 }],
  });
});

t.test("services of UDP, IPv6 and a firewall mark get connections", async (t) => {
  const path = join(t.testdir({ rules: RULES }), "rules");
  const run = async (wanted: string) => {
    const raw = withService(WORKLOAD, await configuredService(path, wanted), () => {});
    const workload = checkWorkload({ ...raw, value: { ...raw.value, churn: [] } });
    return new Simulation(workload, workload.schedulers[0]!).run();
  };
  const [udp, ipv6, mark] = [
    await run("UDP 10.0.0.100:80"),
    await run("[2001:db8::1]:80"),
    await run("7"),
  ];
  t.equal(udp.servers[0]?.connections, 600);
  t.same(
    ipv6.servers.map(({ name, connections }) => [name, connections]),
    [
      ["[2001:db8::11]:80", 300],
      ["[2001:db8::12]:80", 300],
    ],
  );
  t.same(
    mark.servers.map(({ connections }) => connections),
    [300, 300],
  );
});

t.test("a file of several services wants one named, and says which there are", async (t) => {
  const path = join(t.testdir({ rules: RULES }), "rules");
  await t.rejects(configuredService(path, undefined), /there are 5, give --service.*FWM 7/);
  await t.rejects(configuredService(path, "10.0.0.100:80"), /"10\.0\.0\.100:80" is 3 of them/);
  const sctp = await configuredService(path, "sctp 10.0.0.100:80");
  t.throws(() => withService(WORKLOAD, sctp, () => {}), /connections are of TCP or UDP/);
});

t.test("uipvs bench --rules takes rules and a keepalived.conf alike", async (t) => {
  const small = ["web", "--connections", "3000", "--no-timing", "--set", "disruptionClients=100"];
  const words = [...small, "--csv", "--rules"];
  const [rules, conf] = [
    await bench(...words, fixture("http.rules")),
    await bench(...words, fixture("http.conf")),
  ];
  t.equal(rules.out, conf.out);
  t.match(rules.out, /\n0,wlc,0,1,/);
  t.match(rules.err, /TCP 10\.0\.0\.100:80: connections are simulated as with direct routing/);
  const { out } = await bench(...small, "--rules", fixture("http.rules"));
  t.match(out, /10\.0\.1\.3:8080\s+3\s+\d+/, "servers have the file's addresses");
  await t.rejects(bench("--rules", join(t.testdir({ x: "-A nonsense\n" }), "x")), {
    exitCode: 2,
    message: /x", line 1/,
  });
  await t.rejects(bench("--service", "1"), { exitCode: 2, message: /needs --rules/ });
});
