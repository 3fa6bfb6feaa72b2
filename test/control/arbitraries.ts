/**
 * What the family `IPVS` can express, for property tests.
 *
 * @module
 */
import fc from "fast-check";
import { type Address, addressFromBytes, type Family, UNSPECIFIED } from "../../src/net/address.ts";
import {
  type DaemonConfig,
  type DestinationConfig,
  type DestinationId,
  type DestinationStatus,
  FORWARDING_METHODS,
  type ServiceConfig,
  type ServiceId,
  type ServiceStatus,
  type StatsSnapshot,
} from "../../src/wire/ipvs-objects.ts";

export const uint8 = fc.nat(0xff);
export const uint16 = fc.nat(0xffff);
export const uint32 = fc.nat(0xffffffff);
export const uint64 = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn });
const family = fc.constantFrom<Family>(4, 6);

export function address(of: Family): fc.Arbitrary<Address> {
  const length = of === 4 ? 4 : 16;
  return fc.uint8Array({ minLength: length, maxLength: length }).map(addressFromBytes);
}

function name(max: number): fc.Arbitrary<string> {
  return fc.stringMatching(/^[a-z][a-z0-9-]*$/, { maxLength: max });
}

export const serviceId: fc.Arbitrary<ServiceId> = family.chain((of) =>
  fc.oneof(
    fc.record({
      family: fc.constant(of),
      protocol: uint16,
      address: address(of),
      port: uint16,
      fwmark: fc.constant(0),
    }),
    fc.record({
      family: fc.constant(of),
      protocol: fc.constant(0),
      address: fc.constant(UNSPECIFIED[of]),
      port: fc.constant(0),
      fwmark: fc.integer({ min: 1, max: 0xffffffff }),
    }),
  ),
);

export const serviceConfig: fc.Arbitrary<ServiceConfig> = fc.record({
  scheduler: name(15),
  flags: uint32,
  timeout: uint32,
  netmask: uint32,
  persistenceEngine: fc.option(name(16), { nil: undefined }),
});

export const stats: fc.Arbitrary<StatsSnapshot> = fc.record({
  conns: uint64,
  inPackets: uint64,
  outPackets: uint64,
  inBytes: uint64,
  outBytes: uint64,
  cps: uint64,
  inPps: uint64,
  outPps: uint64,
  inBps: uint64,
  outBps: uint64,
});

export const serviceStatus: fc.Arbitrary<ServiceStatus> = fc.record({
  id: serviceId,
  config: serviceConfig,
  stats,
});

export const destinationId: fc.Arbitrary<DestinationId> = family.chain((of) =>
  fc.record({ address: address(of), port: uint16 }),
);

export const destinationConfig: fc.Arbitrary<DestinationConfig> = fc.record({
  method: fc.constantFrom(...FORWARDING_METHODS),
  weight: fc.nat(0x7fffffff),
  upperThreshold: uint32,
  lowerThreshold: uint32,
  tunnelType: uint8,
  tunnelPort: uint16,
  tunnelFlags: uint16,
});

export const destinationStatus: fc.Arbitrary<DestinationStatus> = fc.record({
  id: destinationId,
  config: destinationConfig,
  activeConnections: uint32,
  inactiveConnections: uint32,
  persistentConnections: uint32,
  stats,
});

export const daemonConfig: fc.Arbitrary<DaemonConfig> = fc.record({
  role: fc.constantFrom("master" as const, "backup" as const),
  interfaceName: name(15),
  syncId: uint32,
  maxLength: fc.option(uint16, { nil: undefined }),
  group: fc.option(family.chain(address), { nil: undefined }),
  port: fc.option(uint16, { nil: undefined }),
  ttl: fc.option(uint8, { nil: undefined }),
});
