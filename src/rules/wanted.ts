/**
 * The table a file describes, each part with the place it was read from.
 *
 * @module
 */
import type {
  DestinationConfig,
  DestinationId,
  ServiceConfig,
  ServiceId,
  TimeoutConfig,
} from "../wire/ipvs-objects.ts";
import type { Position } from "./position.ts";

/** Something a file asks for. */
interface Part<Config> {
  readonly config: Config;
  /** Where the file asks for it, such as `line 3, "-A -f 1"` or `services[0].servers[2]`. */
  readonly place: string;
  /** The same, for programs; absent for a document. */
  readonly at?: Position | undefined;
  /** Where single settings are, by the keyword of keepalived.conf(5). */
  readonly settings?: Readonly<Record<string, Position>> | undefined;
}

/** A real server a file asks for. */
export interface WantedServer extends Part<DestinationConfig> {
  readonly id: DestinationId;
}

/** A service a file asks for. */
export interface WantedService extends Part<ServiceConfig> {
  readonly id: ServiceId;
  /** In the order they are to be added. */
  readonly servers: readonly WantedServer[];
}

/** All a file asks for. */
export interface Wanted {
  /** The file, as it was named. */
  readonly path: string;
  /** In the order they are to be added. */
  readonly services: readonly WantedService[];
  /** Absent when the file says nothing of them; a value of 0 keeps what is set. */
  readonly timeouts?: Part<TimeoutConfig>;
  /** Whether the file claims to hold all services of a table. */
  readonly complete: boolean;
}

/** A document that cannot be understood. */
export class WantedError extends Error {
  override readonly name = "WantedError";

  /**
   * @param path the file as it was named
   * @param reason what is wrong, and where in the document
   */
  constructor(path: string, reason: string) {
    super(`Cannot read "${path}" as a JSON document: ${reason}`);
  }
}
