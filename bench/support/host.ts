/**
 * The machine a benchmark ran on, for its report.
 *
 * @module
 */
import { cpus, loadavg, release, totalmem } from "node:os";

/** What a reader must know to judge figures. */
export interface HostDescription {
  readonly node: string;
  readonly kernel: string;
  readonly processor: string;
  readonly cores: number;
  /** In GiB. */
  readonly memory: number;
  /** Processes that ran or wanted to, on average of the last minute. */
  readonly load: number;
}

/** Returns the description of this machine now. */
export function describeHost(): HostDescription {
  const processors = cpus();
  return {
    node: process.version,
    kernel: release(),
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memory: Math.round(totalmem() / 2 ** 30),
    load: Math.round(loadavg()[0]! * 10) / 10,
  };
}

/** Returns the description as one line. */
export function hostLine(host: HostDescription): string {
  const { node, kernel, processor, cores, memory, load } = host;
  return `Node ${node}, Linux ${kernel}, ${cores} × ${processor}, ${memory} GiB, load ${load}`;
}
