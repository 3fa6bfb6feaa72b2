import t, { type Test } from "tap";
import { CLIENT, REAL_SERVERS, VIRTUAL } from "../../src/lab/demo/laboratory.ts";
import type { NamespaceLaboratory } from "../../src/lab/demo/namespaces.ts";
import type { DatagramAnswer } from "./datagram-answer.ts";
import {
  everyPacket,
  HostCapture,
  hardwareAddress,
  RIGHT_CHECKSUMS,
  type SeenPacket,
} from "./host-capture.ts";
import {
  helperWords,
  laboratory,
  nothingDropped,
  onRealServers,
  rulesOf,
  setRules,
} from "./laboratory.ts";
import { lackOfLaboratory } from "./requirements.ts";

/** Virtual port, and that of the real servers with NAT; with DR they have the virtual one. */
const PORT = 5300;
const OTHER_PORT = 5301;
const SERVICE = `-u ${VIRTUAL.address}:${PORT}`;
/** The real server that is watched. */
const WATCHED = REAL_SERVERS[0]!;
/** The servers in the order of round robin, which begins with the one added last. */
const TURN = REAL_SERVERS.map(({ name }) => name).reverse();

/** What every request says when it arrives at a real server. */
const REQUEST = { ...RIGHT_CHECKSUMS, from: CLIENT, ttl: "63", protocol: "17" } as const;

/** What every answer says that arrives by way of the director. */
const ANSWER = { ...RIGHT_CHECKSUMS, to: CLIENT, protocol: "17" } as const;

const skip = await lackOfLaboratory("tcpdump", "tshark");

t.test("datagrams and their answers", { skip }, async (t) => {
  const lab = await laboratory(t);
  const [atDirector, atServer] = await Promise.all([
    hardwareAddress(lab.host("director"), "eth0"),
    hardwareAddress(lab.host(WATCHED.name), "eth0"),
  ]);

  t.test("NAT", async (t) => {
    await lab.arrange("masquerade", () => {});
    await onRealServers(lab, ({ name, address }) => serverWords(name, address, OTHER_PORT));

    t.test(
      "a client keeps its server, and the answers come from the virtual address",
      async (t) => {
        await setRules(t, lab, rulesOf(SERVICE, "-s rr", OTHER_PORT, "-m"));
        const { answers, seen } = await exchange(t, lab, 3, 4);
        t.strictSame(
          serversOf(answers),
          TURN.map((name) => Array(4).fill(name)),
        );
        answeredBy(t, answers, () => `${VIRTUAL.address}:${PORT}`);
        const arriving = { to: WATCHED.address, dstPort: `${OTHER_PORT}`, receiver: atServer };
        allArrive(t, seen.server, 4, { ...REQUEST, ...arriving });
        const translated = { from: VIRTUAL.address, srcPort: `${PORT}`, sender: atDirector };
        allArrive(t, seen.client, 12, { ...ANSWER, ...translated, ttl: "63" });
      },
    );

    t.test("each datagram for itself: the answers keep the real server's address", async (t) => {
      await setRules(t, lab, rulesOf(SERVICE, "-s rr -o", OTHER_PORT, "-m"));
      const { answers, seen } = await exchange(t, lab, 1, 12);
      t.strictSame(serversOf(answers), [[...TURN, ...TURN, ...TURN, ...TURN]]);
      // No connection is left that could tell where they belong; so it is with a kernel's ip_vs.
      answeredBy(t, answers, (server) => `${addressOf(server)}:${OTHER_PORT}`);
      const arriving = { to: WATCHED.address, dstPort: `${OTHER_PORT}`, receiver: atServer };
      allArrive(t, seen.server, 4, { ...REQUEST, ...arriving });
      // Given back to the host and forwarded by it: one hop all the same, and the checksum is still the card's.
      const { checksum: _, ...routed } = { ...ANSWER, sender: atDirector, ttl: "63" };
      allArrive(t, seen.client, 12, { ...routed, srcPort: `${OTHER_PORT}` });
    });

    t.test("the director has lost nothing", (t) => nothingDropped(t, lab));
  });

  t.test("DR", async (t) => {
    await lab.arrange("direct-route", () => {});
    await onRealServers(lab, ({ name }) => serverWords(name, VIRTUAL.address, PORT));
    const arriving = { ...REQUEST, to: VIRTUAL.address, dstPort: `${PORT}`, receiver: atServer };

    t.test("a client keeps its server", async (t) => {
      await setRules(t, lab, rulesOf(SERVICE, "-s rr", PORT, "-g"));
      const { answers, seen } = await exchange(t, lab, 3, 4);
      t.strictSame(
        serversOf(answers),
        TURN.map((name) => Array(4).fill(name)),
      );
      answeredBy(t, answers, () => `${VIRTUAL.address}:${PORT}`);
      allArrive(t, seen.server, 4, arriving);
    });

    t.test("each datagram for itself", async (t) => {
      await setRules(t, lab, rulesOf(SERVICE, "-s rr -o", PORT, "-g"));
      const { answers, seen } = await exchange(t, lab, 1, 12);
      t.strictSame(serversOf(answers), [[...TURN, ...TURN, ...TURN, ...TURN]]);
      answeredBy(t, answers, () => `${VIRTUAL.address}:${PORT}`);
      allArrive(t, seen.server, 4, arriving);
    });

    t.test("the director has lost nothing", (t) => nothingDropped(t, lab));
  });
});

/** Asserts that so many packets have arrived, all of them as wanted. */
function allArrive(
  t: Test,
  packets: readonly SeenPacket[],
  count: number,
  wanted: Partial<SeenPacket>,
): void {
  t.equal(packets.length, count, "number of packets");
  everyPacket(t, packets, wanted, "arrived");
}

function serverWords(name: string, address: string, port: number): readonly string[] {
  return helperWords("datagram-server", name, address, `${port}`);
}

/** Has `sockets` clients, one after the other, send `count` datagrams each. */
async function exchange(t: Test, lab: NamespaceLaboratory, sockets: number, count: number) {
  const client = lab.host("client");
  const server = lab.host(WATCHED.name);
  const captures = await Promise.all([
    HostCapture.start(t, server, "eth0", `udp and src host ${CLIENT}`),
    HostCapture.start(t, client, "eth0", `udp and dst host ${CLIENT}`),
  ]);
  const words = [VIRTUAL.address, `${PORT}`, `${sockets}`, `${count}`];
  const output = await client.mustRun(helperWords("datagram-client", ...words));
  const answers = JSON.parse(output) as readonly (readonly DatagramAnswer[])[];
  const expected = Array.from({ length: sockets }, (_, socket) =>
    Array.from({ length: count }, (_, sent) => `datagram ${sent} of socket ${socket}`),
  );
  t.strictSame(
    answers.map((own) => own.map(({ text }) => text)),
    expected,
  );
  const [atServer, atClient] = await Promise.all(captures.map((capture) => capture.stop()));
  return { answers, seen: { server: atServer ?? [], client: atClient ?? [] } };
}

function serversOf(answers: readonly (readonly DatagramAnswer[])[]) {
  return answers.map((own) => own.map(({ server }) => server));
}

/** Asserts where the answers of each server come from. */
function answeredBy(
  t: Test,
  answers: readonly (readonly DatagramAnswer[])[],
  endOf: (server: string) => string,
): void {
  const all = answers.flat();
  t.strictSame(
    all.map(({ from }) => from),
    all.map(({ server }) => endOf(server)),
  );
}

function addressOf(name: string): string | undefined {
  return REAL_SERVERS.find((server) => server.name === name)?.address;
}
