/**
 * The parts of a configuration that make services and real servers, as they are written.
 *
 * @module
 */
import type { Address, Family } from "../net/address.ts";
import type { Position } from "../rules/position.ts";
import type { TimeoutConfig } from "../wire/ipvs-objects.ts";
import type { Method } from "./values.ts";

/** Something with a place. */
export interface Placed {
  readonly at: Position;
  /** The statement, as it is written, without its block. */
  readonly text: string;
}

/** A member of a group of virtual servers, or the address of one. */
export type Target =
  | { readonly kind: "addresses"; readonly addresses: readonly Address[]; readonly port: number }
  | { readonly kind: "fwmark"; readonly fwmark: number; readonly family?: Family | undefined }
  | { readonly kind: "group"; readonly name: string };

/** A group of virtual servers. */
export interface Group extends Placed {
  readonly name: string;
  readonly members: readonly (Placed & { readonly target: Exclude<Target, { kind: "group" }> })[];
}

/** A real or sorry server. */
export interface RealServer extends Placed {
  readonly address: Address;
  /** 0 where none is written. */
  readonly port: number;
  /** Absent for that of its virtual server. */
  method?: Method;
  weight: number;
  upperThreshold: number;
  lowerThreshold: number;
  inhibits: boolean;
  /** Where its settings are, by keyword. */
  readonly settings: Record<string, Position>;
}

/** A virtual server. */
export interface VirtualServer extends Placed {
  /** Where its settings are, by keyword. */
  readonly settings: Record<string, Position>;
  readonly target: Target;
  scheduler?: string;
  method?: Method;
  protocol?: number;
  /** Sum of `SERVICE_FLAG` values. */
  flags: number;
  /** Seconds; 0 for none. */
  persistence: number;
  granularity?: number;
  engine?: string;
  family?: Family;
  quorum: number;
  hysteresis: number;
  inhibits: boolean;
  sorry?: RealServer;
  readonly servers: RealServer[];
}

/** All of a configuration that is about the table. */
export interface Configuration {
  /** The file that includes all others. */
  readonly path: string;
  readonly groups: readonly Group[];
  readonly virtualServers: readonly VirtualServer[];
  readonly timeouts?: { readonly config: TimeoutConfig; readonly at: Position } | undefined;
}
