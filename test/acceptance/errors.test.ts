import { join } from "node:path";
import t, { type Test } from "tap";
import { startProgram } from "../../src/lab/host-program.ts";
import { ROOT } from "../support/files.ts";
import { udp } from "../support/packet.ts";
import {
  type Addresses,
  DualLaboratory,
  end,
  rulesOf,
  SERVERS,
  V4,
  V6,
} from "./dual-laboratory.ts";
import { everyPacket, HostCapture, type SeenPacket } from "./host-capture.ts";
import { helperWords } from "./laboratory.ts";
import { lackOfLaboratory } from "./requirements.ts";

const FAMILIES = [V4, V6];
const UPLOAD = 2_000_000;
const DATAGRAM = 4000;
/** Virtual port of the datagram service, and that of the real servers. */
const PORT = 5300;
const OTHER_PORT = 5301;
/** A port of the real servers at which nobody listens, and the virtual one. */
const CLOSED_PORT = 5401;
const SILENT_PORT = 5400;

const ERROR_FILTER = "((icmp and icmp[0] != 8 and icmp[0] != 0) or (icmp6 and ip6[40] < 128))";
/** A program that sends packets as they are. */
const LAB_SEND = join(ROOT, "dist", "test", "support", "lab-send.js");

/** Types and codes of errors by family: fragmentation needed, port unreachable, time exceeded. */
const ERRORS = {
  4: { tooBig: ["3", "4"], portUnreachable: ["3", "3"], timeExceeded: ["11", "0"], mtu: "1480" },
  6: { tooBig: ["2", "0"], portUnreachable: ["1", "4"], timeExceeded: ["3", "0"], mtu: "1460" },
} as const;

const skip = await lackOfLaboratory("curl", "tcpdump", "tshark", "ping");

t.test("errors, fragments and long packets of both families", { skip }, async (t) => {
  const lab = await DualLaboratory.build(t);
  await Promise.all(
    SERVERS.flatMap((name, index) =>
      FAMILIES.map(({ servers }) => {
        const words = helperWords("datagram-server", name, servers[index]!, `${OTHER_PORT}`);
        return startProgram(lab.host(name), words);
      }),
    ),
  );

  for (const family of FAMILIES) {
    const { virtual, client } = family;
    const errors = ERRORS[family.family];
    const version = `IPv${family.family}`;

    t.test(`${version}: a long datagram and its answer arrive whole through NAT`, async (t) => {
      await lab.arrange(t, false, rulesOf("-u", family, PORT, family, OTHER_PORT, "-m"));
      const capture = await HostCapture.start(t, lab.host("web2"), "eth0", fragmentsTo(family));
      t.equal(await probe(lab, virtual, PORT, DATAGRAM), "web3 whole\n");
      t.equal(await probe(lab, virtual, PORT, DATAGRAM), "web2 whole\n");
      const fragments = await capture.stop();
      t.equal(fragments.length, 3);
      everyPacket(t, fragments, { from: client, to: family.servers[0]! }, "arrived");
    });

    t.test(`${version}: a client hears that a real server's port is closed`, async (t) => {
      await lab.arrange(t, false, rulesOf("-u", family, SILENT_PORT, family, CLOSED_PORT, "-m"));
      const heard = await errorsHeard(t, lab, async () => {
        // The client's host takes it for an answer to its own datagram, from the virtual end.
        t.equal(await probe(lab, virtual, SILENT_PORT, 10), "ECONNREFUSED\n");
      });
      t.equal(heard.length, 1);
      const [type, code] = errors.portUnreachable;
      everyPacket(
        t,
        heard,
        {
          from: `${virtual},${client}`,
          to: `${client},${virtual}`,
          dstPort: `${SILENT_PORT}`,
          icmpType: type,
          icmpCode: code,
          icmpChecksum: "1",
        },
        "was heard",
      );
    });

    t.test(`${version}: a real server hears that a client's port is closed`, async (t) => {
      await lab.arrange(t, false, rulesOf("-u", family, PORT, family, OTHER_PORT, "-m"));
      const web = lab.host("web3");
      const capture = await HostCapture.start(
        t,
        web,
        "eth0",
        `${ERROR_FILTER} and dst host ${family.servers[1]}`,
      );
      // Nobody has the port the answer goes to.
      const packet = udp({ from: end(client, 5555), to: end(virtual, PORT), payload: "anybody" });
      const words = [process.execPath, LAB_SEND, virtual, Buffer.from(packet).toString("hex")];
      await lab.host("client").mustRun(words);
      const heard = await capture.stop();
      t.equal(heard.length, 1);
      const server = family.servers[1]!;
      const [type, code] = errors.portUnreachable;
      everyPacket(
        t,
        heard,
        {
          from: `${client},${server}`,
          to: `${server},${client}`,
          srcPort: `${OTHER_PORT}`,
          icmpType: type,
          icmpCode: code,
          icmpChecksum: "1",
        },
        "was heard",
      );
    });

    t.test(`${version}: a packet whose hops are used up is answered`, async (t) => {
      await lab.arrange(t, false, rulesOf("-u", family, PORT, family, OTHER_PORT, "-m"));
      const heard = await errorsHeard(t, lab, async () => {
        await probe(lab, virtual, PORT, 10, 1);
      });
      t.equal(heard.length, 1);
      const [type, code] = errors.timeExceeded;
      everyPacket(t, heard, { icmpType: type, icmpCode: code, dstPort: `${PORT}` }, "was heard");
      t.equal(heard[0]?.to, `${client},${virtual}`);
    });

    t.test(`${version}: the virtual address answers echo requests`, async (t) => {
      await lab.arrange(t, false, rulesOf("-t", family, 80, family, 80, "-m"));
      const words = ["ping", `-${family.family}`, "-c", "1", "-W", "2", "-t", "1", virtual];
      t.match(await lab.host("client").run(words), { status: 0 });
      const through = ["ping", "-c", "1", "-W", "2", "-t", "2", family.servers[0]!];
      await lab.host("client").ip([`route add ${family.servers[0]} via ${family.outside}`]);
      t.match(await lab.host("client").run(through), { status: 0 }, "and so do hosts behind");
    });

    t.test(`${version}: a long transfer through a tunnel finds the MTU of its path`, async (t) => {
      await lab.arrange(t, true, rulesOf("-t", family, 80, family, 80, "-i"));
      const heard = await errorsHeard(t, lab, () => upload(t, lab, family));
      t.ok(heard.length > 0, "the client was told");
      const [type, code] = errors.tooBig;
      everyPacket(
        t,
        heard,
        {
          from: `${virtual},${client}`,
          to: `${client},${virtual}`,
          icmpType: type,
          icmpCode: code,
          icmpMtu: errors.mtu,
          icmpChecksum: "1",
        },
        "was heard",
      );
    });
  }

  t.test("a router behind the director tells that a tunnel is too wide", async (t) => {
    const { virtual, client, servers } = V4;
    // A real server that is never reached: its packets are too long for the link to it.
    const far = "172.16.77.7";
    await lab.host("director").ip([`route add ${far} via ${servers[0]}`]);
    const router = lab.host("web2");
    await router.ip([
      "link add narrow type veth peer name wall",
      "link set wall up",
      "link set narrow mtu 1300 up",
      `route add ${far} dev narrow`,
    ]);
    await router.setSysctls({ "net/ipv4/ip_forward": 1 });
    await lab.arrange(t, true, [
      `-A -u ${virtual}:${PORT} -s rr`,
      `-a -u ${virtual}:${PORT} -r ${far}:${PORT} -i`,
    ]);
    await lab.host("client").mustRun(["ip", "route", "flush", "cache"]);
    const heard = await errorsHeard(t, lab, async () => {
      for (let count = 0; count < 2; count++) await probe(lab, virtual, PORT, 1400);
    });
    t.equal(heard.length, 2);
    const message = {
      from: `${virtual},${client}`,
      to: `${client},${virtual}`,
      icmpType: "3",
      icmpCode: "4",
      icmpChecksum: "1",
    };
    everyPacket(t, heard, message, "was heard");
    // The first answers with what was known before, as a kernel's ip_vs does.
    t.strictSame(
      heard.map(({ icmpMtu }) => icmpMtu),
      ["1480", "1280"],
    );
  });

  t.test("nothing was lost but what was too long", async (t) => {
    t.strictSame(Object.keys(await lab.drops()).sort(), ["too-big", "tunnel-error"]);
  });
});

/** Has the client send one datagram, and returns what it says of it. */
async function probe(
  lab: DualLaboratory,
  address: string,
  port: number,
  length: number,
  ttl = 64,
): Promise<string> {
  const words = helperWords("datagram-probe", address, `${port}`, `${length}`, `${ttl}`);
  return lab.host("client").mustRun(words);
}

/** Returns the errors the client gets meanwhile. */
async function errorsHeard(
  t: Test,
  lab: DualLaboratory,
  meanwhile: () => Promise<void>,
): Promise<readonly SeenPacket[]> {
  const capture = await HostCapture.start(t, lab.host("client"), "eth0", ERROR_FILTER);
  await meanwhile();
  return capture.stop();
}

function fragmentsTo({ family, client }: Addresses): string {
  const fragment = family === 4 ? "ip[6:2] & 0x3fff != 0" : "ip6[6] == 44";
  return `src host ${client} and ${fragment}`;
}

/** Has the client send a file to the service. */
async function upload(t: Test, lab: DualLaboratory, { virtual }: Addresses): Promise<void> {
  const url = `http://${end(virtual, 80)}/file`;
  const words = ["curl", "-gsS", "-m", "20", "-T", "-", "-H", "Expect:", url];
  const stdin = "x".repeat(UPLOAD);
  t.match(await lab.host("client").run(words, { stdin, timeout: 25_000 }), {
    status: 0,
    stdout: `web3 ${UPLOAD}`,
    stderr: "",
  });
}
