/**
 * What a benchmark is made of: connections, clients, durations, servers, and what happens to them.
 *
 * The schema is the only description: files are checked against it, what they leave out comes from it, and
 * the type follows from it. Times are in seconds of virtual time.
 *
 * @module
 */
import { z } from "zod";
import { MH_TABLE_SIZES } from "../../schedulers/mh.ts";

const positive = z.number().positive();
const count = z.number().int().min(1);
const server = z.number().int().min(0);
const weight = z.number().int().min(0).max(65535);

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
const servers = z.strictObject({
  count: count.default(1),
  weight: weight.default(1),
  /** Connections served at full speed at once; left out, any number. */
  cores: positive.optional(),
  /** Seconds of work done in a second. */
  speed: positive.default(1),
  upperThreshold: z.number().int().min(0).default(0),
  lowerThreshold: z.number().int().min(0).default(0),
  /** Not in service in the beginning; an `add` brings them. */
  spare: z.boolean().default(false),
});

/** A time in seconds, or as a part of the time all arrivals take. */
const at = z.union([
  z.number().min(0),
  z.string().regex(/^\d+(\.\d+)?%$/, "must be seconds or a per cent such as 40%"),
]);

/** What happens meanwhile. Servers are numbered from 0, in the order of the list. */
const churn = z.discriminatedUnion("action", [
  z.strictObject({ at, action: z.literal("add"), server, weight: weight.optional() }),
  z.strictObject({ at, action: z.literal("remove"), server }),
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

/** Values somebody published, to be printed beside ours. */
const published = z.strictObject({
  source: z.string(),
  note: z.string().default(""),
  rows: z.array(
    z.strictObject({
      scheduler: z.string(),
      where: z.record(z.string(), z.union([z.number(), z.string()])).default({}),
      figure: z.string(),
      value: z.number(),
    }),
  ),
});

export const workloadSchema = z.strictObject({
  name: z.string().default("unnamed"),
  description: z.string().default(""),
  connections: z.number().int().min(1).max(100_000_000).default(1_000_000),
  seed: z.number().int().min(0).max(0xffffffff).default(1),
  /** Part of the connections before figures of balance over time and of latency are taken. */
  warmup: z.number().min(0).max(0.9).default(0.1),
  protocol: z.enum(["tcp", "udp"]).default("tcp"),
  schedulers: z.array(z.string()).min(1).default(["wlc"]),
  /** Scheduler flags, as `ipvsadm -b` takes them: flag-1 is sh-fallback and mh-fallback, flag-2 sh-port and mh-port. */
  flags: z.array(z.enum(["flag-1", "flag-2", "flag-3"])).default([]),
  persistence: z
    .strictObject({
      timeout: z.number().int().min(1),
      netmask: z.number().int().min(1).max(32).default(32),
    })
    .optional(),
  /** Variables of net.ipv4.vs. */
  variables: z.record(z.string(), z.union([z.number(), z.string()])).default({}),
  /** Slots of the table of `mh`: a build-time choice of the kernel. */
  mhTable: z
    .number()
    .refine((size) => MH_TABLE_SIZES.includes(size), `must be one of ${MH_TABLE_SIZES.join(", ")}`)
    .default(4093),
  arrivals,
  clients,
  durations,
  servers: z.array(servers).min(1),
  churn: z.array(churn).default([]),
  /** Clients whose server is compared before and after each change of the servers; 0 for no comparison. */
  disruptionClients: z.number().int().min(0).default(10_000),
  repeat: count.default(1),
  /** Values by the path of what they replace, such as `arrivals.rate`; all combinations are run. */
  sweep: z.record(z.string(), z.array(z.union([z.number(), z.string()])).min(1)).default({}),
  published: published.optional(),
});

/** A workload with all its defaults. */
export type Workload = z.infer<typeof workloadSchema>;
/** One thing that happens. */
export type Churn = Workload["churn"][number];
/** Published values. */
export type Published = NonNullable<Workload["published"]>;

/** One real server of a workload, with its number. */
export interface ServerSpec {
  readonly number: number;
  readonly weight: number;
  readonly cores: number;
  readonly speed: number;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  readonly spare: boolean;
}

/** Returns the servers one by one. */
export function serverSpecs(workload: Workload): readonly ServerSpec[] {
  const specs: ServerSpec[] = [];
  for (const { count, cores = Number.POSITIVE_INFINITY, ...rest } of workload.servers) {
    for (let each = 0; each < count; each++) specs.push({ ...rest, cores, number: specs.length });
  }
  return specs;
}
