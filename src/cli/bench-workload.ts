/**
 * The workload `uipvs bench` is told: a name or a file, with what the command line changes in it, and with the
 * service of a file of rules, or a capture.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { parse as parseYaml } from "yaml";
import { configuredService } from "../bench/configured-service.ts";
import { withService } from "../bench/configured-workload.ts";
import {
  type RawWorkload,
  readWorkload,
  WorkloadError,
  withValue,
} from "../bench/workload-file.ts";
import { type Remark, remarkText } from "../keepalived/remark.ts";
import { countRecords } from "../replay/replay.ts";
import type { BenchOptions } from "./bench.ts";

const DEFAULT_WORKLOAD = "web";

/** A workload that is ready to be planned. */
export interface PreparedWorkload {
  readonly raw: RawWorkload;
  /** Packets of its capture; none without one. */
  readonly packets?: number;
  /** Of the capture and its rules. */
  readonly digest?: string;
}

/**
 * Reads the workload and changes it as told.
 *
 * @param onRemark told what of a configuration is not simulated
 * @throws WorkloadError for what cannot be used
 * @throws the errors of rules and captures that cannot be read
 */
export async function prepareWorkload(
  name: string | undefined,
  options: BenchOptions,
  onRemark: (text: string) => void,
): Promise<PreparedWorkload> {
  const raw = withFiles(base(name, options), options);
  const { capture, rules, service, ...rest } = raw.value;
  const chosen = typeof service === "string" ? service : undefined;
  const told = { onRemark: (each: Remark) => onRemark(remarkText(each)) };
  if (typeof capture === "string") {
    if (typeof rules !== "string") {
      throw new WorkloadError(`Cannot use the capture "${capture}": give the rules with --rules`);
    }
    const { name } = await configuredService(rules, chosen, told);
    if (name.startsWith("FWM")) {
      throw new WorkloadError(`Cannot look at ${name}: packets of a capture have no firewall mark`);
    }
    const packets = await countRecords(capture);
    return { raw: changed(raw, options), packets, digest: digestOf([capture, rules]) };
  }
  if (typeof rules !== "string") {
    if (options.service !== undefined) {
      throw new WorkloadError("Cannot use --service: it needs --rules");
    }
    return { raw: changed(raw, options) };
  }
  const configured = await configuredService(rules, chosen, told);
  return { raw: changed(withService({ ...raw, value: rest }, configured, onRemark), options) };
}

/** Returns the workload as it stands, or an empty one for a capture of the command line. */
function base(name: string | undefined, { capture }: BenchOptions): RawWorkload {
  if (capture === undefined) return readWorkload(name ?? DEFAULT_WORKLOAD);
  if (name === undefined) return { path: "", value: { name: capture }, lineOf: () => undefined };
  const raw = readWorkload(name);
  if ("capture" in raw.value) return raw;
  throw new WorkloadError(
    `Cannot use --capture with workload "${name}": connections are the capture's or the workload's`,
  );
}

/** Puts files of the command line in; those a workload names are looked for from its own folder. */
function withFiles(raw: RawWorkload, { capture, rules, service }: BenchOptions): RawWorkload {
  const value = { ...raw.value };
  for (const key of ["capture", "rules"] as const) {
    const path = value[key];
    if (typeof path === "string" && !isAbsolute(path)) value[key] = join(dirname(raw.path), path);
  }
  const given = Object.entries({ capture, rules, service }).filter(
    ([, each]) => each !== undefined,
  );
  return { ...raw, value: { ...value, ...Object.fromEntries(given) } };
}

function changed(raw: RawWorkload, options: BenchOptions): RawWorkload {
  const { compare, connections, seed, repeat, set, sweep } = options;
  let result = raw;
  const put = (path: string, value: unknown) => {
    result = withValue(result, path, value);
  };
  if (compare !== undefined) put("schedulers", compare);
  if (connections !== undefined) put("connections", connections);
  if (seed !== undefined) put("seed", seed);
  if (repeat !== undefined) put("repeat", repeat);
  for (const [path, text] of set) put(path, parseYaml(text));
  if (sweep.length > 0) {
    const values = sweep.map(([path, text]) => [
      path,
      text.split(",").map((each) => parseYaml(each)),
    ]);
    put("sweep", Object.fromEntries(values));
  }
  return result;
}

/** Returns a digest of files, so that results over other ones are not joined. */
function digestOf(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(readFileSync(path));
  return hash.digest("hex");
}
