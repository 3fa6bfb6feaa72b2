import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { temporaryFolder } from "../daemon/support.ts";
import { startUipvs, uipvs } from "./support.ts";

const RULES = `
-A -t 192.0.2.1:80 -s wlc
-a -t 192.0.2.1:80 -r 10.0.0.2:8080 -m -w 1
-a -t 192.0.2.1:80 -r 10.0.0.3:8080 -m -w 0
-a -t 192.0.2.1:80 -r 10.0.0.4:8080 -m -w 3
-A -u 192.0.2.1:53 -s rr
-A -t 192.0.2.1:443 -s rr -p 300 -M 255.255.255.0
-a -t 192.0.2.1:443 -r 10.0.0.2:443 -i
-A -f 7 -s sh
-a -f 7 -r 10.0.0.5:0 -g
-A -t [2001:db8::1]:80 -s rr
-a -t [2001:db8::1]:80 -r [2001:db8:1::2]:80 -g
-A -t 192.0.2.1:81 -s twos
-a -t 192.0.2.1:81 -r 10.0.0.2:81 -m -w 1
-a -t 192.0.2.1:81 -r 10.0.0.3:81 -m -w 2
`;

function rulesFile(t: Test): string {
  const path = join(temporaryFolder(t), "rules");
  writeFileSync(path, RULES);
  return path;
}

t.test("explain tells each step of a choice, in columns, and what would be sent", async (t) => {
  const words = ["explain", "--rules", rulesFile(t), "203.0.113.7", "tcp", "192.0.2.1:80"];
  const { status, stdout, stderr } = await uipvs(words);
  t.equal(stderr, "");
  t.equal(status, 0);
  t.equal(
    stdout,
    `TCP 203.0.113.7:40000 > 192.0.2.1:80, SYN, 40 bytes, TTL 64

Connection   it belongs to none
             docs/behaviour.md#packets-of-a-connection
Beginning    it may begin a connection
             docs/behaviour.md#what-begins-a-connection
Service      TCP 192.0.2.1:80, wlc, 3 real servers
             by address and port (TCP 192.0.2.1:80): found
             docs/behaviour.md#which-service
Scheduler    wlc: 10.0.0.4:8080: the least loaded, the first of equals
    Server         Weight  Active  Inactive  Overhead  Load
  > 10.0.0.4:8080       3       0         0         0     0  chosen
    10.0.0.3:8080       0       0         0         0        weight 0: takes no new connections
    10.0.0.2:8080       1       0         0         0     0  as good, but later in the list
             docs/behaviour.md#scheduler-wlc
Forwarding   masquerading to 10.0.0.4:8080, the way takes 1500 bytes
             docs/behaviour.md#masquerading

Verdict      forward (request)
Service      TCP 192.0.2.1:80
Server       10.0.0.4:8080, masquerading
Sends        203.0.113.7:40000 > 10.0.0.4:8080, TTL 63, 40 bytes, to 10.0.0.4
`,
  );
});

t.test("explain follows marks, templates, tunnels, both families, and chance", async (t) => {
  const rules = rulesFile(t);
  const ask = (...words: readonly string[]) => uipvs(["explain", "--rules", rules, ...words]);
  const marked = await ask("203.0.113.7", "udp", "198.51.100.1:53", "--fwmark", "7");
  t.match(marked, { status: 0 });
  t.match(marked.stdout, /by mark \(FWM 7\): found.*10\.0\.0\.5:53, direct routing/s);
  const persistent = await ask("203.0.113.7:5", "tcp", "192.0.2.1:443");
  t.match(persistent.stdout, "none yet for clients 203.0.113.0/24, 192.0.2.1, port 443");
  t.match(
    persistent.stdout,
    "192.0.2.1 > 10.0.0.2 ipip (203.0.113.7:5 > 192.0.2.1:443), TTL 63, 60",
  );
  const six = await ask("2001:db8:c::7", "tcp", "[2001:db8::1]:80");
  t.match(six.stdout, "TCP [2001:db8:c::7]:40000 > [2001:db8::1]:80, SYN, 60 bytes");
  const twos = await ask("203.0.113.7", "tcp", "192.0.2.1:81", "--json");
  t.equal(twos.status, 0);
  const { steps, outcome } = JSON.parse(twos.stdout);
  t.match(outcome, { verdict: null, byChance: true, server: null, connection: "new" });
  const { candidates } = steps.find(({ step }: { step: string }) => step === "scheduler");
  const picked = candidates.map((each: { figures: { picked: number } }) => each.figures.picked);
  t.equal(picked[0] + picked[1], 1, "the chances are all there are");
});

t.test("explain ends with 1 where nobody would get the packet, and says why", async (t) => {
  const rules = rulesFile(t);
  const cases: readonly [words: readonly string[], text: RegExp][] = [
    [["203.0.113.7", "udp", "192.0.2.1:53"], /rr: nobody can be used.*drop \(no-destination\)/s],
    [
      ["203.0.113.7", "udp", "192.0.2.1:53"],
      /ICMP port unreachable, 192\.0\.2\.1 > 203\.0\.113\.7/,
    ],
    [["203.0.113.7", "tcp", "192.0.2.1:82"], /Service +none.*accept \(no-service\)/s],
    [["203.0.113.7", "tcp", "192.0.2.1:80", "--flags", "ACK"], /accept \(no-connection\)/],
    [["203.0.113.7", "tcp", "192.0.2.1:80", "--ttl", "1"], /drop \(time-exceeded\)/],
    [["203.0.113.7", "tcp", "192.0.2.1:80", "--payload", "1461"], /too big, MTU 1500/],
    [["203.0.113.7", "sctp", "192.0.2.1:80"], /accept \(no-service\)/],
  ];
  for (const [words, text] of cases) {
    const { status, stdout, stderr } = await uipvs(["explain", "--rules", rules, ...words]);
    t.equal(status, 1, words.join(" "));
    t.equal(stderr, "");
    t.match(stdout, text);
  }
});

t.test("explain refuses what makes no sense with 2", async (t) => {
  const rules = rulesFile(t);
  const cases: readonly [words: readonly string[], sentence: RegExp][] = [
    [["203.0.113.7", "icmp", "192.0.2.1:80"], /Must be tcp, udp or sctp/],
    [["203.0.113.7", "tcp", "192.0.2.1"], /must be ADDRESS:PORT/],
    [["2001:db8::7", "tcp", "192.0.2.1:80"], /ends are of two families/],
    [["203.0.113.7", "udp", "192.0.2.1:53", "--flags", "SYN"], /only TCP has them/],
    [["203.0.113.7", "tcp", "192.0.2.1:80", "--flags", "NOW"], /Must be of FIN, SYN/],
    [["203.0.113.7", "tcp", "192.0.2.1:80", "--fwmark", "0"], /whole number, 1–4294967295/],
  ];
  for (const [words, sentence] of cases) {
    const { status, stdout, stderr } = await uipvs(["explain", "--rules", rules, ...words]);
    t.equal(status, 2, words.join(" "));
    t.equal(stdout, "");
    t.match(stderr, sentence);
  }
  const nobody = join(temporaryFolder(t), "control.sock");
  const asked = ["203.0.113.7", "tcp", "192.0.2.1:80"];
  t.match(await uipvs(["explain", "--socket", nobody, ...asked]), { status: 2, stdout: "" });
});

t.test("explain asks a running director, and leaves it as it was", async (t) => {
  const socket = join(temporaryFolder(t), "control.sock");
  const up = ["up", "--device", "memory", "--socket", socket, "--rules", rulesFile(t)];
  await startUipvs(t, up).printed("\n");
  const env = { UIPVS_SOCKET: socket };
  const list = async () => {
    const table = await uipvs(["ipvsadm", "-L", "-n", "--stats"], { env });
    const connections = await uipvs(["ipvsadm", "-L", "-n", "-c"], { env });
    return [table.stdout, connections.stdout];
  };
  const before = await list();
  const ask = (...words: readonly string[]) => uipvs(["explain", ...words], { env });
  const first = await ask("203.0.113.7", "tcp", "192.0.2.1:443", "--json");
  t.match(JSON.parse(first.stdout), {
    schema: "uipvs/explanation/1",
    outcome: { verdict: "forward", server: { address: "10.0.0.2", port: 443 } },
  });
  t.same(await ask("203.0.113.7", "tcp", "192.0.2.1:443", "--json"), first, "no turn was taken");
  t.same(await list(), before);
});
