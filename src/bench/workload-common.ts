/**
 * What every workload says, whether its connections are simulated or come from a capture.
 *
 * @module
 */
import * as z from "zod";

const parameter = z.union([z.number(), z.string(), z.boolean()]);

/** Values somebody published, to be printed beside ours. */
const published = z.strictObject({
  source: z.string(),
  note: z.string().default(""),
  rows: z.array(
    z.strictObject({
      scheduler: z.string(),
      where: z.record(z.string(), parameter).default({}),
      figure: z.string(),
      value: z.number(),
    }),
  ),
});

export const commonFields = {
  name: z.string().default("unnamed"),
  description: z.string().default(""),
  seed: z.number().int().min(0).max(0xffffffff).default(1),
  repeat: z.number().int().min(1).max(10_000).default(1),
  /** Values by the path of what they replace, such as `arrivals.rate`; all combinations are run. */
  sweep: z.record(z.string(), z.array(parameter).min(1)).default({}),
  published: published.optional(),
};

/** A value that is tried, or stands for another. */
export type Parameter = z.infer<typeof parameter>;
/** Published values. */
export type Published = z.infer<typeof published>;
