/**
 * A plan as a JSON document. Described in docs/json.md.
 *
 * @module
 */
import type { Change } from "../ipvsadm/command.ts";
import { commandText, type Sign } from "../ipvsadm/format/commands.ts";
import { serverIdJson, serviceIdJson } from "../ipvsadm/json/services.ts";
import { SCHEMA } from "../ipvsadm/json/vocabulary.ts";
import type { Step } from "./plan.ts";

const KINDS: Readonly<Record<Sign, string>> = { "+": "add", "~": "edit", "-": "remove" };

/** Returns the document of all steps. */
export function diffJson(steps: readonly Step[]): object {
  return {
    schema: SCHEMA.diff,
    same: steps.length === 0,
    changes: steps.map(({ sign, change, undo, place }) => ({
      change: KINDS[sign],
      ...subjectJson(change),
      command: commandText(change),
      undo: undo.map(commandText),
      place: place ?? null,
    })),
  };
}

/** Returns what a change is about: `server` is null for a service, both are for the timeouts. */
function subjectJson(change: Change): object {
  switch (change.verb) {
    case "add-service":
    case "edit-service":
    case "delete-service":
      return { service: serviceIdJson(change.id), server: null };
    case "add-server":
    case "edit-server":
    case "delete-server":
      return { service: serviceIdJson(change.service), server: serverIdJson(change.id) };
    default:
      return { service: null, server: null };
  }
}
