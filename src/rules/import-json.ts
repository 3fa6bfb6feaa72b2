/**
 * What was made of a file as JSON documents. Described in docs/json.md.
 *
 * @module
 */
import { commandText } from "../ipvsadm/format/commands.ts";
import {
  serverConfigJson,
  serverIdJson,
  serviceConfigJson,
  serviceIdJson,
} from "../ipvsadm/json/services.ts";
import { SCHEMA } from "../ipvsadm/json/vocabulary.ts";
import type { Remark } from "../keepalived/remark.ts";
import type { Step } from "./plan.ts";
import type { Wanted } from "./wanted.ts";

/** Returns a table as a document `uipvs apply` takes, its real servers newest first. */
export function wantedJson({ services, timeouts, complete }: Wanted): object {
  return {
    schema: SCHEMA.services,
    complete,
    ...(timeouts === undefined ? {} : { timeouts: timeouts.config }),
    services: services.map(({ id, config, servers }) => ({
      ...serviceIdJson(id),
      ...serviceConfigJson(config, id.family),
      servers: servers
        .map((server) => ({ ...serverIdJson(server.id), ...serverConfigJson(server.config) }))
        .toReversed(),
    })),
  };
}

/** A remark; a part of a document has no line. */
type ImportRemark = Omit<Remark, "at"> & { readonly at: Remark["at"] | undefined };

/** Returns the report of an import: the commands, and what the file has besides. */
export function importJson(
  path: string,
  steps: readonly Step[],
  remarks: readonly ImportRemark[],
): object {
  return {
    schema: SCHEMA.import,
    file: path,
    commands: steps.map(({ change, place }) => ({
      command: commandText(change),
      place: place ?? null,
    })),
    remarks: remarks.map(({ at, what, text, reason, rule }) => ({
      file: at?.path ?? path,
      line: at?.line ?? null,
      column: at?.column ?? null,
      what,
      statement: text,
      reason,
      rule: rule ?? null,
    })),
  };
}
