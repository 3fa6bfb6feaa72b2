/**
 * The persistence engines there are, by name.
 *
 * @module
 */
import type { PersistenceEngine } from "./persistence-engine.ts";
import { sip } from "./sip.ts";

/** The persistence engines by the name services ask for them by. */
export const persistenceEngines: ReadonlyMap<string, PersistenceEngine> = new Map([
  [sip.name, sip],
]);
