/**
 * The bed on a kernel run for the purpose.
 *
 * @module
 */
import type { Milliseconds } from "../base/clock.ts";
import type { TimedBed } from "./bed.ts";
import { RemoteBed } from "./bed-protocol.ts";
import { findMachine } from "./find-machine.ts";
import { Guest } from "./guest.ts";

/** What to boot. */
export interface BedOptions {
  /** The kernel, as `findMachine` has it. */
  readonly kernel?: string | undefined;
  /** Time it has to be ready; what its machine may take. */
  readonly bootTimeout?: Milliseconds | undefined;
}

/**
 * Boots a kernel, in some seconds, and returns the bed on it, for any number of scenarios. Close it.
 *
 * @throws Error when there is no kernel to boot, it does not come up, or has no ip_vs
 */
export async function bootBed({ kernel, bootTimeout }: BedOptions = {}): Promise<TimedBed> {
  const guest = await Guest.boot(await findMachine(kernel), bootTimeout);
  try {
    return await RemoteBed.connect(guest);
  } catch (error) {
    await guest.close();
    throw error;
  }
}
