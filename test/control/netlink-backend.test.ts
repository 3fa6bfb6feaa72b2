import fc from "fast-check";
import t, { type Test } from "tap";
import { IpvsError } from "../../src/base/error.ts";
import type { StatusFile } from "../../src/control/backend.ts";
import { DirectTransport } from "../../src/control/direct-transport.ts";
import { DirectorClient } from "../../src/control/director-client.ts";
import { NetlinkBackend } from "../../src/control/netlink-backend.ts";
import { NetlinkServer, type NetlinkServerOptions } from "../../src/control/netlink-server.ts";
import { SocketTransport } from "../../src/control/socket-transport.ts";
import type { Transport } from "../../src/control/transport.ts";
import { parseAddress } from "../../src/net/address.ts";
import { NO_TRAFFIC } from "../../src/wire/ipvs-objects.ts";
import { isLast, messagesIn } from "../../src/wire/netlink.ts";
import { MessageWriter } from "../../src/wire/netlink-writer.ts";
import { textOf } from "../support/text-of.ts";
import * as arbitrary from "./arbitraries.ts";
import { listen, newPath } from "./socket-server.ts";
import { DIRECT, FakeAdministration, markService, PLAIN, tcpService } from "./support.ts";

const WEB = tcpService("10.0.0.100", 80);
const WEB6 = tcpService("2001:db8::100", 80);
const MARK = markService(7);

/** The ways to a server, all of which must do the same. */
const WAYS: Readonly<
  Record<string, (peer: NetlinkServer) => Promise<readonly [Transport, () => Promise<void>]>>
> = {
  "in this process": async (peer) => [new DirectTransport(peer), async () => {}],
  "on a socket": async (peer) => {
    const path = newPath();
    const close = await listen(path, (socket, chunk) => socket.write(peer.answer(chunk)));
    return [await SocketTransport.connect(path), close];
  },
  "on a socket that gives single bytes": async (peer) => {
    const path = newPath();
    const close = await listen(path, (socket, chunk) => {
      socket.setNoDelay(true);
      for (const byte of peer.answer(chunk)) socket.write(Uint8Array.of(byte));
    });
    return [await SocketTransport.connect(path), close];
  },
};

for (const [way, connect] of Object.entries(WAYS)) {
  const begin = async (t: Test, options: NetlinkServerOptions = {}) => {
    const administration = new FakeAdministration();
    const [transport, close] = await connect(new NetlinkServer(administration, options));
    const backend = new NetlinkBackend(transport);
    t.teardown(async () => {
      await backend.close();
      await close();
    });
    return { administration, transport, backend };
  };

  t.test(`${way}: services are added, edited, listed and deleted`, async (t) => {
    const { backend } = await begin(t);
    await backend.addService(WEB, PLAIN);
    await backend.addService(WEB6, { ...PLAIN, netmask: 64, persistenceEngine: "sip" });
    await backend.addService(MARK, { ...PLAIN, scheduler: "rr", flags: 1, timeout: 300 });
    t.same(await backend.services(), [
      {
        id: MARK,
        config: { ...PLAIN, scheduler: "rr", flags: 3, timeout: 300 },
        stats: NO_TRAFFIC,
      },
      {
        id: WEB6,
        config: { ...PLAIN, flags: 2, netmask: 64, persistenceEngine: "sip" },
        stats: NO_TRAFFIC,
      },
      { id: WEB, config: { ...PLAIN, flags: 2 }, stats: NO_TRAFFIC },
    ]);
    await backend.editService(WEB, { ...PLAIN, scheduler: "rr", netmask: 0xffffff00 });
    t.match((await backend.service(WEB)).config, { scheduler: "rr", netmask: 0xffffff00 });
    await backend.deleteService(WEB6);
    await t.rejects(backend.service(WEB6), { code: "ESRCH" });
    await backend.flush();
    t.same(await backend.services(), []);
  });

  t.test(`${way}: destinations are added, edited, listed and deleted`, async (t) => {
    const { backend } = await begin(t);
    await backend.addService(WEB, PLAIN);
    const one = { address: parseAddress("192.168.10.11"), port: 80 };
    const two = { address: parseAddress("2001:db8::12"), port: 8080 };
    const tunnel = {
      ...DIRECT,
      method: "tunnel" as const,
      weight: 3,
      upperThreshold: 10,
      lowerThreshold: 5,
      tunnelType: 1,
      tunnelPort: 6080,
      tunnelFlags: 1,
    };
    await backend.addDestination(WEB, one, DIRECT);
    await backend.addDestination(WEB, two, tunnel);
    t.match(await backend.destinations(WEB), [
      { id: two, config: tunnel, stats: NO_TRAFFIC },
      { id: one, config: DIRECT },
    ]);
    await backend.editDestination(WEB, one, { ...DIRECT, method: "bypass", weight: 0 });
    t.match((await backend.destinations(WEB))[1]?.config, { method: "bypass", weight: 0 });
    await backend.deleteDestination(WEB, two);
    t.equal((await backend.destinations(WEB)).length, 1);
    t.same(await backend.destinations(WEB6), [], "of no service");
  });

  t.test(`${way}: a refusal keeps its code and says why`, async (t) => {
    const { backend } = await begin(t);
    await backend.addService(WEB, PLAIN);
    await t.rejects(backend.addService(WEB, PLAIN), { code: "EEXIST", message: "Service exists" });
    await t.rejects(backend.addService(MARK, { ...PLAIN, scheduler: "best" }), {
      code: "ENOENT",
      message: 'Unknown scheduler "best"',
    });
    await t.rejects(backend.zero(WEB6), { code: "ESRCH" });
    const id = { address: parseAddress("192.168.10.11"), port: 80 };
    await t.rejects(backend.addDestination(WEB, id, { ...DIRECT, weight: -1 }), {
      code: "ERANGE",
    });
    await t.rejects(backend.stopDaemon("master"), { code: "ESRCH" });
    t.same(await backend.info(), { version: 0x010201, connectionTableSize: 4096 });
  });

  t.test(`${way}: counters, timeouts and daemons are read and set`, async (t) => {
    const { backend, administration } = await begin(t);
    await backend.addService(WEB, PLAIN);
    const stats = { ...NO_TRAFFIC, conns: 0x1_0000_0001n, outBytes: 2n ** 60n };
    administration.observe(WEB, stats);
    t.same((await backend.service(WEB)).stats, stats);
    await backend.zero();
    t.same((await backend.service(WEB)).stats, NO_TRAFFIC);
    await backend.setTimeouts({ tcp: 10, tcpFin: 0, udp: 30 });
    t.same(await backend.timeouts(), { tcp: 10, tcpFin: 120, udp: 30 });
    const master = {
      role: "master" as const,
      interfaceName: "lo",
      syncId: 7,
      maxLength: 1460,
      group: parseAddress("ff02::51"),
      port: 8848,
      ttl: 1,
    };
    await backend.startDaemon(master);
    t.same(await backend.daemons(), [master]);
    await backend.stopDaemon("master");
    t.same(await backend.daemons(), []);
  });

  t.test(`${way}: requests may overlap`, async (t) => {
    const { backend, transport } = await begin(t, { statusFile: (name) => [name] });
    const director = new DirectorClient(transport);
    const added = [1, 2, 3, 4].map((mark) => backend.addService(markService(mark), PLAIN));
    const file = textOf(director.statusFile("ip_vs_app"));
    const refused = t.rejects(backend.service(WEB), { code: "ESRCH" });
    await Promise.all([...added, refused]);
    t.equal(await file, "ip_vs_app");
    t.equal((await backend.services()).length, 4);
  });

  t.test(`${way}: status files, variables and state of the director are read`, async (t) => {
    const sysctls = new Map([
      ["expire_nodest_conn", "0"],
      ["sync_threshold", "3\t50"],
    ]);
    const long = "0123456789abcdé€😀".repeat(5000);
    let stopped = 0;
    const { backend, transport } = await begin(t, {
      statusFile: (name, ticks) =>
        name === "ip_vs_conn" ? [`first ${ticks}\n`, "", long] : undefined,
      sysctls: {
        names: () => sysctls.keys(),
        get: (name) => sysctls.get(name),
        set: (settings) => {
          const unknown = settings.find(({ name }) => !sysctls.has(name));
          if (unknown !== undefined) throw new IpvsError("ENOENT", unknown.name);
          for (const { name, value } of settings) sysctls.set(name, value);
        },
      },
      status: () => [
        { name: "version", value: "1.2.3" },
        { name: "uptime", value: 2n ** 63n },
      ],
      stop: () => void stopped++,
    });
    const director = new DirectorClient(transport);
    t.equal(await textOf(backend.statusFile("ip_vs_conn")), `first undefined\n${long}`);
    t.equal(await textOf(director.statusFile("ip_vs_conn", 100)), `first 100\n${long}`);
    await t.rejects(textOf(director.statusFile("ip_vs_conn", 0)), { code: "EINVAL" });
    await t.rejects(textOf(backend.statusFile("ip_vs_app")), { code: "ENOENT" });
    await t.rejects(textOf(director.statusFile("")), { code: "ENOENT" });
    await director.setSysctl("expire_nodest_conn", "1");
    t.equal(await director.sysctl("expire_nodest_conn"), "1");
    t.same(await director.sysctls(), [
      { name: "expire_nodest_conn", value: "1" },
      { name: "sync_threshold", value: "3\t50" },
    ]);
    await t.rejects(director.sysctl("no_such"), { code: "ENOENT" });
    await t.rejects(director.setSysctl("no_such", "1"), { code: "ENOENT" });
    const expire = (value: string) => ({ name: "expire_nodest_conn", value });
    const refused = director.setSysctls([expire("7"), { name: "no_such", value: "1" }]);
    await t.rejects(refused, { code: "ENOENT", message: "no_such" });
    t.equal(await director.sysctl("expire_nodest_conn"), "1");
    await director.setSysctls([expire("7"), { name: "sync_threshold", value: "5" }]);
    t.equal(await director.sysctl("expire_nodest_conn"), "7");
    t.equal(await director.sysctl("sync_threshold"), "5");
    t.same(await director.status(), [
      { name: "version", value: "1.2.3" },
      { name: "uptime", value: 2n ** 63n },
    ]);
    await director.stop();
    t.equal(stopped, 1);
  });

  t.test(`${way}: what a director does not offer is refused with EOPNOTSUPP`, async (t) => {
    const { backend, transport } = await begin(t);
    const director = new DirectorClient(transport);
    const requests: readonly (() => Promise<unknown>)[] = [
      () => textOf(backend.statusFile("ip_vs")),
      () => director.sysctls(),
      () => director.sysctl("x"),
      () => director.setSysctl("x", "1"),
      () => director.setSysctls([{ name: "x", value: "1" }]),
      () => director.status(),
      () => director.stop(),
    ];
    for (const ask of requests) await t.rejects(ask, { code: "EOPNOTSUPP" });
  });
}

t.test("what is added is listed as it was told", async (t) => {
  const administration = new FakeAdministration();
  const backend = new NetlinkBackend(new DirectTransport(new NetlinkServer(administration)));
  await fc.assert(
    fc.asyncProperty(arbitrary.serviceId, arbitrary.serviceConfig, async (id, config) => {
      await backend.flush();
      await backend.addService(id, { ...config, scheduler: "rr" });
      const [listed] = await backend.services();
      t.same(listed?.id, id);
      t.same(listed?.config, { ...config, scheduler: "rr", flags: (config.flags | 2) >>> 0 });
    }),
    { numRuns: 50 },
  );
});

t.test("the kernel's files may be read elsewhere", async (t) => {
  const statusFile = async function* (name: StatusFile): AsyncGenerator<string> {
    yield `of ${name}`;
  };
  const peer = new NetlinkServer(new FakeAdministration());
  const backend = new NetlinkBackend(new DirectTransport(peer), { statusFile });
  t.equal(await textOf(backend.statusFile("ip_vs_stats")), "of ip_vs_stats");
});

t.test("a peer without the family is told apart from one that refuses", async (t) => {
  const peer = new NetlinkServer(new FakeAdministration());
  const nameless = {
    answer: (bytes: Uint8Array) =>
      peer.answer(Uint8Array.from(bytes, (byte) => (byte === 0x56 ? 0x57 : byte))),
  };
  const backend = new NetlinkBackend(new DirectTransport(nameless));
  await t.rejects(backend.info(), { code: "ENOPROTOOPT" });
});

t.test("answers that make no sense are refused with EIO", async (t) => {
  const peer = new NetlinkServer(new FakeAdministration());
  const broken = (change: (answer: Uint8Array) => Uint8Array) =>
    new NetlinkBackend(new DirectTransport({ answer: (bytes) => change(peer.answer(bytes)) }));
  const cases: Record<string, (answer: Uint8Array) => Uint8Array> = {
    "no bytes": () => new Uint8Array(0),
    "cut off": (answer) => answer.subarray(0, answer.length - 8),
    "another sequence": (answer) => {
      answer[8]! ^= 1;
      return answer;
    },
    "a last message of 18 bytes": (answer) => {
      const [last] = [...messagesIn(answer)].slice(-1);
      return new MessageWriter().message(last!, () => {}).take();
    },
    "no reply before the last": (answer) => {
      const last = [...messagesIn(answer)].find(isLast)!;
      return last.bytes;
    },
  };
  for (const [what, change] of Object.entries(cases)) {
    await t.rejects(broken(change).info(), { code: "EIO" }, what);
  }
});

t.test("an error number nobody knows is quoted", async (t) => {
  const peer = new NetlinkServer(new FakeAdministration());
  let asked = 0;
  const answer = (bytes: Uint8Array): Uint8Array => {
    if (asked++ === 0) return peer.answer(bytes);
    return new MessageWriter().outcome([...messagesIn(bytes)][0]!, 105).take();
  };
  const backend = new NetlinkBackend(new DirectTransport({ answer }));
  await t.rejects(backend.info(), { code: "EIO", message: /105/ });
});
