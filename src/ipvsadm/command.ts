/**
 * One command line, understood: checked, complete with defaults, and free of syntax.
 *
 * @module
 */
import type {
  DaemonConfig,
  DaemonRole,
  DestinationConfig,
  DestinationId,
  ServiceConfig,
  ServiceId,
  TimeoutConfig,
} from "../wire/ipvs-objects.ts";

/** Which columns a listing of services shows. */
export type ServiceColumns =
  | "plain"
  | "stats"
  | "rate"
  | "thresholds"
  | "persistent-conn"
  | "tun-info";

/** A listing of services. */
export interface ListServices {
  readonly verb: "list";
  readonly subject: "services";
  /** The only service wanted; all without it. */
  readonly service?: ServiceId;
  readonly columns: ServiceColumns;
  readonly numeric: boolean;
  /** Whether counters are shown in full. */
  readonly exact: boolean;
  /** Whether entries are sorted, or shown in the backend's order. */
  readonly sorted: boolean;
  /** Whether the listing is a JSON document, whatever its columns. */
  readonly json: boolean;
}

/** A listing of connections. */
export interface ListConnections {
  readonly verb: "list";
  readonly subject: "connections";
  /** Whether persistence engine data is shown. */
  readonly engineData: boolean;
  readonly numeric: boolean;
  readonly json: boolean;
}

/** A listing of settings. */
export interface ListSettings {
  readonly verb: "list";
  readonly subject: "timeouts" | "daemons";
  readonly json: boolean;
}

/** Whether a command only says what it would change. */
interface MayBeRehearsed {
  readonly dryRun?: true;
}

/** A command that changes something. */
export type Change = MayBeRehearsed & AnyChange;

type AnyChange =
  | {
      readonly verb: "add-service" | "edit-service";
      readonly id: ServiceId;
      readonly config: ServiceConfig;
    }
  | { readonly verb: "delete-service"; readonly id: ServiceId }
  | { readonly verb: "flush" }
  /** Without `id`, everything is zeroed. */
  | { readonly verb: "zero"; readonly id?: ServiceId }
  | {
      readonly verb: "add-server" | "edit-server";
      readonly service: ServiceId;
      readonly id: DestinationId;
      readonly config: DestinationConfig;
    }
  | { readonly verb: "delete-server"; readonly service: ServiceId; readonly id: DestinationId }
  | { readonly verb: "set"; readonly timeouts: TimeoutConfig }
  | { readonly verb: "start-daemon"; readonly config: DaemonConfig }
  | { readonly verb: "stop-daemon"; readonly role: DaemonRole };

/** A listing. */
export type Listing = ListServices | ListConnections | ListSettings;

/** Any command. */
export type Command =
  | Change
  | Listing
  | { readonly verb: "save"; readonly numeric: boolean }
  | ({ readonly verb: "restore" } & MayBeRehearsed)
  | { readonly verb: "help" | "version" };
