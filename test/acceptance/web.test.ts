import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { CLIENT, type LabMethod, REAL_SERVERS, VIRTUAL } from "../../src/lab/demo/laboratory.ts";
import type { LabDevice, NamespaceLaboratory } from "../../src/lab/demo/namespaces.ts";
import { programWords } from "../../src/lab/host-program.ts";
import { parsePage } from "../../src/lab/web-page.ts";
import { temporaryFolder } from "../daemon/support.ts";
import { lackOfDevice } from "../support/packages.ts";
import {
  everyPacket,
  HostCapture,
  hardwareAddress,
  RIGHT_CHECKSUMS,
  type SeenPacket,
  substances,
} from "./host-capture.ts";
import {
  DEVICES,
  helperWords,
  laboratory,
  nothingDropped,
  onRealServers,
  rulesOf,
  setRules,
} from "./laboratory.ts";
import { lackOfLaboratory } from "./requirements.ts";

const PAGE = `http://${VIRTUAL.address}/`;
const REQUESTS = 60;
const SHARE = REQUESTS / REAL_SERVERS.length;
/** The real server that is watched. */
const WATCHED = REAL_SERVERS[0]!;
/** Port of the web servers with NAT, which may be another than the virtual one. */
const OTHER_PORT = 8080;
const BLOB_PORT = 9000;
const BLOB_LENGTH = 50_000_000;
const DIRECTOR = "172.16.16.1";
/** What a sender in bulk brings about that is faster than the director's machine, as TCP expects it. */
const OVERRUNS = ["device-buffer-full", "device-ring-full"];

interface Case {
  readonly name: string;
  readonly method: LabMethod;
  readonly flag: string;
  /** Port of the real servers. */
  readonly port: number;
  /** What a request says when it arrives at the watched real server. */
  readonly arriving: Partial<SeenPacket>;
}

const CASES: readonly Case[] = [
  {
    name: "NAT",
    method: "masquerade",
    flag: "-m",
    port: OTHER_PORT,
    arriving: {
      ...RIGHT_CHECKSUMS,
      from: CLIENT,
      to: WATCHED.address,
      dstPort: `${OTHER_PORT}`,
      protocol: "6",
      ttl: "63",
    },
  },
  {
    name: "DR",
    method: "direct-route",
    flag: "-g",
    port: VIRTUAL.port,
    arriving: {
      ...RIGHT_CHECKSUMS,
      from: CLIENT,
      to: VIRTUAL.address,
      dstPort: `${VIRTUAL.port}`,
      protocol: "6",
      ttl: "63",
    },
  },
  {
    name: "TUN",
    method: "tunnel",
    flag: "-i",
    port: VIRTUAL.port,
    arriving: {
      ipChecksum: "1,1",
      checksum: "1",
      from: `${DIRECTOR},${CLIENT}`,
      to: `${WATCHED.address},${VIRTUAL.address}`,
      dstPort: `${VIRTUAL.port}`,
      protocol: "4,6",
      // The outer header takes the inner one's.
      ttl: "63,63",
    },
  },
];

const skip = await lackOfLaboratory("curl", "tcpdump", "tshark");

for (const device of DEVICES) {
  t.test(
    `web clients and web servers on either side of a ${device} director`,
    { skip: skip || lackOfDevice(device) },
    async (t) => {
      const lab = await laboratory(t, device);
      const blob = randomBytes(BLOB_LENGTH);
      const blobPath = join(temporaryFolder(t), "blob");
      writeFileSync(blobPath, blob);
      await Promise.all([
        onRealServers(lab, ({ name }) => programWords("web-server", name, `${OTHER_PORT}`)),
        onRealServers(lab, () => helperWords("blob-server", `${BLOB_PORT}`, blobPath)),
      ]);

      /** What the director may have dropped of late; nothing until there was a download. */
      let overruns: readonly string[] = [];
      for (const { name, method, flag, port, arriving } of CASES) {
        t.test(name, async (t) => {
          await lab.arrange(method, () => {});
          const pages = rulesOf(`-t ${VIRTUAL.address}:${VIRTUAL.port}`, "-s rr", port, flag);
          const blobs = rulesOf(`-t ${VIRTUAL.address}:${BLOB_PORT}`, "-s rr", BLOB_PORT, flag);
          await setRules(t, lab, pages + blobs);

          t.test(
            "curl is answered by each real server in turn, and no packet is spoilt",
            async (t) => {
              const filter = `tcp port ${VIRTUAL.port} or tcp port ${port} or ip proto 4`;
              const [atClient, atServer] = await Promise.all([
                HostCapture.start(t, lab.host("client"), "eth0", filter),
                HostCapture.start(t, lab.host(WATCHED.name), "eth0", filter),
              ]);
              await answeredInTurn(t, lab);
              const seen = { server: await atServer.stop(), client: await atClient.stop() };
              await requestsArrive(t, lab, asLeft(device, arriving), seen);
              await repliesArrive(
                t,
                lab,
                method === "masquerade",
                asLeft(device, RIGHT_CHECKSUMS),
                seen,
              );
            },
          );

          t.test("the director has lost nothing of that", (t) => nothingDropped(t, lab, overruns));

          t.test("a download of 50 MB arrives as it was sent", async (t) => {
            const line = `curl -sS -m 20 http://${VIRTUAL.address}:${BLOB_PORT}/ | sha256sum`;
            const sum = await lab.host("client").mustRun(["sh", "-c", line], { timeout: 25_000 });
            t.equal(sum.split(" ")[0], createHash("sha256").update(blob).digest("hex"));
          });

          t.test("the director itself can be a client", async (t) => {
            const servers = new Set<string | undefined>();
            for (const _ of REAL_SERVERS) {
              const page = await lab.host("director").mustRun(["curl", "-sS", "-m", "5", PAGE]);
              servers.add(parsePage(page)?.server);
            }
            t.strictSame(
              [...servers].sort(),
              REAL_SERVERS.map((server) => server.name),
            );
          });

          overruns = OVERRUNS;
          t.test("the director has lost nothing else", (t) => nothingDropped(t, lab, overruns));
        });
      }
    },
  );
}

/**
 * What a packet says that arrives: by a ring it has been left to its receiver to complete the checksum of its
 * transport, as the sender on this machine has left it.
 */
function asLeft(device: LabDevice, arriving: Partial<SeenPacket>): Partial<SeenPacket> {
  const { checksum: _, ...rest } = arriving;
  return device === "ring" ? rest : arriving;
}

/** What was seen at the client's and at the watched server's link. */
interface Seen {
  readonly client: readonly SeenPacket[];
  readonly server: readonly SeenPacket[];
}

/** Has one curl after the other fetch the page. */
async function answeredInTurn(t: Test, lab: NamespaceLaboratory): Promise<void> {
  const script = `for i in $(seq ${REQUESTS}); do curl -sS -m 5 ${PAGE} || exit; done`;
  const output = await lab.host("client").mustRun(["sh", "-c", script], { timeout: 30_000 });
  const pages = output.match(/.*\n/g)?.map(parsePage) ?? [];
  t.equal(pages.length, REQUESTS);
  // The server added last is asked first.
  const turn = REAL_SERVERS.map(({ name }) => name).reverse();
  const expected = Array.from({ length: REQUESTS }, (_, index) => turn[index % turn.length]);
  t.strictSame(
    pages.map((page) => page?.server),
    expected,
  );
  t.ok(
    pages.every((page) => page?.client === CLIENT),
    "the servers see the client's address",
  );
}

/** Asserts that requests arrive at the watched server as the method has them, otherwise untouched. */
async function requestsArrive(
  t: Test,
  lab: NamespaceLaboratory,
  arriving: Partial<SeenPacket>,
  seen: Seen,
): Promise<void> {
  const director = await hardwareAddress(lab.host("director"), "eth1");
  const server = await hardwareAddress(lab.host(WATCHED.name), "eth0");
  const received = seen.server.filter(({ sender }) => sender === director);
  const ports = portsOf(received);
  const sent = seen.client.filter(({ from, srcPort }) => from === CLIENT && ports.has(srcPort));
  t.equal(received.filter(isSyn).length, SHARE, "one connection for each request");
  t.ok(received.length >= 4 * SHARE, `${received.length} packets`);
  everyPacket(t, received, { ...arriving, receiver: server }, "arrived at the server");
  everyPacket(t, sent, { ttl: "64", to: VIRTUAL.address }, "left the client");
  t.strictSame(substances(received), substances(sent), "nothing else is changed, added or lost");
}

/** Asserts that replies arrive at the client: from the director, or from the servers directly. */
async function repliesArrive(
  t: Test,
  lab: NamespaceLaboratory,
  throughDirector: boolean,
  checksums: Partial<SeenPacket>,
  seen: Seen,
): Promise<void> {
  const director = await hardwareAddress(lab.host("director"), "eth0");
  const replies = seen.client.filter(({ to, sender }) => {
    return to === CLIENT && (sender === director) === throughDirector;
  });
  const common = { from: VIRTUAL.address, srcPort: `${VIRTUAL.port}`, protocol: "6" };
  t.equal(replies.filter(isSynAck).length, REQUESTS, "one connection for each request");
  if (!throughDirector) {
    everyPacket(t, replies, { ...common, ttl: "64" }, "arrived at the client");
    return;
  }
  everyPacket(t, replies, { ...common, ...checksums, ttl: "63" }, "arrived at the client");
  const sent = seen.server.filter(({ from }) => from === WATCHED.address);
  const ports = portsOf(seen.server.filter(isSyn));
  const received = replies.filter(({ dstPort }) => ports.has(dstPort));
  const translated = sent.map((packet) => ({ ...packet, srcPort: `${VIRTUAL.port}` }));
  t.ok(received.length >= 3 * SHARE, `${received.length} packets`);
  t.strictSame(substances(received), substances(translated), "nothing else is changed or lost");
}

/** Returns the client's ports of requests. */
function portsOf(requests: readonly SeenPacket[]): ReadonlySet<string> {
  return new Set(requests.map(({ srcPort }) => srcPort));
}

function isSyn({ flags }: SeenPacket): boolean {
  return Number(flags) === 0x02;
}

function isSynAck({ flags }: SeenPacket): boolean {
  return Number(flags) === 0x12;
}
