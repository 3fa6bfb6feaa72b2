import fc from "fast-check";
import t from "tap";
import type { Backend } from "../../src/control/backend.ts";
import { type Address, addressFromBytes, ipv4Address, UNSPECIFIED } from "../../src/net/address.ts";
import { UDP } from "../../src/net/protocol.ts";
import {
  type DestinationConfig,
  SERVICE_FLAG,
  type ServiceConfig,
  type ServiceId,
  TUNNEL_FLAG,
  TUNNEL_TYPE,
} from "../../src/wire/ipvs-objects.ts";
import { apply, diff, documentOf, emptyBackend, ipvsadm } from "./support.ts";

interface RandomServer {
  readonly id: { readonly address: Address; readonly port: number };
  readonly config: DestinationConfig;
}

interface RandomService {
  readonly id: ServiceId;
  readonly config: ServiceConfig;
  readonly servers: readonly RandomServer[];
}

interface RandomTable {
  readonly services: readonly RandomService[];
  readonly timeouts: { readonly tcp: number; readonly tcpFin: number; readonly udp: number };
}

const family = fc.constantFrom(4 as const, 6 as const);
/** Few, so that tables have much in common. */
const host = fc.integer({ min: 1, max: 5 });
const port = fc.constantFrom(0, 80, 65535);

function address(of: 4 | 6, number: number) {
  if (of === 4) return ipv4Address(0x0a000000 + number);
  return addressFromBytes(
    Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number),
  );
}

const serviceId: fc.Arbitrary<ServiceId> = fc.oneof(
  fc
    .record({ family, fwmark: fc.constantFrom(1, 0x80000000, 0xffffffff) })
    .map((id) => ({ ...id, protocol: 0, address: UNSPECIFIED[id.family], port: 0 })),
  fc
    .record({ family, protocol: fc.constantFrom(6, 17, 132), host, port })
    .map(({ host, ...id }) => ({ ...id, address: address(id.family, host), fwmark: 0 })),
);

function serviceConfig(of: 4 | 6): fc.Arbitrary<ServiceConfig> {
  return fc.record({
    scheduler: fc.constantFrom("rr", "wlc", "sh", "mh", "none"),
    flags: fc.integer({ min: 0, max: 0x3f }).map((bits) => bits & ~0x2),
    timeout: fc.integer({ min: 1, max: 2678400 }),
    netmask:
      of === 4 ? fc.constantFrom(0xffffffff, 0xffffff00, 0) : fc.integer({ min: 1, max: 128 }),
    persistenceEngine: fc.constantFrom(undefined, "sip"),
  });
}

const serverConfig: fc.Arbitrary<DestinationConfig> = fc
  .record({
    method: fc.constantFrom("masquerade", "local", "tunnel", "direct-route", "bypass"),
    weight: fc.constantFrom(0, 1, 2147483647),
    upperThreshold: fc.constantFrom(0, 10, 2147483647),
    lowerThreshold: fc.constantFrom(0, 5),
    tunnelType: fc.constantFrom(...Object.values(TUNNEL_TYPE)),
    tunnelPort: fc.integer({ min: 1, max: 65535 }),
    tunnelFlags: fc.constantFrom(...Object.values(TUNNEL_FLAG)),
  })
  .map((config) =>
    config.lowerThreshold > config.upperThreshold ? { ...config, lowerThreshold: 0 } : config,
  );

const server = (of: 4 | 6): fc.Arbitrary<RandomServer> =>
  fc.record({ family, host, port, config: serverConfig }).map(({ family, host, port, config }) => ({
    id: { address: address(config.method === "tunnel" ? family : of, host), port },
    config,
  }));

const service = serviceId.chain((id) =>
  fc.record({
    id: fc.constant(id),
    config: serviceConfig(id.family),
    servers: fc.uniqueArray(server(id.family), {
      maxLength: 4,
      selector: ({ id }) => `${[...id.address.words]} ${id.address.family} ${id.port}`,
    }),
  }),
);

const table: fc.Arbitrary<RandomTable> = fc.record({
  services: fc.uniqueArray(service, {
    maxLength: 5,
    selector: ({ id }) =>
      `${id.family} ${id.protocol} ${[...id.address.words]} ${id.port} ${id.fwmark}`,
  }),
  timeouts: fc.record({
    tcp: fc.integer({ min: 1, max: 3600 }),
    tcpFin: fc.integer({ min: 1, max: 3600 }),
    udp: fc.integer({ min: 1, max: 3600 }),
  }),
});

async function backendOf({ services, timeouts }: RandomTable): Promise<Backend> {
  const backend = emptyBackend();
  await backend.setTimeouts(timeouts);
  for (const { id, config, servers } of services) {
    await backend.addService(id, config);
    for (const server of servers) await backend.addDestination(id, server.id, server.config);
  }
  return backend;
}

t.test(
  "a table listed as JSON and applied to an empty one is there again, order included",
  async (t) => {
    await fc.assert(
      fc.asyncProperty(table, async (random) => {
        const document = await documentOf(await backendOf(random));
        const copy = emptyBackend();
        await apply(copy, document);
        t.equal(await documentOf(copy), document);
      }),
      { numRuns: 60 },
    );
  },
);

t.test("a table applied to any other with pruning leaves no difference", async (t) => {
  await fc.assert(
    fc.asyncProperty(table, table, async (random, other) => {
      const document = await documentOf(await backendOf(random));
      const backend = await backendOf(other);
      await apply(backend, document, true);
      t.same(await diff(backend, document), []);
    }),
    { numRuns: 60 },
  );
});

const sayableTable = table.map((random) => ({
  ...random,
  services: random.services.filter(isSayable),
}));

/** Whether ipvsadm has options, and no objection, for all a service is. */
function isSayable({ id, config, servers }: RandomService): boolean {
  const marked = id.fwmark !== 0;
  const persistent = (config.flags & SERVICE_FLAG.persistent) !== 0;
  const onePacket = (config.flags & SERVICE_FLAG.onePacket) !== 0;
  return (
    (marked || ((id.port !== 0 || persistent) && (!onePacket || id.protocol === UDP))) &&
    servers.every(({ id: server, config }) => {
      const { method, tunnelType, tunnelFlags } = config;
      const remoteGre =
        tunnelType === TUNNEL_TYPE.gre && tunnelFlags === TUNNEL_FLAG.remoteChecksum;
      return (
        !["local", "bypass"].includes(method) &&
        (marked || method === "masquerade" || server.port === id.port) &&
        !(method === "tunnel" && remoteGre)
      );
    })
  );
}

t.test("the commands of a difference do what applying does, where options say all", async (t) => {
  await fc.assert(
    fc.asyncProperty(sayableTable, table, async (random, other) => {
      const document = await documentOf(await backendOf(random));
      const backend = await backendOf(other);
      const lines = await diff(backend, document);
      const rules = lines.map((line) => line.slice(2)).join("\n");
      const { stderr } = await ipvsadm(backend, ["-R"], rules);
      t.equal(stderr, "");
      t.same(await diff(backend, document), []);
    }),
    { numRuns: 60 },
  );
});
