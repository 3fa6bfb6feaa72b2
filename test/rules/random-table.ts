/**
 * Random services with their destinations, for property tests.
 *
 * @module
 */
import fc from "fast-check";
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

export interface RandomServer {
  readonly id: { readonly address: Address; readonly port: number };
  readonly config: DestinationConfig;
}

export interface RandomService {
  readonly id: ServiceId;
  readonly config: ServiceConfig;
  readonly servers: readonly RandomServer[];
}

export interface RandomTable {
  readonly services: readonly RandomService[];
  readonly timeouts: { readonly tcp: number; readonly tcpFin: number; readonly udp: number };
}

/** What identities are drawn from: few, and tables have much in common; many, and they grow large. */
interface Pool {
  /** Numbers of hosts, 1–65535. */
  readonly host: fc.Arbitrary<number>;
  readonly fwmark: fc.Arbitrary<number>;
}

const FEW: Pool = {
  host: fc.integer({ min: 1, max: 5 }),
  fwmark: fc.constantFrom(1, 0x80000000, 0xffffffff),
};
const MANY: Pool = {
  host: fc.integer({ min: 1, max: 0xffff }),
  fwmark: fc.integer({ min: 1, max: 0xffffffff }),
};

const family = fc.constantFrom(4 as const, 6 as const);
const port = fc.constantFrom(0, 80, 65535);

function address(of: 4 | 6, number: number) {
  if (of === 4) return ipv4Address(0x0a000000 + number);
  const [high, low] = [number >> 8, number & 0xff];
  return addressFromBytes(
    Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, high, low),
  );
}

const serviceId = ({ host, fwmark }: Pool): fc.Arbitrary<ServiceId> =>
  fc.oneof(
    fc
      .record({ family, fwmark })
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

const server = (of: 4 | 6, { host }: Pool): fc.Arbitrary<RandomServer> =>
  fc.record({ family, host, port, config: serverConfig }).map(({ family, host, port, config }) => ({
    id: { address: address(config.method === "tunnel" ? family : of, host), port },
    config,
  }));

const service = (pool: Pool): fc.Arbitrary<RandomService> =>
  serviceId(pool).chain((id) =>
    fc.record({
      id: fc.constant(id),
      config: serviceConfig(id.family),
      servers: fc.uniqueArray(server(id.family, pool), {
        maxLength: 4,
        selector: ({ id }) => `${[...id.address.words]} ${id.address.family} ${id.port}`,
      }),
    }),
  );

function keyOf({ id }: RandomService): string {
  return `${id.family} ${id.protocol} ${[...id.address.words]} ${id.port} ${id.fwmark}`;
}

/** A small table; two of them have much in common. */
export const randomTable: fc.Arbitrary<RandomTable> = fc.record({
  services: fc.uniqueArray(service(FEW), { maxLength: 5, selector: keyOf }),
  timeouts: fc.record({
    tcp: fc.integer({ min: 1, max: 3600 }),
    tcpFin: fc.integer({ min: 1, max: 3600 }),
    udp: fc.integer({ min: 1, max: 3600 }),
  }),
});

/** Returns that many services, the same ones each time. */
export function manyServices(count: number): readonly RandomService[] {
  const drawn = fc.sample(service(MANY), { numRuns: count * 2, seed: 1 });
  const services = new Map(drawn.map((one) => [keyOf(one), one]));
  if (services.size < count) throw new Error(`Only ${services.size} services were drawn`);
  return [...services.values()].slice(0, count);
}

/** Whether ipvsadm has options, and no objection, for all a service is. */
export function isSayable(service: RandomService): boolean {
  const { id, config, servers } = service;
  const marked = id.fwmark !== 0;
  const persistent = (config.flags & SERVICE_FLAG.persistent) !== 0;
  const onePacket = (config.flags & SERVICE_FLAG.onePacket) !== 0;
  return (
    (marked || ((id.port !== 0 || persistent) && (!onePacket || id.protocol === UDP))) &&
    servers.every((server) => isSayableServer(service, server))
  );
}

/** Whether ipvsadm has options, and no objection, for all a real server of a service is. */
export function isSayableServer({ id }: RandomService, server: RandomServer): boolean {
  const { method, tunnelType, tunnelFlags } = server.config;
  const remoteGre = tunnelType === TUNNEL_TYPE.gre && tunnelFlags === TUNNEL_FLAG.remoteChecksum;
  return (
    !["local", "bypass"].includes(method) &&
    (id.fwmark !== 0 || method === "masquerade" || server.id.port === id.port) &&
    !(method === "tunnel" && remoteGre)
  );
}
