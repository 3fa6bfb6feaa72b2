/**
 * What a benchmark is made of: connections, clients, durations, servers, and what happens to them.
 *
 * The schema is the only description: files are checked against it, what they leave out comes from it, and
 * the type follows from it. Times are in seconds of virtual time.
 *
 * @module
 */
import * as z from "zod";
import { parseAddress } from "../net/address.ts";
import { commonFields } from "./workload-common.ts";

const positive = z.number().positive();
const count = z.number().int().min(1);
const server = z.number().int().min(0);
const weight = z.number().int().min(0).max(0x7fffffff);

/** Text of an IPv4 or IPv6 address. */
const address = z.string().refine((text) => isAddress(text), "must be an IPv4 or IPv6 address");
const port = z.number().int().min(0).max(65535);

/** When connections begin; `rate` is the mean, in connections a second. */
const arrivals = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("regular"), rate: positive }),
  z.strictObject({ kind: z.literal("poisson"), rate: positive }),
  z
    .strictObject({
      kind: z.literal("bursty"),
      rate: positive,
      /** Rate of a burst, as a multiple of the mean. */
      peak: z.number().min(1).default(5),
      /** Mean length of bursts and of the calm between. */
      burst: positive.default(2),
      calm: positive.default(18),
    })
    .refine(({ peak, burst, calm }) => (peak * burst) / (burst + calm) < 1, {
      message: "bursts alone exceed the mean rate: peak must be below (burst + calm) / burst",
      path: ["peak"],
    }),
]);

/** Addresses next to each other, or spread over a /4. */
const addresses = z.enum(["dense", "scattered"]).default("scattered");

/** Who opens them. */
const clients = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("uniform"), count: count.default(100_000), addresses }),
  z.strictObject({
    kind: z.literal("zipf"),
    count: count.default(100_000),
    exponent: positive.default(1),
    addresses,
  }),
  z.strictObject({ kind: z.literal("nat"), count: count.default(8), addresses }),
  z.strictObject({
    kind: z.literal("hot"),
    count: count.default(100_000),
    /** Part of all connections that is the hot client's. */
    share: z.number().min(0).max(1).default(0.3),
    addresses,
  }),
]);

const mean = positive.default(1);

/** How long they last: seconds, or seconds of work on servers with finite cores. */
const durations = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("fixed"), mean }),
  z.strictObject({ kind: z.literal("exponential"), mean }),
  z.strictObject({ kind: z.literal("pareto"), mean, shape: z.number().gt(1).default(1.5) }),
  z.strictObject({ kind: z.literal("hadoop"), mean }),
  z.strictObject({
    kind: z.literal("cdf"),
    points: z
      .array(z.tuple([z.number().min(0), z.number().min(0).max(1)]))
      .min(2)
      .refine(
        (points) =>
          points.every(([value, probability], at) => {
            const before = points[at - 1];
            return before === undefined || (value >= before[0] && probability > before[1]);
          }) && points.at(-1)![1] === 1,
        "values and probabilities must rise, and the last probability must be 1",
      ),
    mean: positive.optional(),
  }),
]);

/** Real servers that are alike. */
const servers = z
  .strictObject({
    count: count.default(1),
    /** Left out, an address of the simulation's own. */
    address: address.optional(),
    port: port.optional(),
    weight: weight.default(1),
    /** Connections served at full speed at once; left out, any number. */
    cores: positive.optional(),
    /** Seconds of work done in a second. */
    speed: positive.default(1),
    upperThreshold: z.number().int().min(0).default(0),
    lowerThreshold: z.number().int().min(0).default(0),
    /** Not in service in the beginning; an `add` brings them. */
    spare: z.boolean().default(false),
  })
  .refine(({ count, address }) => address === undefined || count === 1, {
    message: "servers with an address are listed one by one",
    path: ["count"],
  });

/** A time in seconds, or as a part of the time all arrivals take. */
const at = z.union([
  z.number().min(0),
  z.string().regex(/^\d+(\.\d+)?%$/, "must be seconds or a per cent such as 40%"),
]);

/** What happens meanwhile. Servers are numbered from 0, in the order of the list. */
const churn = z.discriminatedUnion("action", [
  z.strictObject({ at, action: z.literal("add"), server, weight: weight.optional() }),
  z.strictObject({
    at,
    action: z.literal("remove"),
    /** Left out, chosen by chance. */
    server: server.optional(),
    /** So many at once, this one and others chosen by chance. */
    count: count.default(1),
  }),
  z.strictObject({ at, action: z.literal("reweight"), server, weight }),
  z.strictObject({ at, action: z.literal("drain"), server }),
  z.strictObject({
    at,
    action: z.literal("crash"),
    server,
    /** Until a health checker has the director remove it. */
    detectAfter: z.number().min(0).default(3),
  }),
  z.strictObject({ at, action: z.literal("return"), server }),
  z.strictObject({ at, action: z.literal("failover") }),
]);

export const workloadSchema = z.strictObject({
  ...commonFields,
  connections: z.number().int().min(1).max(100_000_000).default(1_000_000),
  /** Seconds of arrivals, instead of a number of connections. */
  seconds: positive.optional(),
  /** Part of the connections before figures of balance over time and of latency are taken. */
  warmup: z.number().min(0).max(0.99).default(0.1),
  protocol: z.enum(["tcp", "udp"]).default("tcp"),
  schedulers: z.array(z.string()).min(1).default(["wlc"]),
  /** The virtual service; left out, one of the simulation's own. */
  service: z
    .strictObject({
      address: address.optional(),
      port: port.default(80),
      fwmark: z.number().int().min(0).max(0xffffffff).default(0),
    })
    .optional(),
  /** Scheduler flags, as `ipvsadm -b` takes them: flag-1 is sh-fallback and mh-fallback, flag-2 sh-port and mh-port. */
  flags: z.array(z.enum(["flag-1", "flag-2", "flag-3"])).default([]),
  persistence: z
    .strictObject({
      timeout: z.number().int().min(1),
      /** Bits of an address that clients have to share; left out, all. */
      netmask: z.number().int().min(1).max(128).optional(),
    })
    .optional(),
  /** Variables of net.ipv4.vs. */
  variables: z.record(z.string(), z.union([z.number(), z.string()])).default({}),
  /** Slots of the table of `mh`: a build-time choice of the kernel, of its own primes; other primes are for study. */
  mhTable: z
    .number()
    .int()
    .max(10_000_000)
    .refine(isPrime, "must be a prime, such as 4093")
    .default(4093),
  arrivals,
  clients,
  durations,
  servers: z.array(servers).min(1),
  churn: z.array(churn).default([]),
  /** Whether the director that takes over at a failover was told of connections meanwhile. */
  synchronised: z.boolean().default(false),
  /** Packets a client sends when a connection begins: a SYN, an ACK, data. A master tells of one at its third. */
  firstPackets: z.number().int().min(1).max(1000).default(1),
  /** Clients whose server is compared before and after each change of the servers; 0 for no comparison. */
  disruptionClients: z.number().int().min(0).default(10_000),
  /** Whether the imbalance is over the average rounded down to whole connections, as some publications have it. */
  wholeAverage: z.boolean().default(false),
});

/** A workload with all its defaults. */
export type Workload = z.infer<typeof workloadSchema>;
/** One thing that happens. */
export type Churn = Workload["churn"][number];

/** One real server of a workload, with its number. */
export interface ServerSpec {
  readonly number: number;
  readonly weight: number;
  readonly cores: number;
  readonly speed: number;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  readonly spare: boolean;
  readonly address?: string | undefined;
  readonly port?: number | undefined;
}

/** Returns the servers one by one. */
export function serverSpecs(workload: Workload): readonly ServerSpec[] {
  const specs: ServerSpec[] = [];
  for (const { count, cores = Number.POSITIVE_INFINITY, ...rest } of workload.servers) {
    for (let each = 0; each < count; each++) specs.push({ ...rest, cores, number: specs.length });
  }
  return specs;
}

function isAddress(text: string): boolean {
  try {
    parseAddress(text);
    return true;
  } catch {
    return false;
  }
}

function isPrime(value: number): boolean {
  for (let divisor = 2; divisor * divisor <= value; divisor++) {
    if (value % divisor === 0) return false;
  }
  return value >= 2;
}
