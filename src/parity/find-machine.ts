/**
 * Which kernel a person means, and the machine that runs it.
 *
 * @module
 */
import { hostHasIpvs, hostMachine } from "./host-machine.ts";
import { imageRelease } from "./kernel-image.ts";
import type { Machine } from "./machine.ts";
import { imageAt, newestImage, QEMU_PACKAGES, qemuMachine, qemuProgram } from "./qemu.ts";
import { debianUml, UML_PACKAGE, umlMachine } from "./uml.ts";

/** What this host offers. */
export interface Offers {
  /** Whether its own kernel has ip_vs, and this process may command it. */
  readonly hostHasIpvs: () => Promise<boolean>;
  /** Path of a user-mode Linux. */
  readonly uml: () => string | undefined;
  /** Whether there are a kernel image and what runs it. */
  readonly qemu: () => boolean;
}

/** This host's offers. */
const HERE: Offers = {
  hostHasIpvs,
  uml: debianUml,
  qemu: () => qemuProgram() !== undefined && newestImage() !== undefined,
};

/**
 * Returns the machine for a kernel: `host`, the one this runs on; `uml`, Debian's user-mode Linux; `qemu`, the
 * newest kernel image installed; or the path of a user-mode Linux or of a kernel image. Without a wish, the first
 * of those three that there is.
 *
 * @throws Error with what to install, or what is wrong with the path
 */
export async function findMachine(wish?: string, offers: Offers = HERE): Promise<Machine> {
  const kernel = wish ?? (await firstOffered(offers));
  switch (kernel) {
    case "host":
      return hostMachine;
    case "uml":
      return umlMachine(debianUml() ?? lacking("uml", `the package ${UML_PACKAGE}`));
    case "qemu":
      return qemuMachine();
    default:
      return machineAt(kernel);
  }
}

async function firstOffered(offers: Offers): Promise<string> {
  if (await offers.hostHasIpvs()) return "host";
  const uml = offers.uml();
  if (uml !== undefined) return uml;
  if (offers.qemu()) return "qemu";
  throw new Error(
    "Cannot find a kernel to compare with: this host's has no ip_vs, or none this user may command; install " +
      `the package ${UML_PACKAGE}, or ${QEMU_PACKAGES}, or name a kernel with --kernel PATH`,
  );
}

function machineAt(path: string): Machine {
  const release = imageRelease(path);
  return release === undefined ? umlMachine(path) : qemuMachine(imageAt(path, release));
}

function lacking(name: string, what: string): never {
  throw new Error(`Cannot boot the kernel "${name}": there is none; install ${what}`);
}
