/**
 * What a scenario may expect, as data.
 *
 * @module
 */
import type { Address } from "../net/address.ts";
import type { Prefix } from "../net/prefix.ts";

/** A forwarding method, by the name people use. */
export type MethodName = "nat" | "dr" | "tunnel";

/** One end of a flow; any port unless given. */
export interface End {
  readonly address: Address;
  readonly port?: number;
}

/** That packets went on. */
export interface Forwarded {
  readonly type: "forwarded";
  readonly by?: MethodName;
  /** The real server; for packets to a client, the client. */
  readonly to?: End;
  /** Where the packet says it is from. */
  readonly from?: End;
}

/** That nothing came of packets. */
export interface Dropped {
  readonly type: "dropped";
  /** Name of docs/reasons.md or docs/host.md. */
  readonly reason?: string;
}

/** That an ICMP error came back. */
export interface IcmpError {
  readonly type: "icmp";
  /** As it was written. */
  readonly name: string;
}

/** How every exchange of the last line ended. */
export interface Ended {
  readonly type: "ended";
  readonly how: "answered" | "unanswered" | "reset";
}

/** A server's part of the exchanges. */
export interface Share {
  readonly server: End;
  readonly amount: number;
  readonly unit: "percent" | "connections";
}

/** How the last line's exchanges were shared out. */
export interface Shares {
  readonly type: "shares";
  readonly shares: "weights" | readonly Share[];
  /** Percentage points that a share may differ, 0–100. */
  readonly within: number;
}

/** Which server the last line's exchanges came to, set against the line before. */
export interface Stickiness {
  readonly type: "stickiness";
  readonly server: "same" | "another";
}

/** How many servers the last line's exchanges came to. */
export interface ServerCount {
  readonly type: "servers";
  readonly count: number;
}

/** That the last command was refused. */
export interface Refused {
  readonly type: "refused";
  /** Part of what it printed. */
  readonly text?: string;
}

/** How the last command ended. */
export interface ExitStatus {
  readonly type: "exit";
  readonly status: number;
}

/** Entries of the connection listing. */
export interface Entries {
  readonly type: "entries";
  readonly what: "connection" | "template";
  readonly count: number;
  readonly state?: string;
  readonly from?: Prefix & { readonly port?: number };
  readonly to?: End;
  readonly on?: End;
}

/** Columns of the listings of services. */
export const FIGURES = [
  "weight",
  "active",
  "inactive",
  "persistent",
  "conns",
  "inpkts",
  "outpkts",
  "inbytes",
  "outbytes",
] as const;

/** Name of a figure. */
export type FigureName = (typeof FIGURES)[number];

/** Figures of a service or a real server. */
export interface Figures {
  readonly type: "figures";
  readonly of: "service" | "server";
  /** `ADDRESS[:PORT]`, or the mark of a service. */
  readonly end: End | number;
  /** The service the server is of; every one unless given. */
  readonly on?: End | number;
  readonly figures: Readonly<Partial<Record<FigureName, number>>>;
}

/** Something expected. */
export type Expectation =
  | Forwarded
  | Dropped
  | IcmpError
  | Ended
  | Shares
  | Stickiness
  | ServerCount
  | Refused
  | ExitStatus
  | Entries
  | Figures;

/** Whether it says that the line before it failed, or how it ended. */
export function isOutcome({ type }: Expectation): boolean {
  return ["dropped", "icmp", "ended", "refused", "exit"].includes(type);
}
