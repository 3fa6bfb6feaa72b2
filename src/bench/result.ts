/**
 * What comes out of one run: plain data, that goes through JSON unchanged.
 *
 * @module
 */
import type { Parameter } from "./workload-common.ts";

/** Single figures by key; see `FIGURES` for what they mean. Null where a workload gives none. */
export type Figures = Readonly<Record<string, number | null>>;

/** What one server got. */
export interface ServerResult {
  readonly server: number;
  /** Address and port, where it has ones of its own. */
  readonly name?: string | undefined;
  readonly weight: number;
  readonly connections: number;
  /** Part of all connections, and what it should have been by weight while it was in service, 0–1. */
  readonly share: number;
  readonly fairShare: number;
}

/** What one happening did. */
export interface EventResult {
  /** Seconds from the beginning. */
  readonly at: number;
  readonly action: string;
  readonly server: number | null;
  /** Part of clients that a director without memory moves, and the least that has to move, 0–1. */
  readonly moved: number | null;
  readonly leastMoved: number | null;
  /** Connections broken. */
  readonly broken: number;
  /** Connections open before it. */
  readonly open: number;
  /** Of a server that came: what it got of the next connections over its fair part. */
  readonly flood: number | null;
}

/** Causes of broken connections. */
export const CAUSES = ["removed", "crashed", "forgotten", "moved"] as const;
export type Cause = (typeof CAUSES)[number];

/** How long things took, on the clock of the wall: never the same twice. */
export interface Timing {
  /** One choice of the scheduler alone, in ns. */
  readonly nsPerChoice: number;
  /** All that one connection costs in the simulation, packets through the director included, in ns. */
  readonly nsPerConnection: number;
}

/** All of one run. */
export interface RunResult {
  /** Its place in the plan, from 0. */
  readonly run: number;
  readonly scheduler: string;
  /** Values of the parameters that are swept, by path. */
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** Which repetition, from 0. */
  readonly repetition: number;
  readonly seed: number;
  readonly figures: Figures;
  readonly servers: readonly ServerResult[];
  readonly events: readonly EventResult[];
  readonly timing?: Timing;
}

/** Returns a figure, or null for what cannot be told. */
export function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
