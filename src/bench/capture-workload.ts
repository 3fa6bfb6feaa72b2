/**
 * A capture file as a workload: real packets through all services of a file of rules, at their own times.
 *
 * @module
 */
import * as z from "zod";
import { DEFAULT_PROFILE, PROFILES } from "../engine/profile.ts";
import type { Workload } from "./workload.ts";
import { commonFields } from "./workload-common.ts";

/** Stands for the scheduler that the rules name. */
export const AS_CONFIGURED = "as-configured";

export const captureWorkloadSchema = z.strictObject({
  ...commonFields,
  /** Path of the capture, and of the rules: relative ones begin where the program was started. */
  capture: z.string(),
  rules: z.string(),
  /** The service that is looked at, and given other schedulers; left out, the only one of the rules. */
  service: z.string().optional(),
  schedulers: z.array(z.string()).min(1).default([AS_CONFIGURED]),
  /** Kernel release to decide like. */
  profile: z.enum(Object.keys(PROFILES)).default(DEFAULT_PROFILE.name),
});

/** A workload of captured packets, with all its defaults. */
export type CaptureWorkload = z.infer<typeof captureWorkloadSchema>;

/** Whether a workload is of captured packets. */
export function isCapture(workload: Workload | CaptureWorkload): workload is CaptureWorkload {
  return "capture" in workload;
}
