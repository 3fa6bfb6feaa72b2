/**
 * Workloads in files, as YAML or JSON, and those that come with the program, by name.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type * as z from "zod";
import { DEFAULT_PROFILE } from "../engine/profile.ts";
import { Variables } from "../engine/variables.ts";
import { type PartPath, parseLocated, valueAt } from "../yaml/located-document.ts";
import { type CaptureWorkload, captureWorkloadSchema } from "./capture-workload.ts";
import { serverSpecs, type Workload, workloadSchema } from "./workload.ts";

/** Workloads that come with the program. */
const FOLDER = fileURLToPath(new URL("../../../bench/workloads", import.meta.url));
const SUFFIX = ".yaml";

/** A workload that cannot be used; the message says where and why. */
export class WorkloadError extends Error {
  override readonly name = "WorkloadError";
}

/** A workload as it was read, not yet checked, and where its parts stand. */
export interface RawWorkload {
  /** The file as it was named, or empty. */
  readonly path: string;
  readonly value: Readonly<Record<string, unknown>>;
  /** Line of a part, from 1, where there is a file. */
  lineOf(path: PartPath): number | undefined;
}

/** Returns the names of the workloads that come with the program. */
export function workloadNames(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .sort();
}

/**
 * Reads a workload by name, or from a file.
 *
 * @throws WorkloadError for a name that is neither, and for a text that is no YAML
 */
export function readWorkload(name: string): RawWorkload {
  const known = workloadNames();
  const path = known.includes(name) ? join(FOLDER, `${name}${SUFFIX}`) : name;
  if (!existsSync(path)) {
    throw new WorkloadError(
      `Cannot find workload "${name}": must be a file, or one of ${known.join(", ")}`,
    );
  }
  return parseWorkload(readFileSync(path, "utf8"), path);
}

/**
 * Parses the text of a workload.
 *
 * @throws WorkloadError for a text that is no YAML, or no mapping
 */
export function parseWorkload(text: string, path: string): RawWorkload {
  const { value, problems, lineOf } = parseLocated(text);
  const [problem] = problems;
  if (problem !== undefined) {
    const { line, message } = problem;
    throw new WorkloadError(`Cannot read workload "${path}", line ${line}: ${message}`);
  }
  if (!isRecord(value)) throw new WorkloadError(`Cannot read workload "${path}": it is no mapping`);
  return { path, value, lineOf };
}

/** A workload of either kind. */
export type AnyWorkload = Workload | CaptureWorkload;

/**
 * Checks a workload of either kind and fills in what it leaves out.
 *
 * @throws WorkloadError that names file, line, place and value
 */
export function checkAnyWorkload(raw: RawWorkload): AnyWorkload {
  return "capture" in raw.value ? checked(raw, captureWorkloadSchema) : checkWorkload(raw);
}

/**
 * Checks a workload of simulated connections and fills in what it leaves out.
 *
 * @throws WorkloadError that names file, line, place and value
 */
export function checkWorkload(raw: RawWorkload): Workload {
  const workload = checked(raw, workloadSchema);
  checkServers(raw, workload);
  checkNetmask(raw, workload);
  checkVariables(raw, workload);
  const { seconds, arrivals } = workload;
  if (seconds === undefined) return workload;
  return { ...workload, connections: Math.max(1, Math.round(seconds * arrivals.rate)) };
}

function checked<Result>(raw: RawWorkload, schema: z.ZodType<Result>): Result {
  const result = schema.safeParse(raw.value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const found = valueAt(raw.value, issue.path);
  const place = issue.path.length === 0 ? "" : `, ${issue.path.join(".")}`;
  const value = found === undefined ? "" : ` (found ${JSON.stringify(found)})`;
  throw new WorkloadError(`${where(raw, issue.path)}${place}: ${issue.message}${value}`);
}

function checkServers(raw: RawWorkload, workload: Workload): void {
  const servers = serverSpecs(workload).length;
  workload.churn.forEach((each, at) => {
    if (!("server" in each) || each.server === undefined || each.server < servers) return;
    throw new WorkloadError(
      `${where(raw, ["churn", at, "server"])}, churn.${at}.server: there is no server ${each.server}, must be 0–${servers - 1}`,
    );
  });
}

function checkNetmask(raw: RawWorkload, { persistence, service }: Workload): void {
  const bits = service?.address?.includes(":") === true ? 128 : 32;
  if (persistence?.netmask === undefined || persistence.netmask <= bits) return;
  const path = ["persistence", "netmask"];
  throw new WorkloadError(
    `${where(raw, path)}, ${path.join(".")}: must be 1–${bits} (found ${persistence.netmask})`,
  );
}

function checkVariables(raw: RawWorkload, workload: Workload): void {
  const variables = new Variables({ ticksPerSecond: DEFAULT_PROFILE.ticksPerSecond });
  for (const [name, value] of Object.entries(workload.variables)) {
    try {
      variables.write([{ name, value: String(value) }]);
    } catch (error) {
      const path = ["variables", name];
      throw new WorkloadError(
        `${where(raw, path)}, ${path.join(".")}: ${(error as Error).message} (found ${JSON.stringify(value)})`,
      );
    }
  }
}

function where(raw: RawWorkload, path: PartPath): string {
  const line = raw.lineOf(path);
  const place =
    raw.path === "" ? "" : ` "${raw.path}"${line === undefined ? "" : `, line ${line}`}`;
  return `Cannot use workload${place}`;
}

/** Returns the workload with another value at a path such as `servers.0.weight`; missing parts are made. */
export function withValue(raw: RawWorkload, path: string, value: unknown): RawWorkload {
  const copy = structuredClone(raw.value) as Record<string, unknown>;
  const parts = path.split(".");
  const last = parts.pop()!;
  let node: Record<string, unknown> = copy;
  for (const part of parts) {
    if (node[part] === undefined) node[part] = {};
    const next = node[part];
    if (!isRecord(next) && !Array.isArray(next)) {
      throw new WorkloadError(`Cannot set "${path}": "${part}" has no parts`);
    }
    node = next as Record<string, unknown>;
  }
  node[last] = value;
  return { ...raw, value: copy };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
