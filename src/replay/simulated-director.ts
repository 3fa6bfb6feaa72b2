/**
 * A director with rules of a file, in a host that is simulated.
 *
 * Every address that a service has is the host's own, everything else is one hop away with an MTU of 1500.
 * It sends tunnelled packets from the address of the first service of the tunnel's family.
 *
 * @module
 */
import { StaticHost } from "../../dataplane/static-host.ts";
import { schedulers } from "../../schedulers/index.ts";
import { ManualClock } from "../base/clock.ts";
import { SeededRandom } from "../base/random.ts";
import { directorBackend } from "../control/director-services.ts";
import { Director } from "../engine/director.ts";
import type { Host } from "../engine/host.ts";
import type { Profile } from "../engine/profile.ts";
import { loadRules, type Rules } from "../ipvsadm/rules-file.ts";
import type { Address, Family } from "../net/address.ts";
import { readRules } from "../rules/read-rules.ts";
import type { ReadOptions } from "../rules/read-wanted.ts";

/** A director and what is around it. */
export interface SimulatedDirector {
  readonly clock: ManualClock;
  readonly host: Host;
  readonly director: Director;
}

/** How a simulated director is made. */
export interface SimulationOptions extends ReadOptions {
  /** Changes the rules before they are carried out. */
  readonly alter?: ((rules: Rules) => Rules) | undefined;
  /** Seed of the director's chance; 1 unless given. */
  readonly seed?: number | undefined;
}

/**
 * Returns a director that has carried out the rules at `path`.
 *
 * @throws RulesError when a rule is broken or refused: with file, line and text; WantedError or
 *   KeepalivedError for a document or a configuration that is broken
 * @throws the system's error when the file cannot be read
 */
export async function simulatedDirector(
  path: string,
  profile: Profile,
  { alter = (rules) => rules, seed = 1, ...options }: SimulationOptions = {},
): Promise<SimulatedDirector> {
  const rules = alter(await readRules(path, options));
  const clock = new ManualClock();
  const host = new StaticHost({
    addresses: firstAddresses(rules),
    isAlsoLocal: (family, address) => director.hasVirtualAddress(family, address),
  });
  const director: Director = new Director({
    schedulers,
    clock,
    host,
    profile,
    random: new SeededRandom(seed),
  });
  const backend = directorBackend(director);
  await loadRules(rules, backend);
  await backend.close();
  return { clock, host, director };
}

/** Returns the addresses of the first service of each family, where there is one that has an address. */
function firstAddresses(rules: Rules): readonly Address[] {
  const first = new Map<Family, Address>();
  for (const { change } of rules.rules) {
    if (change.verb !== "add-service" || change.id.fwmark !== 0) continue;
    const { address } = change.id;
    if (!first.has(address.family)) first.set(address.family, address);
  }
  return [...first.values()];
}
