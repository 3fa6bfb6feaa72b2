/**
 * What the page and its server tell each other, as JSON.
 *
 * | Path | Method | Gives |
 * |---|---|---|
 * | `/api/live` | GET | `LiveMessage`, one a line, for as long as it is read |
 * | `/api/history` | GET | `History` |
 * | `/api/connections` | GET | `ConnectionPage` |
 * | `/api/explain` | POST `ExplainRequest` | `Explanation` |
 * | `/api/change` | POST `Change` | `{}` |
 * | `/api/lab` | GET | `LabView` |
 * | `/api/lab/check`, `/api/lab/hint` | POST | `LabView` |
 * | `/metrics` | GET | Prometheus' text format |
 *
 * A refusal is a `Failure`, with a status of 400 and more.
 *
 * @module
 */
import type { LiveService, Traffic } from "../live/index.ts";
import type { ForwardingMethod } from "../wire/ipvs-objects.ts";

/** How the director is. */
export interface DirectorFacts {
  readonly device: string;
  readonly deviceKind: string;
  readonly profile: string;
  /** In s. */
  readonly uptime: number;
  readonly connections: number;
  /** Packets by what became of them. */
  readonly packets: Readonly<Record<string, number>>;
  readonly accepts: Readonly<Record<string, number>>;
  readonly drops: Readonly<Record<string, number>>;
  /** Why the host does not hand over all packets, if so. */
  readonly fault: string | null;
}

/** What has changed since the message before; the first one tells everything. */
export interface LiveMessage {
  /** In ms since 1970. */
  readonly at: number;
  readonly director: DirectorFacts;
  readonly totals: Traffic;
  /** Keys of all services in their order, where that has changed. */
  readonly order?: readonly string[];
  /** Services that have changed. */
  readonly services: readonly LiveService[];
  /** Set when the director could not be asked; the rest is as before. */
  readonly fault?: string;
}

/** What is kept of each moment. */
export const HISTORY_COLUMNS = [
  "connections",
  "inPackets",
  "outPackets",
  "inBytes",
  "outBytes",
  "active",
  "inactive",
] as const;

/** One of `HISTORY_COLUMNS`. The first five are a second's, the last two are counts. */
export type HistoryColumn = (typeof HISTORY_COLUMNS)[number];

/** Rates over time. */
export interface History {
  /** Moments in s since 1970, the oldest first. */
  readonly times: readonly number[];
  /**
   * By series: `total`, the key of a service, or the keys of a service and a server with `>` between; a
   * value for each moment, null where there was none.
   */
  readonly series: Readonly<Record<string, readonly (number | null)[]>>;
}

/** A packet to be explained. */
export interface ExplainRequest {
  readonly protocol: "tcp" | "udp" | "sctp";
  /** `ADDRESS` or `ADDRESS:PORT`. */
  readonly client: string;
  /** `ADDRESS:PORT`. */
  readonly service: string;
  /** TCP flags, such as `SYN`, or `ACK`; a SYN unless given. */
  readonly flags?: string | undefined;
  readonly fwmark?: number | undefined;
}

/** What a real server is told to be; what is absent stays as it is, or is as usual for a new one. */
export interface ServerSettings {
  readonly method?: Exclude<ForwardingMethod, "bypass"> | undefined;
  readonly weight?: number | undefined;
  readonly upperThreshold?: number | undefined;
  readonly lowerThreshold?: number | undefined;
}

/** A change of the table. Services and servers are named by their keys. */
export type Change =
  | { readonly action: "add-service"; readonly service: string; readonly scheduler: string }
  | { readonly action: "edit-service"; readonly service: string; readonly scheduler: string }
  | { readonly action: "delete-service"; readonly service: string }
  | {
      readonly action: "add-server" | "edit-server";
      readonly service: string;
      readonly server: string;
      readonly settings: ServerSettings;
    }
  | { readonly action: "delete-server"; readonly service: string; readonly server: string };

/** A text in every language. */
export type Localized = Readonly<Record<"en" | "zh", string>>;

/** A lab in a list; see src/lab/index.ts, whose form it is. */
export interface LabEntry {
  readonly name: string;
  readonly title: Localized;
  readonly summary: Localized;
  readonly minutes: number;
}

/** A step of the running lab, with the hints that were asked for. */
export interface LabStep {
  readonly id: string;
  readonly title: Localized;
  readonly state: "passed" | "failed" | "open";
  /** What is missing, of a failed step. */
  readonly remark?: Localized | undefined;
  /** What a program said about that. */
  readonly detail?: string | undefined;
  readonly hints: readonly Localized[];
  /** Hints that can still be asked for. */
  readonly hintsLeft: number;
}

/** The lab that runs. */
export interface RunningLab extends LabEntry {
  /** Markdown. */
  readonly text: Localized;
  readonly hosts: readonly string[];
  readonly steps: readonly LabStep[];
}

/** The lab that runs, and those there are. */
export interface LabView {
  readonly running: RunningLab | null;
  readonly labs: readonly LabEntry[];
}

/** Why something was refused. */
export interface Failure {
  /** For programs: `token`, `origin`, `host`, `request`, or the name of an error such as `ESRCH`. */
  readonly code: string;
  /** A sentence without final period. */
  readonly error: string;
}
