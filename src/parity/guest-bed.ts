/**
 * The bed on a kernel booted for the purpose.
 *
 * @module
 */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Bed } from "./bed.ts";
import { RemoteBed } from "./bed-protocol.ts";
import { Guest, type GuestOptions } from "./guest.ts";

/** The program in the guest. */
const PROGRAM = fileURLToPath(new URL(`./bed-program${extname(import.meta.url)}`, import.meta.url));

/**
 * Boots a kernel, in some seconds, and returns the bed in it, for any number of scenarios. Close it.
 *
 * @throws Error when there is no kernel to boot, it does not come up, or has no ip_vs
 */
export async function bootBed(options: Omit<GuestOptions, "program"> = {}): Promise<Bed> {
  const guest = await Guest.boot({ ...options, program: [PROGRAM] });
  try {
    return await RemoteBed.connect(guest);
  } catch (error) {
    await guest.close();
    throw error;
  }
}
