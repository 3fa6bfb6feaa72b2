import t from "tap";
import { directorBackend } from "../../src/control/director-services.ts";
import { run } from "../../src/ipvsadm/main.ts";
import { idleDirector } from "./idle-director.ts";
import { MemoryBackend } from "./memory-backend.ts";
import { noBackend, runIpvsadm } from "./support.ts";

const RULES = `\
-A -t 192.0.2.1:80 -s sh -p 600 -M 255.255.255.0 -b sh-port,flag-3
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -m -w 3 -x 100 -y 50
-a -t 192.0.2.1:80 -r 10.0.0.1:80 -i --tun-type gue --tun-port 6080 --tun-csum
-A -f 4294967295 -6 -s rr -p 60 -M 64
`;

/** Lists the table the rules make. */
async function listed(...options: readonly string[]) {
  const backend = directorBackend(idleDirector());
  const openBackend = async () => backend;
  await runIpvsadm(["-R"], { openBackend, stdin: RULES });
  const printed = await runIpvsadm(["-L", ...options], { openBackend });
  if (printed.code !== 0) throw new Error(printed.stderr);
  return printed.stdout;
}

const NO_TRAFFIC = {
  stats: { connections: "0", inPackets: "0", outPackets: "0", inBytes: "0", outBytes: "0" },
  rates: {
    connectionsPerSecond: "0",
    inPacketsPerSecond: "0",
    outPacketsPerSecond: "0",
    inBytesPerSecond: "0",
    outBytesPerSecond: "0",
  },
};
const IDLE = { activeConnections: 0, inactiveConnections: 0, persistentConnections: 0 };

t.test("services come with all that is known of them, servers newest first", async (t) => {
  t.same(JSON.parse(await listed("--json")), {
    schema: "uipvs/services/1",
    version: "1.2.1",
    connectionTableSize: 4096,
    complete: true,
    timeouts: { tcp: 900, tcpFin: 120, udp: 300 },
    services: [
      // Sorted as in any listing: by mark, as a signed number.
      {
        family: 6,
        protocol: null,
        address: null,
        port: null,
        fwmark: 4294967295,
        scheduler: "rr",
        schedulerFlags: [],
        onePacket: false,
        persistence: { timeout: 60, prefixLength: 64 },
        persistenceEngine: null,
        ...NO_TRAFFIC,
        servers: [],
      },
      {
        family: 4,
        protocol: "tcp",
        address: "192.0.2.1",
        port: 80,
        fwmark: null,
        scheduler: "sh",
        schedulerFlags: ["flag-2", "flag-3"],
        onePacket: false,
        persistence: { timeout: 600, netmask: "255.255.255.0" },
        persistenceEngine: null,
        ...NO_TRAFFIC,
        servers: [
          {
            address: "10.0.0.1",
            port: 80,
            method: "tunnel",
            weight: 1,
            upperThreshold: 0,
            lowerThreshold: 0,
            tunnel: { type: "gue", port: 6080, checksum: true, remoteChecksum: false },
            ...IDLE,
            ...NO_TRAFFIC,
          },
          {
            address: "10.0.0.2",
            port: 80,
            method: "masquerade",
            weight: 3,
            upperThreshold: 100,
            lowerThreshold: 50,
            tunnel: null,
            ...IDLE,
            ...NO_TRAFFIC,
          },
        ],
      },
    ],
  });
});

t.test("columns and -n change nothing: every document is complete", async (t) => {
  const plain = await listed("--json");
  for (const option of ["-n", "--stats", "--rate", "--thresholds", "--persistent-conn", "-X"]) {
    t.equal(await listed(option, "--json"), plain, option);
  }
});

t.test("a listing of one service says that it is not complete", async (t) => {
  const document = JSON.parse(await listed("-t", "192.0.2.1:80", "--json"));
  t.match(document, { complete: false, services: [{ port: 80 }] });
  t.equal(document.services.length, 1);
});

t.test("an empty table is a document", async (t) => {
  const openBackend = async () => directorBackend(idleDirector());
  const { stdout } = await runIpvsadm(["-L", "--json"], { openBackend });
  t.same(JSON.parse(stdout).services, []);
});

t.test("counters have all their 64 bits", async (t) => {
  const backend = new MemoryBackend();
  const openBackend = async () => backend;
  await runIpvsadm(["-A", "-t", "192.0.2.1:80"], { openBackend });
  const [service] = await backend.services();
  const inBytes = 18446744073709551615n;
  backend.services = async () => [{ ...service!, stats: { ...service!.stats, inBytes } }];
  const { stdout } = await runIpvsadm(["-L", "--json"], { openBackend });
  t.equal(JSON.parse(stdout).services[0].stats.inBytes, "18446744073709551615");
});

t.test("settings are documents of their own", async (t) => {
  const backend = new MemoryBackend();
  const openBackend = async () => backend;
  const timeouts = await runIpvsadm(["-L", "--timeout", "--json"], { openBackend });
  t.same(JSON.parse(timeouts.stdout), {
    schema: "uipvs/timeouts/1",
    tcp: 900,
    tcpFin: 120,
    udp: 300,
  });
  await runIpvsadm(["--start-daemon", "backup", "--mcast-interface", "lo"], { openBackend });
  const daemons = await runIpvsadm(["-L", "--daemon", "--json"], { openBackend });
  t.match(JSON.parse(daemons.stdout), {
    schema: "uipvs/daemons/1",
    daemons: [{ role: "backup", interface: "lo", syncId: 0, group: "224.0.0.81", port: 8848 }],
  });
});

const HEADING = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";

/** Lists connections from the text of their file, which comes in the pieces given. */
async function connections(...pieces: readonly string[]) {
  const backend = new MemoryBackend();
  backend.statusFile = async function* () {
    yield* pieces;
  };
  return runIpvsadm(["-L", "-c", "--json"], { openBackend: async () => backend });
}

t.test("connections are listed with their marks and what engines hold", async (t) => {
  const { stdout, code } = await connections(
    HEADING,
    "TCP C0000201 1F90 C0000202 0050 0A000002 0050 ESTABLISHED     899\n",
    "IP  C0000201 0000 00000007 0000 0A000002 0000 NONE             59 sip a b\n",
  );
  t.equal(code, 0);
  t.same(JSON.parse(stdout), {
    schema: "uipvs/connections/1",
    connections: [
      {
        protocol: "tcp",
        state: "ESTABLISHED",
        expires: 899,
        client: { address: "192.0.2.1", port: 8080 },
        virtual: { address: "192.0.2.2", port: 80 },
        fwmark: null,
        server: { address: "10.0.0.2", port: 80 },
        persistenceEngine: null,
      },
      {
        protocol: "ip",
        state: "NONE",
        expires: 59,
        client: { address: "192.0.2.1", port: 0 },
        virtual: null,
        fwmark: 7,
        server: { address: "10.0.0.2", port: 0 },
        persistenceEngine: { name: "sip", data: "a b" },
      },
    ],
  });
});

t.test("connections are written as they come, not at the end", async (t) => {
  const row = "TCP C0000201 1F90 C0000202 0050 0A000002 0050 ESTABLISHED     899\n";
  const backend = new MemoryBackend();
  let asked = 0;
  backend.statusFile = async function* () {
    yield HEADING;
    for (asked = 1; asked <= 50; asked++) yield row.repeat(100);
  };
  const askedAtWrites: number[] = [];
  let text = "";
  await run(["-L", "-c", "--json"], {
    name: "ipvsadm",
    env: {},
    stdin: (async function* () {})(),
    stdout: {
      write: (more) => {
        askedAtWrites.push(asked);
        text += more;
      },
    },
    stderr: { write: () => undefined },
    openBackend: async () => backend,
    unanswered: String,
    resolver: {
      addressOf: async () => undefined,
      hostOf: async () => undefined,
      services: async () => "",
    },
  });
  t.equal(JSON.parse(text).connections.length, 5000);
  t.ok(askedAtWrites[0]! < 5, `first written after ${askedAtWrites[0]} pieces of 50`);
  t.ok(askedAtWrites.length > 20, `${askedAtWrites.length} writes`);
});

t.test("connections that break off are a failure", async (t) => {
  const broken = await connections(HEADING, "nonsense\n");
  t.same([broken.stderr, broken.code], ["unexpected input from /proc/net/ip_vs_conn\n", 1]);
});

t.test("what fails without --json fails the same with it", async (t) => {
  const openBackend = async () => new MemoryBackend();
  for (const argv of [
    ["-L", "-t", "192.0.2.1:80"],
    ["-L", "-c", "--stats"],
    ["-L", "-o"],
  ]) {
    const { stdout, stderr, code } = await runIpvsadm([...argv, "--json"], { openBackend });
    const plain = await runIpvsadm(argv, { openBackend });
    t.same([stdout, stderr, code], ["", plain.stderr, plain.code], argv.join(" "));
  }
});

t.test("--json belongs to the list command, behind it", async (t) => {
  const cases: readonly [argv: readonly string[], stderr: RegExp, code: number][] = [
    [["--json"], /^Try `ipvsadm -h'/, 255],
    [["--json", "-L"], /^Try `ipvsadm -h'/, 255],
    [["-S", "--json"], /^Illegal 'json' option with the 'save' command\n$/, 2],
    [["-L", "--json", "--json"], /^multiple 'json' options specified\n$/, 2],
    [["-L", "--dry-run"], /^Illegal 'dry-run' option with the 'list' command\n$/, 2],
    [["-L", "--jso"], /^--jso: unknown option\n$/, 255],
  ];
  for (const [argv, stderr, code] of cases) {
    const printed = await runIpvsadm(argv, { openBackend: noBackend });
    t.match(printed, { stdout: "", stderr, code }, argv.join(" "));
  }
});
